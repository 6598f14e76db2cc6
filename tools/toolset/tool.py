"""What an agent sees and calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from ..formats.json_values import JsonObject
from ..formats.words import words_of
from ..results.result import Result
from ..schema.shortening import shorten, shorten_text
from ..search import SearchEntry, SearchIndex
from ..tiers import Tier

DESCRIBE = "describe_operation"

Call: TypeAlias = Callable[[JsonObject], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool's definition, and `call`, which takes arguments that are valid against `input_schema`.

    `idempotent` and `open_world` are the MCP hints of these names. `api` is empty for tools of no single API, `scopes`
    are the OAuth scopes that a call needs, `search_text` is further text for searches. With `abridged`, lists show the
    tool shortened.
    """

    name: str
    title: str
    description: str
    input_schema: JsonObject
    tier: Tier
    call: Call = field(repr=False)
    system: str = ""
    api: str = ""
    output_schema: JsonObject | None = None
    idempotent: bool = False
    open_world: bool = True
    scopes: tuple[str, ...] = ()
    search_text: str = ""
    abridged: bool = False

    def definition(self, *, full: bool = False) -> JsonObject:
        """Return the tool as `tools/list` shows it (MCP `Tool`); with `full`, nothing is shortened."""
        short = self.abridged and not full
        definition: JsonObject = {
            "name": self.name,
            "title": self.title,
            "description": shorten_text(self.description) if short else self.description,
            "inputSchema": shorten(self.input_schema) if short else self.input_schema,
            "annotations": {
                "title": self.title,
                "readOnlyHint": self.tier == "read",
                # MCP: false only for tools that add and never change.
                "destructiveHint": self.tier in ("update", "destructive"),
                "idempotentHint": self.idempotent or self.tier == "read",
                "openWorldHint": self.open_world,
            },
        }
        if self.output_schema is not None:
            definition["outputSchema"] = self.output_schema
        return definition


def index_tools(tools: Iterable[Tool]) -> SearchIndex[Tool]:
    """Return a search index of tools."""
    return SearchIndex(map(_search_entry, tools))


def _search_entry(tool: Tool) -> SearchEntry[Tool]:
    fields = ((tool.name, 3), (tool.title, 3), (tool.search_text, 2), (tool.description, 1))
    system = words_of(tool.system)
    name = " ".join(word for word in words_of(tool.name) if word not in system)
    return SearchEntry(tool, name, fields)
