"""What is measured, scene by scene, and with which programs. `bench.performance` runs them in turn."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from . import programs
from .call_scenes import call_scenes, check
from .child import Child, ChildError
from .list_sizes import document_of_size
from .programs import FASTMCP, OURS, UNREPLAYED, Measurement, Program, Taken
from .service import Service, running_sandbox
from .tool_document import document_of
from .wire import Session

STRIPE = "stripe-2022.json"
_SECONDS = 3600.0
_SEARCH = {"name": "search_products", "arguments": {"query": "peanut butter"}}
_FIND = {"name": "find_operations", "arguments": {"query": "list the things"}}
_SEARCH_PATH = "/search/api/v1/search?q=peanut+butter"
_OPERATIONS = 1_200
_STRIPE_OPERATIONS = 395
# Where a program takes many seconds, it takes part in every round of so many.
_SELDOM = 7
_MANY_OPERATIONS, _FEW_OPERATIONS = 10_000, 100
_MANY_DOCUMENTS, _FEW_DOCUMENTS = 1_000, 60

Until: TypeAlias = Callable[[Session], object]


def prepare(stack: ExitStack, documents: Path | None) -> list[Measurement]:
    """All that can be measured here; the services run until the stack is closed.

    Raises:
        ChildError: a server of ours did not work.
    """
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="closient-bench-")))

    def new() -> Path:
        return Path(tempfile.mkdtemp(dir=folder))

    service = stack.enter_context(running_sandbox(limited=False))
    things = stack.enter_context(Child([sys.executable, "-m", "bench.thing_service"], limit=_SECONDS))
    measurements = [
        *_sandbox(service, new),
        *call_scenes(things.read_line().decode(), new()),
        *_many(new()),
        *_scale(stack, new),
    ]
    if documents and (documents / STRIPE).exists():
        measurements += [*_stripe(documents / STRIPE, "auto", new), *_stripe(documents / STRIPE, "all", new)]
    return measurements


def _sandbox(service: Service, new: Callable[[], Path]) -> Iterator[Measurement]:
    """Starts with the 22 documents of the sandbox."""
    folder = new()
    ours = programs.ours(folder, "--site", service.url, CLOSIENT_API_KEY=service.api_key)
    unreplayed = _asking_differently(programs.ours(new(), "--site", service.url, CLOSIENT_API_KEY=service.api_key))
    tools = ours.ask(Session.tools)
    bare = programs.bare(folder, tools, {"search_products": service.url + _SEARCH_PATH})
    document = _written(folder, document_of(tools, service.url))
    for program in (ours, unreplayed, bare, programs.fastmcp(document), programs.mcpify(document)):
        yield Measurement("sandbox: list", program.name, partial(program.run, _listing(len(tools))))
    for program in (ours, unreplayed, bare):
        yield Measurement("sandbox: first call", program.name, partial(program.run, _search))
    yield Measurement("sandbox: empty cache", ours.name, partial(_with_nothing_kept, ours, len(tools)))


def _asking_differently(program: Program) -> Program:
    """A program, once it has read its documents, for a client that always asks what it was never asked."""
    program.ask(Session.tools)
    return replace(program, name=UNREPLAYED, asks_differently=True)


def _with_nothing_kept(program: Program, count: int = 1) -> Taken:
    with tempfile.TemporaryDirectory(prefix="closient-bench-") as home:
        environment = {**program.environment, "CLOSIENT_MCP_HOME": home}
        return replace(program, environment=environment).run(_listing(count))


def _many(folder: Path) -> Iterator[Measurement]:
    """A start with many operations, until everything is loaded."""
    document = _written(folder, {"servers": [{"url": "https://shop.example"}], **document_of_size(_OPERATIONS)})
    ours = programs.ours_with_document(folder, document)
    tools = ours.ask(Session.tools)
    for program in (
        replace(ours, asks_differently=True),
        programs.bare(folder, tools, {}),
        programs.fastmcp(document, "search"),
        programs.mcpify(document, "--lazy"),
    ):
        every = _SELDOM if program.name == FASTMCP else 1
        yield Measurement("1,200 operations", program.name, partial(program.run, _listing_and_ping), every)


def _stripe(document: Path, mode: str, new: Callable[[], Path]) -> Iterator[Measurement]:
    """A start with the document of Stripe."""
    ours = programs.ours_with_document(new(), document, "--expose", mode)
    unreplayed = _asking_differently(programs.ours_with_document(new(), document, "--expose", mode))
    tools = ours.ask(Session.tools)
    is_search = mode == "auto"
    for program in (
        ours,
        unreplayed,
        programs.bare(new(), tools, {}),
        programs.fastmcp(document, *(["search"] if is_search else [])),
        programs.mcpify(document, *(["--lazy"] if is_search else [])),
    ):
        every = _SELDOM if program.name == FASTMCP else 1
        least = 1 if is_search else _STRIPE_OPERATIONS
        scene = f"Stripe: {'finders' if is_search else 'all'}"
        yield Measurement(scene, program.name, partial(program.run, _listing(least)), every)


def _scale(stack: ExitStack, new: Callable[[], Path]) -> Iterator[Measurement]:
    """Our server with much to read and with little, and with systems that fail."""
    catalogs = stack.enter_context(Child([sys.executable, "-m", "bench.catalog_service"], limit=_SECONDS, quiet=True))
    url = catalogs.read_line().decode()
    for size in (_MANY_OPERATIONS, _FEW_OPERATIONS):
        folder = new()
        document = _written(folder, {"servers": [{"url": "https://shop.example"}], **document_of_size(size)})
        yield from _growing(f"{size:,} operations", programs.ours_with_document(folder, document))
    for size in (_MANY_DOCUMENTS, _FEW_DOCUMENTS):
        yield from _growing(f"{size:,} documents", programs.ours_with(new(), _cataloged(good=f"{url}/catalog/{size}")))
    few = f"{url}/catalog/{_FEW_DOCUMENTS}"
    bad = {"down": "http://127.0.0.1:9/catalog", "slow": f"{url}/slow", "html": f"{url}/html"}
    program = programs.ours_with(new(), _cataloged(good=few, **bad))
    scene = f"{_FEW_DOCUMENTS} documents and three systems that fail: empty cache"
    yield Measurement(scene, OURS, partial(_with_nothing_kept, program), _SELDOM)


def _growing(name: str, program: Program) -> Iterator[Measurement]:
    program.ask(_find)
    program = replace(program, asks_differently=True)
    yield Measurement(f"{name}: empty cache", OURS, partial(_with_nothing_kept, program), _SELDOM)
    yield Measurement(f"{name}: list", OURS, partial(program.run, _listing(1)), _SELDOM)
    yield Measurement(f"{name}: first search", OURS, partial(program.run, _find), _SELDOM)


def _cataloged(**catalogs: str) -> Mapping[str, str]:
    return {name: f'catalog = "{url}"' for name, url in catalogs.items()}


def _listing(count: int) -> Until:
    """Until the answer to `tools/list`, with at least so many tools."""

    def until(session: Session) -> None:
        if (found := len(session.tools())) < count:
            raise ChildError(f"listed {found} tools, not {count}")

    return until


def _listing_and_ping(session: Session) -> None:
    # A list may be answered before all is loaded; a ping is not.
    session.tools()
    session.ask("ping")


def _search(session: Session) -> None:
    session.tools()
    check(session.ask("tools/call", _SEARCH), "peanut")


def _find(session: Session) -> None:
    session.tools()
    session.ask("tools/call", _FIND)


def _written(folder: Path, document: Any) -> Path:
    file = folder / "document.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file
