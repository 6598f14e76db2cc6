"""What an agent sees and calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ..formats.json_values import JsonObject, JsonValue
from ..formats.text import one_line
from ..formats.words import words_of
from ..results.result import Result
from ..schema.published import published
from ..schema.shortening import shorten, shorten_text
from ..tiers.tier import Tier
from .view import View

DESCRIBE = "describe_operation"

Call: TypeAlias = Callable[[JsonObject], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool's definition, and `call`, which takes arguments that are valid against `input_schema`.

    `idempotent` and `open_world` are the MCP hints of these names. `api` is empty for tools of no single API, `scopes`
    are the OAuth scopes that a call needs. With `abridged`, lists show the tool shortened. `method`, `path`,
    `operation_id` and `tags` are those of its operation, if it has one, `answer` outlines what it returns, and `errors`
    says what its error statuses mean. Hosts can show its results in `view`.
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
    abridged: bool = False
    method: str = ""
    path: str = ""
    operation_id: str = ""
    tags: tuple[str, ...] = ()
    answer: JsonValue = None
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    view: View | None = None

    @property
    def sentence(self) -> str:
        """What it does, in the service's words: its title, or the first sentence if the title only repeats the name."""
        text = self.description.removeprefix("Deprecated. ").removeprefix(self.title).removeprefix(".").strip()
        first = one_line(text.split("\n")[0].partition(". ")[0], 160).removesuffix(".")
        repeats = {*words_of(self.title)} <= {*words_of(self.name)}
        return first if repeats and first and not first.startswith(f"{self.method} /") else self.title

    def definition(self) -> JsonObject:
        """The tool as `tools/list` shows it (MCP `Tool`)."""
        definition: JsonObject = {
            "name": self.name,
            "title": self.title,
            "description": shorten_text(self.description) if self.abridged else self.description,
            "inputSchema": published(shorten(self.input_schema)) if self.abridged else self.input_schema,
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
