"""One service: its catalog and documents, read into operations and problems."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio
import anyio.to_thread

from .catalog import MEDIA_TYPE, Catalog, Entry, NoCatalog, read_catalog
from .fetching import Fetcher, NotFetched
from .json_values import NotJson, as_object, parse_json
from .operations import NotOpenApi, Operation, Source, read_operations
from .problems import Problem
from .sending import Sender
from .text import one_line

logger = logging.getLogger(__name__)

MAX_DOCUMENTS = 200
_ACCEPT = "application/openapi+json, application/vnd.oai.openapi+json, application/json;q=0.9, */*;q=0.1"

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Description:
    """One document that a catalog lists: what it gave, or why it gave nothing."""

    api: str
    address: str
    operations: tuple[Operation, ...] = ()
    problems: tuple[Problem, ...] = ()
    failure: str = ""


@dataclass(slots=True)
class System:
    """A service and what is known of it so far; `load` fills it in, and may be run again.

    `failure` says why there is no catalog; `entries` is what it lists, `loaded` that each was tried.
    `descriptions` are by their addresses. `prefix` begins the tools' names.
    """

    name: str
    catalog: str
    prefix: tuple[str, ...]
    sender: Sender
    fetcher: Fetcher
    app_scopes: bool = False
    loaded: bool = False
    failure: str = ""
    entries: tuple[Entry, ...] = ()
    descriptions: dict[str, Description] = field(default_factory=dict[str, Description])
    problems: list[Problem] = field(default_factory=list[Problem])

    async def load(self, progress: Progress | None = None) -> None:
        """Read the catalog and the documents it lists, some at a time; failures become values.

        What was read already is not read again. `progress` is told after each document.
        """
        try:
            listing = await self._read_catalog()
        except (NotFetched, NoCatalog) as error:
            self.failure = one_line(f"no api-catalog at {self.catalog}: {error}", 500)
            return
        self.failure = ""
        self.entries = listing.entries[:MAX_DOCUMENTS]
        self.problems = list(listing.problems)
        if len(listing.entries) > MAX_DOCUMENTS:
            reason = f"it lists {len(listing.entries)} descriptions; {MAX_DOCUMENTS} are read"
            self.problems.append(Problem(self.catalog, reason, "the others are left out"))
        slots = anyio.CapacityLimiter(8)

        async def read(entry: Entry) -> None:
            known = self.descriptions.get(entry.description)
            if known is None or known.failure or known.api != entry.api:
                async with slots:
                    self.descriptions[entry.description] = await self._read_description(entry)
            if progress:
                progress(len(self.descriptions), len(self.entries), entry.api)

        async with anyio.create_task_group() as group:
            for entry in self.entries:
                group.start_soon(read, entry)
        self.loaded = True

    @property
    def complete(self) -> bool:
        """Whether the catalog and all its documents were read; what could not be had may be there later."""
        return self.loaded and not any(d.failure for d in self.descriptions.values())

    async def _read_catalog(self) -> Catalog:
        document = await self.fetcher.fetch(self.catalog, f"{MEDIA_TYPE}, application/json;q=0.5")
        return await anyio.to_thread.run_sync(read_catalog, document.body, document.address)

    async def _read_description(self, entry: Entry) -> Description:
        try:
            document = await self.fetcher.fetch(entry.description, _ACCEPT)
        except NotFetched as error:
            return Description(entry.api, entry.description, failure=one_line(str(error), 300))
        source = Source(
            system=self.name,
            prefix=(*self.prefix, entry.api),
            api=entry.api,
            address=document.address,
            anchor=entry.anchor,
            origins=self.sender.origins,
            app_scopes=self.app_scopes,
        )
        try:
            return await anyio.to_thread.run_sync(_read_document, entry, document.body, source)
        except Exception as error:  # one document that we cannot read must not cost the others
            logger.exception("%s could not be read", entry.description)
            failure = f"it could not be read ({type(error).__name__}); the log has the details"
            return Description(entry.api, entry.description, failure=failure)

    def operations(self) -> list[Operation]:
        """All operations read so far, in the catalog's order."""
        read = (self.descriptions.get(entry.description) for entry in self.entries)
        return [operation for description in read if description for operation in description.operations]

    def skipped(self) -> list[Problem]:
        """Everything that could not be used, and why."""
        problems = list(self.problems)
        for entry in self.entries:
            description = self.descriptions.get(entry.description)
            if description and description.failure:
                effect = "its operations are missing"
                problems.append(Problem(description.address, description.failure, effect))
            elif description:
                problems += description.problems
        return problems


def _read_document(entry: Entry, body: bytes, source: Source) -> Description:
    if body.lstrip()[:1] == b"<":
        failure = "a web page (HTML) is there instead of an OpenAPI document"
        return Description(entry.api, entry.description, failure=failure)
    try:
        operations, problems = read_operations(as_object(parse_json(body)), source)
    except NotJson as error:
        return Description(entry.api, entry.description, failure=f"it is {error}")
    except NotOpenApi as error:
        return Description(entry.api, entry.description, failure=str(error))
    return Description(entry.api, entry.description, tuple(operations), tuple(problems))
