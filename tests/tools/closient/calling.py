"""The curated tools, called as the server calls them, with their results checked against their output schemas."""

from __future__ import annotations

from typing import Any

import httpx2

from closient_mcp.tools.closient.tools import Closient
from closient_mcp.tools.formats.json_values import JsonObject, JsonValue
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.results.result import Result
from closient_mcp.tools.schema.validation import ArgumentChecker
from closient_mcp.tools.toolset.tool import Tool

from ...fakes.service import fits

UNKNOWN_UNIT = "(unit unknown)"


class Tools:
    """The curated tools of a site."""

    def __init__(self, site: str, client: httpx2.AsyncClient) -> None:
        made = Closient(site, Sender(client, frozenset({site}), "closient")).tools()
        self.by_name: dict[str, Tool] = {tool.name: tool for tool in made}
        self.checker = ArgumentChecker()

    async def call(self, name: str, **arguments: Any) -> JsonObject:
        """Call a tool and return its structured content."""
        result = await self.result(name, **arguments)
        assert result.structured is not None
        return result.structured

    async def result(self, name: str, **arguments: Any) -> Result:
        """Call a tool and return its result."""
        tool = self.by_name[name]
        result = await tool.call(self.checker.check(name, tool.input_schema, arguments))
        assert tool.output_schema
        assert fits(tool.output_schema, result.structured)
        return result


def weaker(answer: JsonValue, full: JsonValue) -> bool:
    """Whether an answer says nothing else than the full one: each member is equal, unknown or absent.

    The parts of an address may be fewer or in another order.
    """
    if answer is None or answer == full or (answer == "may be" and full in ("yes", "no")):
        return True
    if isinstance(answer, str) and isinstance(full, str):
        if answer.endswith(UNKNOWN_UNIT):
            return full.startswith(answer.removesuffix(UNKNOWN_UNIT))
        return ", " in full and set(answer.split(", ")) <= set(full.split(", "))
    if isinstance(answer, dict) and isinstance(full, dict):
        known = {name: value for name, value in answer.items() if value is not None and name != "notes"}
        at_least, total = known.pop("at_least", 0), full.get("total", full.get("at_least", 0))
        assert isinstance(at_least, int)
        bound = not isinstance(total, int) or at_least <= total
        return bound and all(name in full and weaker(value, full[name]) for name, value in known.items())
    if isinstance(answer, list) and isinstance(full, list):
        return len(answer) == len(full) and all(map(weaker, answer, full))
    return False
