"""Which tools are listed: all of them while that is few, else the core and what is pinned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..formats.json_values import JsonValue, to_text
from ..schema.shortening import is_cut, shortened
from .tool import DESCRIBE, Tool

MOST_TOOLS = 40
MOST_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class Exposure:
    """How to choose: `mode` is `auto`, `core`, `all` or `apis`; `apis` are the pins, or the list that was asked for."""

    mode: str
    apis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """All tools there are: `core` is always listed, `finders` whenever not every operation is.

    `partial` says that there are operations beyond `operations`, which only the finders reach.
    """

    core: Sequence[Tool]
    finders: Sequence[Tool]
    operations: Mapping[str, Tool]
    partial: bool = False


def settle(exposure: Exposure, offer: Offer, *, complete: bool, here: Sequence[str] = ()) -> Exposure:
    """What `auto` comes to for these documents, so that the choice can stay for the run.

    While documents are missing, what they will bring is unknown: the finders then reach it, whatever it is. The
    systems that are `here` do not pay for the others: what they have is listed after the pins, while it fits.
    """
    if exposure.mode != "auto":
        return exposure
    everything = [*offer.core, *offer.operations.values()]
    if complete:
        return Exposure("all" if not offer.partial and fits(everything) else "pinned", exposure.apis)
    return Exposure("pinned", (*exposure.apis, *here))


def listed(exposure: Exposure, offer: Offer) -> list[Tool]:
    """The tools to list, in an order that depends on nothing but their names."""
    operations = sorted(offer.operations.values(), key=lambda tool: tool.name)
    if exposure.mode == "all":
        return [*offer.core, *(offer.finders if offer.partial else _describing(offer, operations)), *operations]
    chosen = [*offer.core, *offer.finders]
    if exposure.mode == "core":
        return chosen
    for api in exposure.apis:
        names = {tool.name for tool in chosen}
        meant = [tool for tool in operations if api in (tool.api, tool.system, f"{tool.system}.{tool.api}")]
        whole = [tool for tool in meant if tool.name not in names]
        if exposure.mode == "apis" or fits([*chosen, *whole]):
            chosen += whole
    return chosen


def _describing(offer: Offer, operations: Sequence[Tool]) -> list[Tool]:
    """What shows an operation whole, where the list shows any of them with parts left out."""
    cut = any(tool.abridged and is_cut(shortened(tool.input_schema)) for tool in operations)
    return [finder for finder in offer.finders if finder.name == DESCRIBE] if cut else []


def fits(tools: Sequence[Tool]) -> bool:
    """Whether a list of these tools is within what hosts and models handle well."""
    if len(tools) > MOST_TOOLS:
        return False
    definitions: list[JsonValue] = [tool.definition() for tool in tools]
    return len(to_text(definitions).encode()) <= MOST_BYTES
