"""Our lists of tools, converted as agent frameworks convert them for models."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from typing import cast

import pytest

from closient_mcp.tools.formats.json_values import JsonObject, JsonValue, as_object, objects_in
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.toolset.generated import operation_tool

from ..fakes.paths import ROOT, TESTS, VECTORS
from ..fakes.specs import SPECS, all_specs

pytestmark = pytest.mark.all

_PYTHON = ROOT / ".venv-clients" / "bin" / "python"
_CLIENT = TESTS / "interop" / "clients" / "converting_client.py"
_OWN = ("closient", "close_fern", "fluent")
_REAL = ("asana.yaml", "discord31.json", "kubernetes-core-v1.json", "meilisearch.json", "notion31.json",
         "stripe-2022.json")  # fmt: skip


def _own(name: str) -> list[JsonObject]:
    tools: list[JsonObject] = json.loads((VECTORS / "tools_list" / f"{name}.json").read_text(encoding="utf-8"))
    return tools


def _real(name: str) -> list[JsonObject]:
    if SPECS is None or not (SPECS / name).exists():
        pytest.skip(f"OPENAPI_DOCUMENTS is not set to a folder with {name}")
    operations = all_specs()[name].description.operations
    return [operation_tool(operation, cast(Sender, None)).definition() for operation in operations]


@cache
def _failures(name: str) -> dict[str, dict[str, list[str]]]:
    """By framework and reason, the tools that it cannot convert."""
    if not _PYTHON.exists():
        pytest.skip("the frameworks are not installed: make test-all")
    tools = _real(name) if name in _REAL else _own(name)
    done = subprocess.run(
        [str(_PYTHON), "-W", "ignore", str(_CLIENT)],
        input=json.dumps(tools),
        capture_output=True,
        text=True,
        check=True,
    )
    failures: dict[str, dict[str, list[str]]] = json.loads(done.stdout)
    return failures


@pytest.mark.parametrize("name", [*_OWN, *_REAL])
@pytest.mark.parametrize("framework", ["langchain", "pydantic_ai"])
def test_a_framework_converts_every_tool(framework: str, name: str) -> None:
    failures = _failures(name)
    if framework not in failures:
        pytest.skip(f"{framework} is not installed: make test-all")
    assert failures[framework] == {}


@pytest.mark.parametrize("name", [*_OWN, *_REAL])
def test_strict_conversion_leaves_only_tools_with_open_objects(name: str) -> None:
    failures = _failures(name)
    if "openai_agents" not in failures:
        pytest.skip("openai-agents is not installed: make test-all")
    left = {tool for tools in failures["openai_agents"].values() for tool in tools}
    listed = {str(tool["name"]): tool for tool in (_real(name) if name in _REAL else _own(name))}
    assert left == {name for name, tool in listed.items() if any(map(_is_open, objects_in(tool["inputSchema"])))}


def _is_open(node: JsonObject) -> bool:
    """Whether a schema permits members that it doesn't name, as a map, a shortened part or any value does."""
    members: JsonValue = node.get("additionalProperties")
    if isinstance(members, bool | dict) and members is not False:
        return True
    return node.get("type") == "object" and not as_object(node.get("properties")) and members is None
