"""Reading the operations of a document, alone or with the files that it refers to."""

from __future__ import annotations

from collections.abc import Mapping

from ..formats.json_values import JsonObject, JsonValue, as_list, as_text
from ..formats.urls import InvalidUrlError, is_file, origin_of
from ..openapi.document import UnreadableDocumentError, read_document, unsupported_reason
from ..openapi.external_files import Files
from ..openapi.operation import Operation, Source
from ..openapi.operations import NotOpenApiError, read_operations
from ..openapi.servers import lacks_absolute_server, server_origins
from ..openapi.swagger import is_swagger, to_openapi
from ..problems import Problem
from .compiled import Reading, compiled_key, find_compiled, load_compiled


def read_body(body: bytes, source: Source) -> Reading:
    """Read a self-contained document.

    Raises:
        UnreadableDocumentError: it is no OpenAPI document.
    """
    return _read_content(read_document(body), source, {})


def read_with_files(body: bytes, source: Source, files: Files) -> tuple[Reading, bytes]:
    """Read a document with the files that it refers to; also return bytes that identify all of them."""
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
