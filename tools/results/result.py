"""The result of a call, for the agent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from ..formats.json_values import JsonObject, JsonValue, as_object, parse_json
from ..formats.text import map_text

if TYPE_CHECKING:
    from .next_page import NextPage


@dataclass(frozen=True, slots=True)
class ImageBlock:
    """An image: PNG, JPEG, GIF or WebP."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """Audio."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class ResourceBlock:
    """Other bytes, with a URI of closient-mcp."""

    uri: str
    data: bytes = field(repr=False)
    media_type: str


Block: TypeAlias = ImageBlock | AudioBlock | ResourceBlock


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a call: `structured` if the tool has an output schema, `blocks` for what is not text.

    `note` is a short second text about the response: its source, what was cut, what was delayed. `partial`: it says
    what the text lacks, such as the `next_page`. `csv`: the text is CSV. `select` is a JMESPath expression for what to
    return of the text. `value` is what the text says as JSON, if that is known.
    """

    text: str
    structured: JsonObject | None = None
    note: str = ""
    blocks: tuple[Block, ...] = ()
    partial: bool = False
    csv: bool = False
    select: str = ""
    next_page: NextPage | None = None
    value: JsonValue = field(default=None, repr=False)

    def parsed(self) -> JsonValue:
        """What the text says as JSON, with every digit.

        Raises:
            InvalidJsonError: as `parse_json`.
        """
        return parse_json(self.text, exact=True) if self.value is None else self.value

    def with_text(self, text: str) -> Result:
        """The result with another text."""
        return self if text == self.text else replace(self, text=text, value=None)

    def redacted(self, redact: Callable[[str], str]) -> Result:
        """The result with `redact` applied to all text, without blocks that it would change."""
        kept = tuple(block for block in self.blocks if not _contains_secret(block, redact))
        blocks = tuple(replace(b, uri=redact(b.uri)) if isinstance(b, ResourceBlock) else b for b in kept)
        structured = None if self.structured is None else as_object(map_text(self.structured, redact))
        note = self.note if len(kept) == len(self.blocks) else f"[A part that holds a secret was left out.] {self.note}"
        return replace(self.with_text(redact(self.text)), structured=structured, note=redact(note), blocks=blocks)


def _contains_secret(block: Block, redact: Callable[[str], str]) -> bool:
    text = block.data.decode("latin-1")
    return redact(text) != text
