"""Calls and bytes that an agent needs for ten tasks, over MCP, against mocks of real documents.

`python -m bench.tasks [FOLDER] [--json]`. The folder holds the documents. The steps in `tasks.json` are those of an
agent that had only the tools, their results and the task. A task counts as done if the mocks, which validate each
request against its document, accepted the requests that it names. Bytes are those of arguments and results.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from closient_mcp.tools.openapi.document import read_document

from ..child import Child, ChildError
from ..service import environment
from ..wire import Session
from .mock import MockedService, serving

_TASKS = Path(__file__).with_name("tasks.json")
_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Done:
    """What a task took; `done` if the mocks accepted its requests and no others."""

    title: str
    calls: int
    size: int
    errors: int
    done: bool

    def line(self) -> str:
        """The figures in a row."""
        return f"{self.title:<45} {self.calls:>5} {self.size:>9,} {self.errors:>6}  {'yes' if self.done else 'NO'}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry the tasks out and report; 0 if all were done, also where there are no documents."""
    parser = argparse.ArgumentParser(prog="python -m bench.tasks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, default=os.environ.get("OPENAPI_DOCUMENTS"), help="default: $OPENAPI_DOCUMENTS"
    )
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    given = parser.parse_args(arguments)
    if given.folder is None:
        print("bench.tasks: skipped: OPENAPI_DOCUMENTS is not set to a folder of documents")
        return 0
    script: dict[str, Any] = json.loads(_TASKS.read_text(encoding="utf-8"))
    files = {system: Path(given.folder, name).resolve() for system, name in script["documents"].items()}
    if missing := [file.name for file in files.values() if not file.exists()]:
        print(f"bench.tasks: skipped: {given.folder} has no {', '.join(missing)}")
        return 0
    try:
        size, done = _carry_out(files, script["tasks"])
    except (ChildError, OSError) as error:
        print(f"bench.tasks: {error}", file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps({"list_bytes": size, "tasks": [asdict(task) for task in done]}, indent=2))
    else:
        print(f"{'task':<45} calls     bytes errors  done")
        print("\n".join(task.line() for task in done))
        print(f"{'together':<45} {sum(t.calls for t in done):>5} {sum(t.size for t in done):>9,}")
        print(f"The list of tools, which a model reads besides: {size:,} bytes")
    return 0 if all(task.done for task in done) else 1


def _carry_out(files: Mapping[str, Path], tasks: Sequence[Any]) -> tuple[int, list[Done]]:
    services = {system: MockedService(read_document(file.read_bytes())) for system, file in files.items()}
    with serving(services) as url, tempfile.TemporaryDirectory(prefix="closient-bench-") as home:
        tables = [
            f'[systems.{system}]\ndescription = "{file}"\nbase = "{url}/{system}"\ncredential = "none"\n'
            for system, file in files.items()
        ]
        Path(home, "closient-mcp.toml").write_text("".join(tables), encoding="utf-8")
        ours = [sys.executable, "-m", "closient_mcp.server"]
        with Child([*ours, "tools", "--json"], environment=environment(home), limit=_SECONDS) as child:
            child.finish()  # a start that reads the documents, so that none is missing from the first search
        with Child([*ours, "serve"], environment=environment(home), limit=_SECONDS) as child:
            session = Session(child, "2025-11-25")
            size = _size(session.ask("tools/list")["tools"])
            return size, [_task(session, services, task) for task in tasks]


def _task(session: Session, services: Mapping[str, MockedService], task: Any) -> Done:
    size = errors = 0
    for tool, arguments in task["steps"]:
        call = {"name": tool, "arguments": arguments}
        result = session.ask("tools/call", call)
        size += _size(call) + sum(len(block.get("text", "").encode()) for block in result["content"])
        errors += bool(result.get("isError"))
    accepted = list(_accepted(services))
    return Done(task["title"], len(task["steps"]), size, errors, accepted == task["accepted"])


def _accepted(services: Mapping[str, MockedService]) -> Iterator[str]:
    """Yield the requests that were accepted since the last time."""
    for service in services.values():
        yield from service.accepted
        service.accepted.clear()


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


if __name__ == "__main__":
    sys.exit(main())
