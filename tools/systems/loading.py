"""Loading one document of a system: its operations, or why it has none."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace

from ..catalog.entries import Entry
from ..formats.text import one_line
from ..formats.urls import is_file
from ..http.fetched import Document, FetchError, GoneError, StaleDocument, staleness
from ..http.reader import Reader
from ..openapi.document import UnreadableDocumentError, refers_elsewhere
from ..openapi.operation import Operation, Source
from ..problems import Problem
from .compiled import Reading, load_compiled

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
        """The previous document of this run instead, if this is a failure that may be temporary."""
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
        from ..openapi.external_files import Files
        from .reading import read_with_files

        folders = (*reader.folders, f"{source.url.rsplit('/', 1)[0]}/") if is_file(source.url) else ()
        files = Files(replace(reader, folders=folders), source.url)
        (operations, problems), body = read_with_files(body, source, files)
        stale += files.stale()
    else:
        operations, problems = load_compiled(body, source, reader.fetcher.cache, _read)
    bases = "\n".join(sorted({operation.base for operation in operations}))
    fingerprint = hashlib.sha256(body + bases.encode()).hexdigest()
    loaded = LoadedDocument(entry.api, entry.document_url, tuple(operations), tuple(problems), fingerprint=fingerprint)
    return replace(loaded, confirmed=document.confirmed, stale=stale)


def _read(body: bytes, source: Source) -> Reading:
    from .reading import read_body  # with all that reads documents: a start from the cache needs none of it

    return read_body(body, source)
