"""Questions of shoppers, clerks and brands, asked over MCP and answered from the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ...fakes.mcp_client import connected, text_of
from ...fakes.paths import VECTORS
from ...fakes.service import Sandbox

QUESTIONS: list[dict[str, Any]] = json.loads((VECTORS / "questions.json").read_text(encoding="utf-8"))["questions"]


def values_at(answer: Any, path: str) -> list[Any]:
    """The values at a path of names, indexes and `*`."""
    found: list[Any] = [answer]
    for step in path.split("."):
        if step == "*":
            found = [entry for value in found for entry in value]
        else:
            found = [value[int(step) if step.isdecimal() else step] for value in found]
    return found


def holds(fact: dict[str, Any], values: list[Any]) -> bool:
    """Whether a fact is true of the values."""
    if "is" in fact:
        return all(value == fact["is"] for value in values)
    if "at_most" in fact:
        return all(float(value) <= fact["at_most"] for value in values)
    if "ascending" in fact:
        return list(map(float, values)) == sorted(map(float, values))
    if "lacks" in fact:
        return fact["lacks"] not in values
    return any(fact["has"] == value or fact["has"] in str(value) for value in values)


def filled(value: Any, answers: list[Any]) -> Any:
    """An argument, or the member of an earlier answer that it names."""
    is_reference = isinstance(value, str) and value.startswith("$")
    return values_at(answers, value.removeprefix("$"))[0] if is_reference else value


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["question"])
async def test_a_question_is_answered(sandbox: Sandbox, home_with_documents: Path, question: dict[str, Any]) -> None:
    home = str(home_with_documents)
    environ = {"CLOSIENT_API_KEY": sandbox.api_key, "CLOSIENT_MCP_HOME": home, "CLOSIENT_MCP_EXPOSE": "core"}
    answers: list[Any] = []
    async with connected(sandbox, environ=environ) as client:
        for tool, arguments in question["calls"]:
            result = await client.call_tool(tool, {name: filled(value, answers) for name, value in arguments.items()})
            assert not result.is_error, text_of(result)
            answers.append(result.structured_content or json.loads(text_of(result)))
    for fact in question["facts"]:
        values = values_at(answers[-1], fact["at"])
        assert values
        assert holds(fact, values), (fact, values)
