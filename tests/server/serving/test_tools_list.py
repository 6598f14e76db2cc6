"""What `tools/list` shows of each system, kept as JSON: a rename or a changed schema shows in the diff.

`UPDATE_SNAPSHOTS=1 make test` writes the files again.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.composition import open_bridge
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options

from ...fakes.close_service import running_close
from ...fakes.fluent_service import running_fluent
from ...fakes.paths import VECTORS
from ...fakes.service import Sandbox

SNAPSHOTS = VECTORS / "tools_list"


async def definitions(home: Path, url: str, text: str = "", **environment: str) -> list[Any]:
    """All tools of a system as they are listed, sorted by name; where the service runs is left out."""
    file = home / "closient-mcp.toml"
    file.write_text(text, encoding="utf-8")
    environment |= {"CLOSIENT_MCP_HOME": str(home), "CLOSIENT_MCP_EXPOSE": "all"}
    settings = load_settings(Options(config=str(file)), environment)
    async with open_bridge(settings, Redaction()) as bridge:
        await bridge.loader.load()
        assert bridge.loader.complete
        reply = json.dumps([tool.definition() for tool in bridge.tools.listed()]).replace(
            url, "https://api.example.com"
        )
    return sorted(json.loads(reply), key=lambda tool: str(tool["name"]))


def check(name: str, now: list[Any]) -> None:
    """Compare with the snapshot, or write it."""
    file = SNAPSHOTS / f"{name}.json"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    before = json.loads(file.read_text(encoding="utf-8"))
    assert [tool["name"] for tool in now] == [tool["name"] for tool in before]
    for tool, expected in zip(now, before, strict=True):
        assert tool == expected


async def test_the_core_list_is_under_24_kib(sandbox: Sandbox, tmp_path: Path) -> None:
    environment = {"CLOSIENT_MCP_HOME": str(tmp_path), "CLOSIENT_MCP_EXPOSE": "core", "CLOSIENT_SITE": sandbox.url}
    async with open_bridge(load_settings(Options(), environment), Redaction()) as bridge:
        await bridge.loader.load()
        listed = [tool.definition() for tool in bridge.tools.listed()]
    assert {"search_products", "find_operations"} <= {str(tool["name"]) for tool in listed}
    assert len(json.dumps(listed, separators=(",", ":")).encode()) < 24 * 1024


async def test_the_tools_list_of_closient_is_its_snapshot(sandbox: Sandbox, tmp_path: Path) -> None:
    check("closient", await definitions(tmp_path, sandbox.url, CLOSIENT_SITE=sandbox.url))


@pytest.mark.parametrize("form", ["clean", "fern"])
async def test_the_tools_list_of_close_is_its_snapshot(form: Any, tmp_path: Path) -> None:
    with running_close(form) as close:
        text = f'[systems.close]\nsite = "{close.url}"\ncredential = {{ grant = "api_key", key = "api_key" }}\n'
        check(f"close_{form}", await definitions(tmp_path, close.url, text))


async def test_the_tools_list_of_fluent_is_its_snapshot(tmp_path: Path) -> None:
    with running_fluent() as fluent:
        text = (
            f'[systems.fluent]\naccount = "ACME"\nretailer = 1\nbase = "{fluent.url}"\n'
            'credential = { grant = "password", username = "u", password = "p", '
            'client_id = "c", client_secret = "s" }\n'
        )
        check("fluent", await definitions(tmp_path, fluent.url, text))
