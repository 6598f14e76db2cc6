"""A system without a preset: everything comes from its documents and its table."""

from __future__ import annotations

from dataclasses import replace

from ....tools.catalog.discovery import DocumentSource
from ....tools.formats.urls import is_file, origin_of
from ....tools.http.local_files import LocalFiles
from ..credentials import credential_of, new_profile
from ..local_origins import catalog_origins, document_origins
from ..model import Preset, SystemSettings
from ..table_reader import TableReader


def settings(reader: TableReader) -> SystemSettings:
    """The settings of a system, from exactly one source of its documents."""
    table, name = reader.table, reader.name
    reader.reject("account", "environment", "retailer")
    given = [key for key in ("catalog", "description", "site") if getattr(table, key) is not None]
    if len(given) > 1 and set(given) != {"catalog", "site"}:
        raise reader.error(f"{given[1]} and {given[0]} are both set; set one of them", given[1])
    if not given:
        raise reader.error(
            'no source of documents: set catalog = "https://...", description = "file or URL", or site = "https://..."'
        )
    catalog, documents, site = reader.catalog(), reader.documents(), table.site or ""
    if site:
        reader.note("site", site)
        reader.site()
    base = reader.base()
    urls = _api_origins(base, site, catalog, documents, reader.sources.local_files)
    if not urls:
        raise reader.error('base is missing: the URL of the API, such as "https://api.acme.example"')
    origins, url = reader.origins(*urls), urls[0]
    credential = credential_of(reader, replace(new_profile(name, url, origins), finds_issuer=True))
    source = DocumentSource(catalog=catalog, site="" if catalog else site, document_urls=documents, base=base)
    return reader.settings(Preset(introduction=f"{name}: the APIs of {url}."), url, source, origins, credential)


def _api_origins(base: str, site: str, catalog: str, documents: tuple[str, ...], local_files: LocalFiles) -> list[str]:
    """The origins that calls may go to: where the settings say the API is, else where its documents are.

    The user trusts a local file, and so the servers that it names.
    """
    if base or site:
        return [origin_of(base or site)]
    if catalog:
        return list(catalog_origins(catalog, local_files)) if is_file(catalog) else [origin_of(catalog)]
    origins = [document_origins(url, local_files) if is_file(url) else (origin_of(url),) for url in documents]
    return list(dict.fromkeys(origin for each in origins for origin in each))
