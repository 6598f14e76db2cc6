"""One document of a system: read into operations, or a reason why there are none."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace

import anyio.to_thread

from .addresses import BadAddress, origin_of
from .catalog import Entry
from .documents import NotReadable, kind_of, read_document
from .fetching import Document, NotFetched
from .local_files import Reader, is_file
from .operations import NotOpenApi, Operation, Source, read_operations
from .problems import Problem
from .servers import leaves_open, server_origins
from .text import one_line

logger = logging.getLogger(__name__)

_ACCEPT = (
    "application/openapi+json, application/vnd.oai.openapi+json, application/json;q=0.9, "
    "application/vnd.oai.openapi;q=0.8, application/yaml;q=0.8, */*;q=0.1"
)


@dataclass(frozen=True, slots=True)
class Description:
    """One document that a catalog lists: what it gave, or why it gave nothing.

    `same` is equal for two of which one is enough: equal bytes whose calls go to the same places.
    """

    api: str
    address: str
    operations: tuple[Operation, ...] = ()
    problems: tuple[Problem, ...] = ()
    failure: str = ""
    same: str = ""


async def read_description(entry: Entry, source: Source, reader: Reader) -> Description:
    """Read the document of an entry, or, where that fails, the next that the catalog names for the same API."""
    failed = ""
    for address in (entry.description, *entry.alternates):
        found = await _read(entry, address, source, reader)
        if not found.failure:
            return found
        failed = failed or found.failure
    return Description(entry.api, entry.description, failure=failed)


async def _read(entry: Entry, address: str, source: Source, reader: Reader) -> Description:
    try:
        document = await reader.read(address, _ACCEPT)
    except NotFetched as error:
        return Description(entry.api, entry.description, failure=one_line(str(error), 300))
    try:
        return await anyio.to_thread.run_sync(_understand, entry, document, replace(source, address=document.address))
    except Exception as error:  # one document that we cannot read must not cost the others
        logger.exception("%s could not be read", address)
        failure = f"it could not be read ({type(error).__name__}); the log has the details"
        return Description(entry.api, entry.description, failure=failure)


def _understand(entry: Entry, document: Document, source: Source) -> Description:
    failure = ""
    try:
        content = read_document(document.body)
    except NotReadable as error:
        return Description(entry.api, entry.description, failure=str(error))
    if is_file(document.address) and not source.base and not source.anchor and leaves_open(content):
        failure = "it is a file that names no server by a whole address; set `base` to where the API is"
        return Description(entry.api, entry.description, failure=failure)
    try:
        operations, problems = read_operations(content, source)
    except NotOpenApi as error:
        return Description(entry.api, entry.description, failure=kind_of(content) or str(error))
    problems += _elsewhere(entry, server_origins(content, document.address), operations) if not source.base else []
    bases = "\n".join(sorted({operation.base for operation in operations}))
    same = hashlib.sha256(document.body + bases.encode()).hexdigest()
    return Description(entry.api, entry.description, tuple(operations), tuple(problems), same=same)


def _elsewhere(entry: Entry, servers: set[str], operations: list[Operation]) -> list[Problem]:
    """A notice where the document's servers are not where the catalog says that the API is."""
    try:
        anchor = origin_of(entry.anchor)
    except BadAddress:
        return []
    called = {origin_of(operation.base) for operation in operations}
    if elsewhere := called - {anchor}:
        reason = f"its servers are at {', '.join(sorted(elsewhere))}, and the catalog has the API at {anchor}"
        return [Problem(entry.description, reason, "calls go where the document says")]
    if called and servers and not servers & called:
        reason = f"its servers are at {', '.join(sorted(servers))}, and the catalog has the API at {anchor}"
        return [Problem(entry.description, reason, "calls go where the catalog says; the others are not this system's")]
    return []
