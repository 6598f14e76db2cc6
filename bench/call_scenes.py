"""Calls of a service on this machine with a small and a large answer."""

from __future__ import annotations

import json
import statistics
import sys
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from . import programs
from .child import Child, ChildError
from .programs import Measurement, Program, Taken
from .wire import Session

DIRECT = "no MCP"
_SMALL_CALLS, _LARGE_CALLS = 200, 3


def call_scenes(url: str, folder: Path) -> Iterator[Measurement]:
    """The scenes with a `bench.thing_service` at this URL."""
    ours = programs.ours_with_document(folder, f"{url}/openapi.json")
    tools = ours.ask(Session.tools)
    paths = ("thing", "things")
    urls = {tool["name"]: f"{url}/{path}" for tool in tools for path in paths if tool["name"].endswith(f"_{path}")}
    document = folder / "document.json"
    document.write_bytes(_fetched(f"{url}/openapi.json"))
    servers = (ours, programs.bare(folder, tools, urls), programs.fastmcp(document), programs.mcpify(document))
    for path, calls, scene in (("thing", _SMALL_CALLS, "small call"), ("things", _LARGE_CALLS, "2 MB answer")):
        for program in servers:
            yield Measurement(scene, program.name, partial(_calling, program, path, calls), every=2)
        yield Measurement(scene, DIRECT, partial(_requesting, f"{url}/{path}", calls), every=2)
    for program in servers:
        yield Measurement("first call", program.name, partial(program.run, partial(_call, "thing")))


def _call(path: str, session: Session) -> None:
    """Call the tool for a path of the service once."""
    check(session.ask("tools/call", {"name": _tool_for(path, session), "arguments": {}}), "a thing")


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
            check(answer, "a thing")

    taken = program.run(until)
    return {"wall": statistics.median(took[-calls:]), "memory": taken["memory"]}


def _requesting(url: str, requests: int) -> Taken:
    """The median wall time of a request without MCP, after a tenth of the requests that don't count."""
    with Child([sys.executable, "-m", "bench.direct_client", url]) as child:
        for number in (-(-requests // 10), requests):
            child.write(f"{number}\n".encode())
            answer = child.read_line()
    return {"wall": float(answer)}


def _fetched(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 (the bench's own service)
        return bytes(answer.read())


def check(answer: dict[str, Any], expected: str) -> None:
    """Check that a call succeeded, with this text in its answer.

    Raises:
        ChildError: it did not.
    """
    if answer.get("isError") or expected not in json.dumps(answer):
        raise ChildError(f"a call failed: {json.dumps(answer)[:300]}")
