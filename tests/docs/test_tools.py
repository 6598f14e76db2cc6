"""The reference of the curated tools and the finders, generated from what a server lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..fakes.command_line import run
from ..fakes.fluent_service import running_fluent
from ..fakes.pages import DOCS, check_generated, table
from ..fakes.service import Sandbox

_FLUENT = """\
[systems.fluent]
account = "ACME"
base = "{url}"
credential = {{ grant = "password", username = "u", password = "p", client_id = "c", client_secret = "s" }}
"""
# Each tool is in the first section that it fits.
_SECTIONS: dict[str, tuple[str, Callable[[dict[str, Any]], bool]]] = {
    "Fluent Commerce": (
        "If there is a system for [Fluent Commerce](systems.md#fluent-commerce); the names begin with its name.",
        lambda tool: tool["system"] == "fluent",
    ),
    "Codes": (
        "They need no network. `gtin` takes any written form: digits, UPC-E, ISBN, a Digital Link, an element string.",
        lambda tool: "Needs no network" in tool["description"],
    ),
    "Products": (
        "If there is a system for Closient.",
        lambda tool: tool["system"] == "closient",
    ),
    "Finders": (
        "They find and call the operations that are not listed as tools, and read what is too long.",
        lambda tool: not tool["system"],
    ),
}


def _summary(tool: dict[str, Any]) -> str:
    return re.split(r"(?<=[.])\s+(?=[A-Z])", tool["description"])[0].replace("<", "&lt;")


def _arguments(schema: dict[str, Any]) -> str:
    names, required = schema.get("properties", {}), schema.get("required", [])
    shown = sorted(names, key=lambda name: name not in required)
    return ", ".join(f"**`{name}`**" if name in required else f"`{name}`" for name in shown)


def _rows(tools: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for tool in tools:
        arguments = _arguments(tool["inputSchema"])
        yield f"`{tool['name']}`", f"{_summary(tool)}{arguments and f'<br>{arguments}'}", tool["tier"]


def _markdown(tools: list[dict[str, Any]]) -> str:
    sections: dict[str, list[dict[str, Any]]] = {title: [] for title in reversed(_SECTIONS)}
    for tool in tools:
        title = next(title for title, (_, fits) in _SECTIONS.items() if fits(tool))
        sections[title].append(tool)
    header = ("tool", "what it returns, and its arguments (**required**)", "tier")
    return "\n".join(
        f"## {title}\n\n{_SECTIONS[title][0]}\n\n{table(header, _rows(found))}" for title, found in sections.items()
    )


def _listed(home: Path, *options: str, site: str, **environment: str) -> list[dict[str, Any]]:
    listed = run(*options, "tools", "--json", site=site, CLOSIENT_MCP_HOME=str(home), **environment)
    assert listed.code == 0, listed.err
    tools: list[dict[str, Any]] = listed.json()
    return tools


def test_the_reference_of_the_tools_is_generated_from_the_list(sandbox: Sandbox, tmp_path: Path) -> None:
    core = _listed(tmp_path, "--expose", "core", site=sandbox.url)
    with running_fluent() as fluent:
        config = tmp_path / "fluent.toml"
        config.write_text(_FLUENT.format(url=fluent.url), encoding="utf-8")
        own = _listed(tmp_path, "--config", str(config), "--expose", "all", site="")
    check_generated(DOCS / "tools.md", _markdown([*core, *(tool for tool in own if tool["system"] == "fluent")]))
