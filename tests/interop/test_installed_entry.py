"""Client libraries list our tools and call one, from the entry that `install` wrote."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ..fakes.command_line import run
from ..fakes.limits import SECONDS
from ..fakes.paths import ROOT
from ..fakes.programs import INTEROP, path, program
from ..fakes.service import Sandbox

pytestmark = pytest.mark.all

CLIENTS = INTEROP / "clients"
TOOLS = {"search_products", "validate_gtin", "search_search_catalog", "read_operation"}


@pytest.fixture
def entry(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A plain `mcp.json` with our entry."""
    file = tmp_path / "mcp.json"
    assert run("install", "mcp-json", "--config-path", str(file), site=sandbox.url).code == 0
    return file


def printed(*command: str) -> Any:
    environment = {**os.environ, "PATH": path(), "MCP_INSPECTOR_SECRET_STORE": "memory"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, timeout=SECONDS, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("sdk1", "@modelcontextprotocol/sdk"),
        ("sdk2", "@modelcontextprotocol/client"),
        ("ai", "@ai-sdk/mcp"),
    ],
    ids=["TypeScript SDK v1", "TypeScript SDK v2", "AI SDK"],
)
def test_a_library_for_node_lists_and_calls(entry: Path, library: str, package: str) -> None:
    if not (CLIENTS / "node_modules" / package).exists():
        pytest.skip(f"{package} is not installed: make test-all")
    seen = printed(program("node"), str(CLIENTS / "entry_clients.mjs"), library, str(entry))
    assert set(seen["tools"]) >= TOOLS
    assert json.loads(seen["text"])["valid"] is True


@pytest.mark.parametrize(
    ("library", "environment"),
    [("fastmcp", ".venv-clients"), ("openai-agents", ".venv-clients"), ("langchain", ".venv-langchain")],
)
def test_a_library_for_python_lists_and_calls(entry: Path, library: str, environment: str) -> None:
    python = ROOT / environment / "bin" / "python"
    if not (ROOT / environment / ".installed").exists():
        pytest.skip(f"{library} is not installed: make test-all")
    seen = printed(str(python), str(CLIENTS / "entry_clients.py"), library, str(entry))
    assert set(seen["tools"]) >= TOOLS
    assert json.loads(seen["text"])["valid"] is True


def test_the_inspector_lists_and_calls(entry: Path) -> None:
    inspector = [program("mcp-inspector"), "--cli", "--config", str(entry), "--server", "closient", "--method"]
    listed = printed(*inspector, "tools/list")
    assert {tool["name"] for tool in listed["tools"]} >= TOOLS
    called = printed(*inspector, "tools/call", "--tool-name", "validate_gtin", "--tool-arg", "gtin=9506000134352")
    assert called["structuredContent"]["valid"] is True
