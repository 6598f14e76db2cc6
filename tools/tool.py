"""What an agent sees and calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from .json_values import JsonObject, JsonValue, as_object
from .shortening import shortened, shortened_text
from .text import map_text
from .tiers import Tier


@dataclass(frozen=True, slots=True)
class ImageBlock:
    """A picture for the model: PNG, JPEG, GIF or WebP."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """Sound for the model."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class ResourceBlock:
    """Any other bytes, under an address of our own."""

    uri: str
    data: bytes = field(repr=False)
    media_type: str


Block: TypeAlias = ImageBlock | AudioBlock | ResourceBlock


@dataclass(frozen=True, slots=True)
class Result:
    """What a call gave: `text` for the model, `structured` where the tool has an output schema.

    `blocks` are what is not text. `note` is a short second text about the answer itself: where it came from, what
    was cut, what was paced.
    """

    text: str
    structured: JsonObject | None = None
    note: str = ""
    blocks: tuple[Block, ...] = ()

    def hiding(self, hide: Callable[[str], str]) -> Result:
        """The same with all its text changed by `hide`; bytes that hold what it would hide are left out."""
        kept = tuple(block for block in self.blocks if not _holds(block, hide))
        blocks = tuple(replace(b, uri=hide(b.uri)) if isinstance(b, ResourceBlock) else b for b in kept)
        structured = None if self.structured is None else as_object(map_text(self.structured, hide))
        note = self.note if len(kept) == len(self.blocks) else f"[A part that holds a secret was left out.] {self.note}"
        return Result(hide(self.text), structured, hide(note), blocks)


def _holds(block: Block, hide: Callable[[str], str]) -> bool:
    text = block.data.decode("latin-1")
    return hide(text) != text


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
