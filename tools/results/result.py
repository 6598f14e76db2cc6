"""What a call gives to the agent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ..formats.json_values import JsonObject, as_object
from ..formats.text import map_text


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
    """Any other bytes, under a URL of our own."""

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
