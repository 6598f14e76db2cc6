"""What an agent sees and calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ..formats.json_values import JsonObject, JsonValue
from ..results.result import Result
from ..schema.shortening import shortened, shortened_text
from ..tiers import Tier

DESCRIBE = "describe_operation"


Call: TypeAlias = Callable[[JsonObject], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: its definition, and `call`, which takes arguments that fit `input_schema`.

    `tier` says what it does to the service: reads, adds, or overwrites and deletes. `idempotent` and
    `open_world` are MCP's hints of those names. `api` is empty for tools that belong to no single API;
    `scopes` are what its calls want of a sign-in; `words` is further text that a search may find it by.
    `abridged` says that lists show it shortened.
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
    words: str = ""
    abridged: bool = False

    def renamed(self, name: str) -> Tool:
        """The same tool under another name."""
        return replace(self, name=name)

    def definition(self, *, whole: bool = False) -> JsonObject:
        """The tool as `tools/list` shows it (MCP `Tool`), every annotation explicit; `whole`: nothing shortened."""
        short = self.abridged and not whole
        annotations: JsonObject = {
            "title": self.title,
            "readOnlyHint": self.tier == "read",
            "destructiveHint": self.tier == "destructive",
            "idempotentHint": self.idempotent or self.tier == "read",
            "openWorldHint": self.open_world,
        }
        definition: dict[str, JsonValue] = {
            "name": self.name,
            "title": self.title,
            "description": shortened_text(self.description) if short else self.description,
            "inputSchema": shortened(self.input_schema) if short else self.input_schema,
            "annotations": annotations,
        }
        if self.output_schema is not None:
            definition["outputSchema"] = self.output_schema
        return definition
