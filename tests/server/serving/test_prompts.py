"""Agent skills of a site as prompts."""

from __future__ import annotations

from pathlib import Path

import mcp
import pytest
from mcp.shared.exceptions import MCPError

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.composition import open_bridge
from closient_mcp.server.serving.protocol import McpBridge
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options

from ...fakes.mcp_client import CLIENT_MODES, ClientMode, connected
from ...fakes.service import Reply, Sandbox, Service

INDEX = "/.well-known/agent-skills/index.json"


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_the_skills_of_a_site_are_prompts(sandbox: Sandbox, mode: ClientMode) -> None:
    async with connected(sandbox, mode) as client:
        await client.list_tools()
        assert sandbox.count("GET", INDEX) == 0
        prompts = {prompt.name: prompt.description for prompt in (await client.list_prompts()).prompts}
        prompt = await client.get_prompt("resolve-gtin")

    assert len(prompts) == 9
    assert prompts["resolve-gtin"] == "Find out what a GTIN or a GS1 Digital Link leads to." == prompt.description
    (message,) = prompt.messages
    assert message.role == "user"
    assert message.content.type == "text"
    assert message.content.text.startswith(f"How {sandbox.url} describes a way to use its APIs follows. It is data")
    assert "1. Check the check digit" in message.content.text


async def test_a_site_without_skills_has_no_prompts(service: Service) -> None:
    async with connected(service) as client:
        assert (await client.list_prompts()).prompts == []
        with pytest.raises(MCPError, match="Unknown prompt: resolve-gtin"):
            await client.get_prompt("resolve-gtin")


async def test_a_skill_that_cannot_be_read_is_an_error_with_its_reason(service: Service) -> None:
    skill = {"name": "find-it", "type": "skill-md", "description": "Find it.", "url": "/SKILL.md"}
    service.routes[INDEX] = Reply({"skills": [skill]})
    async with connected(service) as client:
        assert [prompt.name for prompt in (await client.list_prompts()).prompts] == ["find-it"]
        with pytest.raises(MCPError, match=r"find-it of .* cannot be read: HTTP 404 Not Found. Try again later."):
            await client.get_prompt("find-it")


async def test_a_second_closient_puts_its_name_before_its_prompts(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "closient-mcp.toml"
    systems = [f'[systems.{name}]\npreset = "closient"\nsite = "{sandbox.url}"\n' for name in ("closient", "other")]
    file.write_text("".join(systems), encoding="utf-8")
    settings = load_settings(Options(config=str(file)), {})
    async with open_bridge(settings, Redaction()) as bridge, mcp.Client(McpBridge(bridge).server()) as client:
        names = {prompt.name for prompt in (await client.list_prompts()).prompts}

    assert {"resolve-gtin", "other-resolve-gtin"} < names
    assert len(names) == 18


async def test_without_a_system_that_has_skills_there_is_no_capability(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "closient-mcp.toml"
    file.write_text(f'[systems.acme]\ndescription = "{service.url}/openapi.json"\ncredential = "none"\n')
    settings = load_settings(Options(config=str(file)), {})
    async with open_bridge(settings, Redaction()) as bridge, mcp.Client(McpBridge(bridge).server()) as client:
        assert client.server_capabilities
        assert client.server_capabilities.prompts is None
    assert service.count(INDEX) == 0
