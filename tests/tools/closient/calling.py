"""The curated tools, called as the server calls them, with their results checked against their output schemas."""

from __future__ import annotations

from typing import Any

import httpx2

from closient_mcp.tools.closient.tools import Closient
from closient_mcp.tools.formats.json_values import JsonObject
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.results.result import Result
from closient_mcp.tools.schema.validation import ArgumentChecker
from closient_mcp.tools.toolset.tool import Tool

from ...fakes.service import fits


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
