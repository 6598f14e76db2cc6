"""One document of a system: read into operations, or a reason why there are none."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..catalog.entries import Entry
from ..formats.json_values import JsonObject, JsonValue, as_list, as_text
from ..formats.text import one_line
from ..formats.urls import InvalidUrlError, is_file, origin_of
from ..http.fetched import Document, FetchError, GoneError, Stale, staleness
from ..http.reader import Reader
from ..openapi.document import UnreadableDocumentError, read_document, unsupported_reason
from ..openapi.external_files import Files
from ..openapi.operations import NotOpenApiError, Operation, Source, read_operations
from ..openapi.references import refers_elsewhere
from ..openapi.servers import leaves_open, server_origins
from ..openapi.swagger import is_swagger, to_openapi
from ..problems import Problem
from .compiled import Reading, compiled_before, compiled_key, read_compiled

logger = logging.getLogger(__name__)

_ACCEPT = (
    "application/openapi+json, application/vnd.oai.openapi+json, application/json;q=0.9, "
    "application/vnd.oai.openapi;q=0.8, application/yaml;q=0.8, */*;q=0.1"
)


@dataclass(frozen=True, slots=True)
class Description:
    """One document that a catalog lists: what it gave, or why it gave nothing.

    `same` is equal for two of which one is enough: equal bytes whose calls go to the same places. A failure that is
    `final` is not one of the network: nothing there can be used. `stale` says that it is a kept copy, and why.
    """

    api: str
    url: str
    operations: tuple[Operation, ...] = ()
    problems: tuple[Problem, ...] = ()
    failure: str = ""
    same: str = ""
    final: bool = False
    confirmed: float = 0.0
    stale: tuple[Stale, ...] = ()

    def or_earlier(self, earlier: Description | None) -> Description:
        """What was read earlier in this run, where this is only a failure that may pass."""
        if not self.failure or self.final or earlier is None or earlier.failure or earlier.api != self.api:
            return self
        return replace(earlier, stale=(Stale(self.url, earlier.confirmed, self.failure),))


async def read_description(entry: Entry, source: Source, reader: Reader) -> Description:
    """Read the document of an entry, or, where that fails, the next that the catalog names for the same API."""
    failed: Description | None = None
    for url in (entry.description, *entry.alternates):
        found = await _read(entry, url, source, reader)
        if not found.failure:
            return found
        failed = replace(failed, final=failed.final and found.final) if failed else found
    assert failed
    return failed


async def _read(entry: Entry, url: str, source: Source, reader: Reader) -> Description:
    def use(document: Document) -> Description:
        return _understand(entry, document, replace(source, url=document.url), reader)

    failed = Description(entry.api, entry.description)
    try:
        return await reader.read(url, _ACCEPT, use)
    except (FetchError, _UnusableError) as error:
        final = isinstance(error, GoneError | _UnusableError)
        return replace(failed, failure=one_line(str(error), 300), final=final)
    except Exception as error:  # one document that we cannot read must not cost the others
        logger.exception("%s could not be read", url)
        failure = f"it could not be read ({type(error).__name__}); the log has the details"
        return replace(failed, failure=failure, final=True)


class _UnusableError(ValueError):
    """The document gives no operations; the text says why."""


def _understand(entry: Entry, document: Document, source: Source, reader: Reader) -> Description:
    body, stale = document.body, staleness(document)
    if refers_elsewhere(body):
        folders = (*reader.folders, f"{source.url.rsplit('/', 1)[0]}/") if is_file(source.url) else ()
        files = Files(replace(reader, folders=folders), source.url)
        (operations, problems), body = _of_several(body, source, files)
        stale += files.stale()
    else:
        operations, problems = read_compiled(body, source, reader.fetcher.cache, _compile)
    bases = "\n".join(sorted({operation.base for operation in operations}))
    same = hashlib.sha256(body + bases.encode()).hexdigest()
    return Description(
        entry.api,
        entry.description,
        tuple(operations),
        tuple(problems),
        same=same,
        confirmed=document.confirmed,
        stale=stale,
    )


def _of_several(body: bytes, source: Source, files: Files) -> tuple[Reading, bytes]:
    """What a document gives together with the files that it refers to, and the bytes that stand for all of them."""
    cache = files.reader.fetcher.cache
    key = f"files of\n{compiled_key(body, source)}"
    listed = cache.read("compiled", key) if cache else None
    if listed:
        known = [as_text(one) for one in as_list(listed.facts.get("files"))]
        files.fetch(known)
        whole = body + files.digest(known)
        if (kept := compiled_before(whole, source, cache)) is not None:
            return kept, whole
    content, unresolved, taken = files.complete(_readable(body))
    if cache:
        cache.write("compiled", key, {"files": list[JsonValue](taken)}, b"")
    whole = body + files.digest(taken)
    return read_compiled(whole, source, cache, lambda _, source: _read_content(content, source, unresolved)), whole


def _compile(body: bytes, source: Source) -> Reading:
    return _read_content(_readable(body), source, {})


def _readable(body: bytes) -> JsonObject:
    try:
        return read_document(body)
    except UnreadableDocumentError as error:
        raise _UnusableError(str(error)) from None


def _read_content(content: JsonObject, source: Source, unresolved: Mapping[str, str]) -> Reading:
    if is_swagger(content):
        content = to_openapi(content, source.url)
    if is_file(source.url) and not source.base and not source.anchor and leaves_open(content):
        raise _UnusableError("it is a file that names no server by a whole URL; set `base` to where the API is")
    try:
        operations, problems = read_operations(content, source, unresolved)
    except NotOpenApiError as error:
        raise _UnusableError(unsupported_reason(content) or str(error)) from None
    problems += _elsewhere(source, server_origins(content, source.url), operations) if not source.base else []
    return operations, problems


def _elsewhere(source: Source, servers: set[str], operations: list[Operation]) -> list[Problem]:
    """A notice where the document's servers are not where the catalog says that the API is."""
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
