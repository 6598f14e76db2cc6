"""The origins of the APIs in a local catalog or document, which the user trusts."""

from __future__ import annotations

from contextlib import suppress

from ...tools.catalog.entries import InvalidCatalogError, read_catalog
from ...tools.formats.urls import InvalidUrlError, is_file, origin_of, path_of
from ...tools.http.fetched import MAX_BYTES
from ...tools.openapi.document import UnreadableDocumentError, read_document
from ...tools.openapi.servers import server_origins


def document_origins(uri: str) -> tuple[str, ...]:
    """The origins of the servers in a local OpenAPI document; none if it is unreadable."""
    try:
        document = read_document(_read(uri))
    except (OSError, UnreadableDocumentError):
        return ()
    return tuple(sorted(server_origins(document, uri)))


def catalog_origins(uri: str) -> tuple[str, ...]:
    """The origins of the APIs in a local catalog and in its local documents.

    The origin of a remote document counts only if its API has no anchor.
    """
    try:
        catalog = read_catalog(_read(uri), uri)
    except (OSError, InvalidCatalogError):
        return ()
    found: dict[str, None] = {}
    for entry in catalog.entries:
        for url in (entry.anchor, entry.document_url):
            if is_file(url):
                found |= dict.fromkeys(document_origins(url))
                continue
            if url == entry.document_url and entry.anchor and not is_file(entry.anchor):
                continue
            with suppress(InvalidUrlError):
                found[origin_of(url)] = None
    return tuple(found)


def _read(uri: str) -> bytes:
    with path_of(uri).open("rb") as file:
        return file.read(MAX_BYTES)
