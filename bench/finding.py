"""How often a search finds the right operation, for us and for FastMCP, over the questions of the tests.

`python -m bench.finding [FOLDER] [--json]`. The folder holds the documents that the questions in
`tests/vectors/operation_questions.json` are about; each is asked of its own document, and of all documents together.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.openapi.document import read_document
from closient_mcp.tools.openapi.operation import Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.openapi.swagger import is_swagger, to_openapi
from closient_mcp.tools.schema.validation import ArgumentChecker
from closient_mcp.tools.toolset.finders import Finders
from closient_mcp.tools.toolset.generated import operation_tool
from closient_mcp.tools.toolset.ranking import ToolIndex
from closient_mcp.tools.toolset.tool import Tool

from .programs import FASTMCP_PYTHON

_QUESTIONS = Path(__file__).parent.parent / "tests/vectors/operation_questions.json"
_HOST = "https://bench.example"
_KINDS = ("exact", "agent", "reworded", "person")
_MANY = 4_000


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a document, and the operations that answer it."""

    kind: str
    document: str
    text: str
    right: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; 0 also where there is nothing to measure with."""
    parser = argparse.ArgumentParser(prog="python -m bench.finding", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, default=os.environ.get("OPENAPI_DOCUMENTS"), help="default: $OPENAPI_DOCUMENTS"
    )
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    given = parser.parse_args(arguments)
    if given.folder is None:
        print("bench.finding: skipped: OPENAPI_DOCUMENTS is not set to a folder of documents")
        return 0
    vectors: Any = json.loads(_QUESTIONS.read_text(encoding="utf-8"))
    questions = [Question(kind, name, text, tuple(right)) for kind in _KINDS for name, text, right in vectors[kind]]
    names = sorted({question.document for question in questions})
    missing = [name for name in names if not (given.folder / name).exists()]
    if missing:
        print(f"bench.finding: skipped: {given.folder} has no {', '.join(missing)}")
        return 0
    documents = {name: _document(given.folder / name) for name in names}
    tools = {name: _tools(name, document) for name, document in documents.items()}
    theirs = _fastmcp(documents, questions)
    known = {name for name in names if name not in theirs.get("refused", names)}
    report = {
        "closient-mcp": _shares(questions, _our_ranks(tools, questions)),
        **({"closient-mcp where FastMCP reads the document": _shares(questions, _our_ranks(tools, questions), known),
            "FastMCP": _shares(questions, _their_ranks(theirs, questions), known)} if known else {}),
        "cost": _cost(tools, questions, theirs),
    }  # fmt: skip
    print(json.dumps(report, indent=1) if given.json else _as_text(report))
    return 0


def _document(path: Path) -> Any:
    document: Any = read_document(path.read_bytes())
    return to_openapi(document, _HOST) if is_swagger(document) else document


def _tools(name: str, document: Any) -> list[Tool]:
    system = name.split(".")[0].replace("-", "")
    source = Source(system, (system,), system, _HOST, _HOST, frozenset({_HOST}), base=_HOST)
    return [operation_tool(operation, cast(Sender, None)) for operation in read_operations(document, source)[0]]


def _our_ranks(tools: Mapping[str, list[Tool]], questions: Sequence[Question]) -> list[tuple[int, int]]:
    own = {name: ToolIndex(of) for name, of in tools.items()}
    together = ToolIndex(tool for of in tools.values() for tool in of)
    return [(_rank(own[q.document], q, tools[q.document]), _rank(together, q, tools[q.document])) for q in questions]


def _rank(index: ToolIndex, question: Question, own: Sequence[Tool]) -> int:
    names = {tool.name for tool in own}
    found = [hit.tool for hit in index.search(question.text)[:10]]
    requests = [f"{tool.method} {tool.path}" if tool.name in names else "" for tool in found]
    return _first(requests, question)


def _first(requests: Sequence[str], question: Question) -> int:
    """The rank of the first right operation, from 1; 0 if it is not among the first ten."""
    return next((at for at, request in enumerate(requests, 1) if request in question.right), 0)


def _fastmcp(documents: Mapping[str, Any], questions: Sequence[Question]) -> dict[str, Any]:
    if not FASTMCP_PYTHON.exists():
        return {}
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder, f"{at}.json")) for at, name in enumerate(documents)}
        for name, file in files.items():
            Path(file).write_text(json.dumps(documents[name], default=str))
        asked = {"documents": files, "questions": [[question.document, question.text] for question in questions]}
        command = [str(FASTMCP_PYTHON), str(Path(__file__).with_name("finding_fastmcp.py"))]
        done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)  # noqa: S603
    return cast("dict[str, Any]", json.loads(done.stdout.splitlines()[-1]))


def _their_ranks(theirs: Mapping[str, Any], questions: Sequence[Question]) -> list[tuple[int, int]]:
    pairs = zip(theirs["answers"], questions, strict=True)
    return [(_first(answer[0], q), _first(answer[1], q)) if answer else (0, 0) for answer, q in pairs]


def _shares(
    questions: Sequence[Question], ranks: Sequence[tuple[int, int]], documents: set[str] | None = None
) -> dict[str, Any]:
    """By kind of question: how many there are, and the share whose right operation is among the first 1, 5 and 10."""
    shares: dict[str, Any] = {}
    for kind in _KINDS:
        chosen = [
            rank for question, rank in zip(questions, ranks, strict=True)
            if question.kind == kind and (documents is None or question.document in documents)
        ]  # fmt: skip
        for at, scope in enumerate(("own document", "all together")):
            found = [rank[at] for rank in chosen if rank[at]]
            within = [round(sum(rank <= most for rank in found) / max(1, len(chosen)), 3) for most in (1, 5, 10)]
            mean = round(sum(found) / max(1, len(found)), 2)
            shares[f"{kind}, {scope}"] = {"n": len(chosen), "r@1,5,10": within, "mean rank": mean}
    return shares


def _cost(tools: Mapping[str, list[Tool]], questions: Sequence[Question], theirs: Mapping[str, Any]) -> dict[str, Any]:
    every = [tool for of in tools.values() for tool in of]
    copies = -(-_MANY // len(every))
    many = [replace(tool, name=f"{tool.name}_{n}") for n in range(copies) for tool in every][:_MANY]
    began = time.process_time()
    index = ToolIndex(many)
    built = time.process_time() - began
    sample = [question.text for question in questions if question.kind == "agent"]
    began = time.process_time()
    for text in sample:
        index.search(text)
    asked = (time.process_time() - began) / len(sample)
    size = sum(
        asyncio.run(_answer_size(tools[name], [q.text for q in questions if q.document == name])) for name in tools
    )
    return {
        f"index of {_MANY} operations, ms": round(built * 1000),
        f"query over {_MANY} operations, ms": round(asked * 1000, 1),
        "bytes of five hits": round(size / len(questions)),
        "bytes of FastMCP's five hits": round(theirs["bytes"] / sum(map(bool, theirs["answers"]))) if theirs else None,
    }


async def _answer_size(tools: Sequence[Tool], queries: Sequence[str]) -> int:
    by_name = {tool.name: tool for tool in tools}
    find = Finders(lambda: by_name, ArgumentChecker(), list[str]).tools(("read",))[0]
    return sum([len((await find.call({"query": query, "limit": 5})).text) for query in queries])


def _as_text(report: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for title, figures in report.items():
        lines.append(title)
        for name, figure in figures.items():
            values = cast("dict[str, object]", figure) if isinstance(figure, dict) else {"": figure}
            shown = "  ".join(f"{key} {value}".strip() for key, value in values.items())
            lines.append(f"  {name:<28} {shown}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
