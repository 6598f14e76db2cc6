"""What is measured, scene by scene, and with which programs. `bench.performance` runs them in turn."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from . import programs
from .child import Child, ChildError
from .list_sizes import document_of_size
from .programs import Program, Taken
from .service import Service, running_sandbox
from .tool_document import document_of
from .wire import Session

STRIPE = "stripe-2022.json"
ANEW = "closient-mcp, nothing to replay"
DIRECT = "no MCP"
_SECONDS = 3600.0
_SEARCH = {"name": "search_products", "arguments": {"query": "peanut butter"}}
_SEARCH_PATH = "/search/api/v1/search?q=peanut+butter"
_OPERATIONS = 1_200
_STRIPE_OPERATIONS = 395
_SMALL_CALLS, _LARGE_CALLS = 200, 5
# Rounds between those in which a program takes part that needs many seconds.
_SELDOM = 7

Until: TypeAlias = Callable[[Session], object]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One program in one scene; it takes part in every `every`-th round."""

    scene: str
    program: str
    run: Callable[[], Taken]
    every: int = 1


def prepare(stack: ExitStack, documents: Path | None) -> list[Measurement]:
    """All that can be measured here; the services run until the stack is closed.

    Raises:
        ChildError: a server of ours did not work.
    """
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="closient-bench-")))
    folders = iter(range(100))

    def new() -> Path:
        made = folder / str(next(folders))
        made.mkdir()
        return made

    service = stack.enter_context(running_sandbox(limited=False))
    things = stack.enter_context(Child([sys.executable, "-m", "bench.thing_service"], limit=_SECONDS))
    measurements = [
        *_sandbox(service, new()),
        *_calls(things.read_line().decode(), new()),
        *_many(new()),
    ]
    if documents and (documents / STRIPE).exists():
        measurements += [*_stripe(documents / STRIPE, "auto", new()), *_stripe(documents / STRIPE, "all", new())]
    return measurements


def _sandbox(service: Service, folder: Path) -> Iterator[Measurement]:
    """Starts with the 22 documents of the sandbox."""
    ours = programs.ours(folder, "--site", service.url, CLOSIENT_API_KEY=service.api_key)
    anew = replace(ours, name=ANEW, asks_anew=True)
    tools = ours.ask(Session.tools)
    bare = programs.bare(folder, tools, {"search_products": service.url + _SEARCH_PATH})
    document = _written(folder, document_of(tools, service.url))
    for program in (ours, anew, bare, programs.fastmcp(document), programs.mcpify(document)):
        yield Measurement("sandbox: list", program.name, partial(program.run, _listing(len(tools))))
    for program in (ours, anew, bare):
        modern = partial(program.run, _listing(len(tools)), "2026-07-28")
        yield Measurement("sandbox: list, 2026-07-28", program.name, modern)
    for program in (ours, anew, bare):
        yield Measurement("sandbox: first call", program.name, partial(program.run, _search))
    yield Measurement("sandbox: empty cache", ours.name, partial(_run_with_nothing_kept, ours, len(tools)))


def _run_with_nothing_kept(program: Program, count: int) -> Taken:
    with tempfile.TemporaryDirectory(prefix="closient-bench-") as home:
        environment = {**program.environment, "CLOSIENT_MCP_HOME": home}
        return replace(program, environment=environment).run(_listing(count))


def _calls(url: str, folder: Path) -> Iterator[Measurement]:
    """Calls of a service on this machine with a small and a large answer."""
    ours = _ours_with(folder, f"{url}/openapi.json")
    tools = ours.ask(Session.tools)
    paths = ("thing", "things")
    urls = {tool["name"]: f"{url}/{path}" for tool in tools for path in paths if tool["name"].endswith(f"_{path}")}
    document = _written(folder, _fetched(f"{url}/openapi.json"))
    servers = (ours, programs.bare(folder, tools, urls), programs.fastmcp(document), programs.mcpify(document))
    for path, calls, scene in (("thing", _SMALL_CALLS, "small call"), ("things", _LARGE_CALLS, "2 MB answer")):
        for program in servers:
            yield Measurement(scene, program.name, partial(_calling, program, path, calls))
        yield Measurement(scene, DIRECT, partial(_requesting, f"{url}/{path}", calls))
    for program in servers:
        yield Measurement("first call", program.name, partial(program.run, partial(_call, "thing")))


def _many(folder: Path) -> Iterator[Measurement]:
    """A start with many operations, until everything is loaded."""
    document = _written(folder, {"servers": [{"url": "https://shop.example"}], **document_of_size(_OPERATIONS)})
    ours = _ours_with(folder, str(document))
    tools = ours.ask(Session.tools)
    for program in (
        ours,
        programs.bare(folder, tools, {}),
        programs.fastmcp(document, "search"),
        programs.mcpify(document, "--lazy"),
    ):
        every = _SELDOM if program.name == "FastMCP" else 1
        yield Measurement("1,200 operations", program.name, partial(program.run, _listing_and_ping), every)


def _stripe(document: Path, mode: str, folder: Path) -> Iterator[Measurement]:
    """A start with the document of Stripe."""
    ours = _ours_with(folder, str(document), "--expose", mode)
    tools = ours.ask(Session.tools)
    is_search = mode == "auto"
    for program in (
        ours,
        replace(ours, name=ANEW, asks_anew=True),
        programs.bare(folder, tools, {}),
        programs.fastmcp(document, *(["search"] if is_search else [])),
        programs.mcpify(document, *(["--lazy"] if is_search else [])),
    ):
        every = _SELDOM if program.name == "FastMCP" else 1
        least = 1 if is_search else _STRIPE_OPERATIONS
        scene = f"Stripe: {'finders' if is_search else 'all'}"
        yield Measurement(scene, program.name, partial(program.run, _listing(least)), every)


def _ours_with(folder: Path, document: str, *options: str) -> Program:
    """Our server with one document in its settings, which it has read before."""
    settings = f'[systems.bench]\ndescription = "{document}"\ncredential = "none"\n'
    (folder / "closient-mcp.toml").write_text(settings, encoding="utf-8")
    return programs.ours(folder, *options)


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
    _check(session.ask("tools/call", _SEARCH), "peanut")


def _call(path: str, session: Session) -> None:
    """Call the tool for a path of the service once."""
    _check(session.ask("tools/call", {"name": _tool_for(path, session), "arguments": {}}), "a thing")


def _tool_for(path: str, session: Session) -> str:
    """Its name, which each program makes in its own way."""
    return next(str(tool["name"]) for tool in session.tools() if tool["name"].endswith(f"get_{path}"))


def _calling(program: Program, path: str, calls: int) -> Taken:
    """The median wall time of a call, after a tenth of the calls that don't count; memory at its peak."""
    took: list[float] = []

    def until(session: Session) -> None:
        call = {"name": _tool_for(path, session), "arguments": dict[str, Any]()}
        for _ in range(-(-calls // 10) + calls):
            began = time.perf_counter()
            answer = session.ask("tools/call", call)
            took.append(session.received - began)
        _check(answer, "a thing")

    taken = program.run(until)
    return {"wall": statistics.median(took[-calls:]), "memory": taken["memory"]}


def _check(answer: dict[str, Any], expected: str) -> None:
    if answer.get("isError") or expected not in json.dumps(answer):
        raise ChildError(f"a call failed: {json.dumps(answer)[:300]}")


def _requesting(url: str, requests: int) -> Taken:
    """The median wall time of a request without MCP, after a tenth of the requests that don't count."""
    with Child([sys.executable, "-m", "bench.direct_client", url]) as child:
        for number in (-(-requests // 10), requests):
            child.write(f"{number}\n".encode())
            answer = child.read_line()
    return {"wall": float(answer)}


def _written(folder: Path, document: Any) -> Path:
    file = folder / "document.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def _fetched(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 (the bench's own service)
        return json.load(answer)
