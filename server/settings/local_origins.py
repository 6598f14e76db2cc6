"""The origins of the APIs in a local catalog or document, which the user trusts."""

from __future__ import annotations

from contextlib import suppress

from ...tools.catalog.entries import read_catalog
from ...tools.formats.urls import InvalidUrlError, is_file, origin_of, path_of
from ...tools.http.fetched import MAX_BYTES
from ...tools.http.local_files import LocalFiles
from ...tools.openapi.document import read_document
from ...tools.openapi.servers import server_origins


def document_origins(uri: str, files: LocalFiles) -> tuple[str, ...]:
    """The origins of the servers in a local OpenAPI document; none if it is unreadable."""
    try:
        document = read_document(_read(uri, files))
    except (OSError, RuntimeError, ValueError):
        return ()
    return tuple(sorted(server_origins(document, uri)))


def catalog_origins(uri: str, files: LocalFiles) -> tuple[str, ...]:
    """The origins of the APIs in a local catalog and in its local documents.

    The origin of a remote document counts only if its API has no anchor.
    """
    try:
        catalog = read_catalog(_read(uri, files), uri)
    except (OSError, RuntimeError, ValueError):
        return ()
    found: dict[str, None] = {}
    for entry in catalog.entries:
        for url in (entry.anchor, entry.document_url):
            if is_file(url):
                found |= dict.fromkeys(document_origins(url, files))
                continue
            if url == entry.document_url and entry.anchor and not is_file(entry.anchor):
                continue
            with suppress(InvalidUrlError):
                found[origin_of(url)] = None
    return tuple(found)


def _read(uri: str, files: LocalFiles) -> bytes:
    return files.read(path_of(uri), MAX_BYTES + 1)
