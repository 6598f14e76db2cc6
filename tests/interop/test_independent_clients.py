"""Our server, seen by MCP clients that others wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from ..fakes.paths import ROOT, TESTS
from ..fakes.programs import program
from ..fakes.service import Sandbox

pytestmark = pytest.mark.all

Seen: TypeAlias = dict[str, Any]

_HERE = TESTS / "interop" / "clients"
_FASTMCP = ROOT / ".venv-clients" / "bin" / "python"
_SECONDS = 55

_GTIN = "09506000134352"
_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("validate_gtin", {"gtin": _GTIN}),
    ("search_products", {"query": "peanut butter", "limit": 3}),
    ("account_whoami", {}),
    ("no_such_tool", {}),
    ("validate_gtin", {"number": _GTIN}),
]


def _fastmcp() -> list[str]:
    if not _FASTMCP.exists():
        pytest.skip("fastmcp is not installed: make test-all")
    return [str(_FASTMCP), str(_HERE / "fastmcp_client.py")]


def _typescript() -> list[str]:
    node = program("node")
    if not (_HERE / "node_modules" / "@modelcontextprotocol" / "sdk").exists():
        pytest.skip("the TypeScript SDK is not installed: make test-all (needs npm)")
    return [node, str(_HERE / "typescript_client.mjs")]


def _seen(client: list[str], sandbox: Sandbox) -> Seen:
    """What a client tells of our server."""
    server = [sys.executable, "-m", "closient_mcp.server", "serve", "--site", sandbox.url, "--expose", "all"]
    finished = subprocess.run(
        [*client, json.dumps(_CALLS), *server],
        env={**os.environ, "CLOSIENT_API_KEY": sandbox.api_key},
        stdout=subprocess.PIPE,
        timeout=_SECONDS,
        check=True,
    )
    reply: Seen = json.loads(finished.stdout)
    return reply


@pytest.mark.parametrize(
    ("client", "version"),
    [(_fastmcp, "2026-07-28"), (_typescript, "2025-11-25")],
    ids=["fastmcp", "TypeScript SDK v1"],
)
def test_a_client_that_others_wrote_speaks_its_own_protocol_version_and_learns_what_each_call_came_to(
    client: Callable[[], list[str]], version: str, sandbox: Sandbox
) -> None:
    seen = _seen(client(), sandbox)
    validated, found, caller, unknown, misused = seen["calls"]

    assert seen["protocol"] == version
    assert {name for name, _ in _CALLS} - set(seen["tools"]) == {"no_such_tool"}

    assert validated["structured"]["normalized"] == _GTIN
    assert json.loads(validated["text"][0]) == validated["structured"]
    assert found["structured"]["items"]
    assert not caller["is_error"]
    assert json.loads(caller["text"][0])

    assert unknown["refused"]["code"] == -32602
    assert "no_such_tool" in unknown["refused"]["message"]
    assert misused["is_error"]
    assert "number" in misused["text"][0]
