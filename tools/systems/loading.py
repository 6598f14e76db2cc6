"""Loading one document of a system: its operations, or why it has none."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..catalog.entries import Entry
from ..formats.json_values import JsonObject, JsonValue, as_list, as_text
from ..formats.text import one_line
from ..formats.urls import InvalidUrlError, is_file, origin_of
from ..http.fetched import Document, FetchError, GoneError, StaleDocument, staleness
from ..http.reader import Reader
from ..openapi.document import UnreadableDocumentError, read_document, unsupported_reason
from ..openapi.external_files import Files
from ..openapi.operations import NotOpenApiError, Operation, Source, read_operations
from ..openapi.references import refers_elsewhere
from ..openapi.servers import lacks_absolute_server, server_origins
from ..openapi.swagger import is_swagger, to_openapi
from ..problems import Problem
from .compiled import Reading, compiled_key, find_compiled, load_compiled

logger = logging.getLogger(__name__)

_ACCEPT = (
    "application/openapi+json, application/vnd.oai.openapi+json, application/json;q=0.9, "
    "application/vnd.oai.openapi;q=0.8, application/yaml;q=0.8, */*;q=0.1"
)


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """What a document gave, or why it gave nothing.

    Documents with the same `fingerprint` are duplicates: the same bytes, with calls to the same URLs. A `final` failure
    isn't one of the network and won't go away. `stale` says that a cached copy is used, and why.
    """

    api: str
    url: str
    operations: tuple[Operation, ...] = ()
    problems: tuple[Problem, ...] = ()
    failure: str = ""
    fingerprint: str = ""
    final: bool = False
    confirmed: float = 0.0
    stale: tuple[StaleDocument, ...] = ()

    def or_previous(self, previous: LoadedDocument | None) -> LoadedDocument:
        """Return the previous document of this run instead, if this is a failure that may be temporary."""
        if not self.failure or self.final or previous is None or previous.failure or previous.api != self.api:
            return self
        return replace(previous, stale=(StaleDocument(self.url, previous.confirmed, self.failure),))


async def load_document(entry: Entry, source: Source, reader: Reader) -> LoadedDocument:
    """Load the document of an entry or, if that fails, an alternate that the catalog lists for the same API."""
    failed: LoadedDocument | None = None
    for url in (entry.document_url, *entry.alternates):
        document = await _load(entry, url, source, reader)
        if not document.failure:
            return document
        failed = replace(failed, final=failed.final and document.final) if failed else document
    assert failed
    return failed


async def _load(entry: Entry, url: str, source: Source, reader: Reader) -> LoadedDocument:
    def parse(document: Document) -> LoadedDocument:
        return _parse(entry, document, replace(source, url=document.url), reader)

    failed = LoadedDocument(entry.api, entry.document_url)
    try:
        return await reader.read(url, _ACCEPT, parse)
    except (FetchError, UnreadableDocumentError) as error:
        final = isinstance(error, GoneError | UnreadableDocumentError)
        return replace(failed, failure=one_line(str(error), 300), final=final)
    except Exception as error:  # a bug with one document must not affect the others
        logger.exception("cannot read %s", url)
        reason = f"it could not be read ({type(error).__name__}); the log has the details"
        return replace(failed, failure=reason, final=True)


def _parse(entry: Entry, document: Document, source: Source, reader: Reader) -> LoadedDocument:
    body, stale = document.body, staleness(document)
    if refers_elsewhere(body):
        folders = (*reader.folders, f"{source.url.rsplit('/', 1)[0]}/") if is_file(source.url) else ()
        files = Files(replace(reader, folders=folders), source.url)
        (operations, problems), body = _parse_with_files(body, source, files)
        stale += files.stale()
    else:
        operations, problems = load_compiled(body, source, reader.fetcher.cache, _compile)
    bases = "\n".join(sorted({operation.base for operation in operations}))
    fingerprint = hashlib.sha256(body + bases.encode()).hexdigest()
    loaded = LoadedDocument(entry.api, entry.document_url, tuple(operations), tuple(problems), fingerprint=fingerprint)
    return replace(loaded, confirmed=document.confirmed, stale=stale)


def _parse_with_files(body: bytes, source: Source, files: Files) -> tuple[Reading, bytes]:
    """Parse a document with the files that it refers to; also return bytes that identify all of them."""
    cache = files.reader.fetcher.cache
    key = f"files of\n{compiled_key(body, source)}"
    listed = cache.read("compiled", key) if cache else None
    if listed:
        known = [as_text(url) for url in as_list(listed.metadata.get("files"))]
        files.fetch(known)
        whole = body + files.digest(known)
        if (kept := find_compiled(whole, source, cache)) is not None:
            return kept, whole
    content, unresolved, taken = files.bundle(read_document(body))
    if cache:
        cache.write("compiled", key, {"files": list[JsonValue](taken)}, b"")
    whole = body + files.digest(taken)
    return load_compiled(whole, source, cache, lambda _, source: _read_content(content, source, unresolved)), whole


def _compile(body: bytes, source: Source) -> Reading:
    return _read_content(read_document(body), source, {})


def _read_content(content: JsonObject, source: Source, unresolved: Mapping[str, str]) -> Reading:
    if is_swagger(content):
        content = to_openapi(content, source.url)
    if is_file(source.url) and not source.base and not source.anchor and lacks_absolute_server(content):
        raise UnreadableDocumentError("it is a file without an absolute server URL; set `base` to the URL of the API")
    try:
        operations, problems = read_operations(content, source, unresolved)
    except NotOpenApiError as error:
        raise UnreadableDocumentError(unsupported_reason(content) or str(error)) from None
    problems += _server_problems(source, server_origins(content, source.url), operations) if not source.base else []
    return operations, problems


def _server_problems(source: Source, servers: set[str], operations: list[Operation]) -> list[Problem]:
    """Report servers at another origin than the catalog gives for the API."""
    try:
        anchor = origin_of(source.anchor)
    except InvalidUrlError:
        return []
    called = {origin_of(operation.base) for operation in operations}
    if elsewhere := called - {anchor}:
        reason = f"its servers are at {', '.join(sorted(elsewhere))}, and the catalog has the API at {anchor}"
        return [Problem(source.url, reason, "calls go where the document says")]
    if called and servers and not servers & called:
        reason = f"its servers are at {', '.join(sorted(servers))}, and the catalog has the API at {anchor}"
        return [Problem(source.url, reason, "calls go where the catalog says; the others are not this system's")]
    return []
