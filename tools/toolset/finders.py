"""The tools that find, describe and call operations that have no listed tool of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ..formats.json_values import JsonObject, JsonValue
from ..results.result import Result
from ..results.selection import SELECT
from ..schema.validation import ArgumentChecker
from ..tiers.tier import TIERS, Tier
from .all_pages import MAX_PAGES
from .tool import DESCRIBE, Tool

if TYPE_CHECKING:
    from .operation_search import OperationSearch

_TEXT: JsonObject = {"type": "string"}
CALL_TOOLS: dict[Tier, str] = {tier: f"{tier}_operation" for tier in TIERS}
_EFFECTS: dict[Tier, str] = {
    "read": "reads and changes nothing",
    "create": "adds, sends or starts something",
    "update": "changes something that can be changed back",
    "destructive": "deletes, replaces, revokes, cancels or stops something",
}


class LoadMatching(Protocol):
    """Loads the documents, not loaded yet, that match a query or the name of an operation."""

    def __call__(self, query: str, system: str = "", api: str = "", name: str = "") -> Awaitable[None]:
        """Load them."""
        ...


async def _load_nothing(query: str, system: str = "", api: str = "", name: str = "") -> None:
    pass


@dataclass(slots=True)
class Finders:
    """The finders of the current `operations`; `missing` says what could not be loaded.

    Each search calls `load_matching` first, so that it covers documents that are loaded on demand.
    """

    operations: Callable[[], Mapping[str, Tool]]
    checker: ArgumentChecker
    missing: Callable[[], list[str]]
    load_matching: LoadMatching = _load_nothing
    _found: OperationSearch | None = field(default=None, init=False)

    def tools(self, tiers: tuple[Tier, ...]) -> list[Tool]:
        """`find_operations`, `describe_operation`, and the tool that calls operations of each permitted tier."""
        return [self._find_tool(tiers), self._describe_tool(), *map(self._call_tool, tiers)]

    def _search(self) -> OperationSearch:
        if self._found is None:
            from .operation_search import OperationSearch  # with the index: to list the tools needs none of it

            self._found = OperationSearch(self.operations, self.checker, self.missing, self.load_matching)
        return self._found

    def _find_tool(self, tiers: tuple[Tier, ...]) -> Tool:
        properties: JsonObject = {
            "query": {
                **_TEXT,
                "minLength": 1,
                "maxLength": 300,
                "description": "What to do, or an id or METHOD /path.",
            },
            "system": {**_TEXT, "description": "Only this system."},
            "api": {**_TEXT, "description": "Only this API."},
            "tag": {**_TEXT, "description": "Only this tag or resource."},
            "tier": {**_TEXT, "enum": list[JsonValue](tiers), "description": "Only this tier."},
            "limit": {"type": "integer", "minimum": 1, "maximum": 50, "description": "Default 10."},
        }
        return Tool(
            "find_operations",
            "Find operations",
            "Search all API operations that can be called, whether or not they are listed as tools. Returns for each "
            "its name, what it does, its tier and the arguments it needs: call it with the tool for its tier, after "
            "describe_operation if more is to be known. Without a query: an overview of systems, APIs and tags.",
            _schema(properties),
            "read",
            self._find,
            open_world=False,
        )

    async def _find(self, arguments: JsonObject) -> Result:
        return await self._search().find(arguments)

    def _describe_tool(self) -> Tool:
        properties: JsonObject = {
            "name": {**_TEXT, "description": "Its name, operationId, or METHOD /path."},
            "path": {**_TEXT, "description": "Only this part of the arguments, such as body.items."},
        }
        return Tool(
            DESCRIBE,
            "Describe an operation",
            "The arguments of an operation as JSON Schema, an example call, and what it returns. For a part that `see` "
            "stands for, call again with that as `path`.",
            _schema(properties, "name"),
            "read",
            self._describe,
            open_world=False,
        )

    async def _describe(self, arguments: JsonObject) -> Result:
        return await self._search().describe(arguments)

    def _call_tool(self, tier: Tier) -> Tool:
        async def call(arguments: JsonObject) -> Result:
            return await self._search().call(tier, arguments)

        properties: JsonObject = {
            "name": {**_TEXT, "description": "A name from find_operations."},
            "arguments": {
                "type": "object",
                "additionalProperties": True,
                "description": "As describe_operation shows them.",
            },
            "select": SELECT if tier == "read" else {**SELECT, "description": "As in read_operation."},
        }
        if tier == "read":
            properties["all_pages"] = {
                "type": "boolean",
                "description": f"Return the items of up to {MAX_PAGES} pages.",
            }
        return Tool(
            CALL_TOOLS[tier],
            f"Call an operation of tier {tier}",
            f"Call an operation of tier {tier}; it {_EFFECTS[tier]}.",
            _schema(properties, "name"),
            tier,
            call,
        )


def _schema(properties: JsonObject, *required: str) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list[JsonValue](required),
        "additionalProperties": False,
    }
