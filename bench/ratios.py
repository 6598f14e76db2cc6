"""The ratios that the page shows, and what some of them should be at most."""

from __future__ import annotations

from dataclasses import dataclass

from .call_scenes import DIRECT
from .pairs import Quantity
from .programs import BARE, FASTMCP, MCPIFY, OURS, UNREPLAYED
from .results import Side


@dataclass(frozen=True, slots=True)
class Ratio:
    """What is measured over what; with `without`, that is subtracted from both.

    `quantity` of it should be at most `most`, if anything.
    """

    what: str
    over: str
    a: Side
    b: Side
    most: float | None = None
    quantity: Quantity = "wall"
    without: Side | None = None


def _ratio(what: str, scene: str, over: str, most: float, *, of: str = OURS, quantity: Quantity = "wall") -> Ratio:
    return Ratio(what, over, (scene, of), (scene, over), most, quantity)


def _growth(many: str, few: str, scene: str) -> Ratio:
    return Ratio(f"{many}: {scene}", few, (f"{many}: {scene}", OURS), (f"{few}: {scene}", OURS))


AIMS = (
    _ratio("Start to `tools/list`, warm, the sandbox", "sandbox: list", BARE, 0.1),
    _ratio("the same", "sandbox: list", MCPIFY, 1.0),
    _ratio("the same, with nothing to replay", "sandbox: list", BARE, 1.08, of=UNREPLAYED),
    _ratio("Start to the first answered call, warm, the sandbox", "sandbox: first call", UNREPLAYED, 1.0),
    Ratio("First start, empty cache, 22 documents", "warm, with nothing to replay",
          ("sandbox: empty cache", OURS), ("sandbox: list", UNREPLAYED), 1.5),
    _ratio("Stripe's document, finders", "Stripe: finders", BARE, 1.12),
    _ratio("the same", "Stripe: finders", FASTMCP, 0.02),
    _ratio("Stripe's document, all 395 operations", "Stripe: all", BARE, 1.12),
    _ratio("the same", "Stripe: all", FASTMCP, 0.02),
    _ratio("the same, with nothing to replay", "Stripe: all", BARE, 1.12, of=UNREPLAYED),
    Ratio("A small call, without the time of the service itself", BARE,
          ("small call", OURS), ("small call", BARE), 1.15, without=("small call", DIRECT)),
    _ratio("A JSON answer of 2 MB", "2 MB answer", FASTMCP, 0.5),
    _ratio("Peak memory after a warm start with 1,200 operations", "1,200 operations", BARE, 1.15, quantity="memory"),
)  # fmt: skip

GROWTH = (
    *(_growth("10,000 operations", "100 operations", scene) for scene in ("empty cache", "list", "first search")),
    *(_growth("1,000 documents", "60 documents", scene) for scene in ("empty cache", "list", "first search")),
    _growth("60 documents and three systems that fail", "60 documents", "empty cache"),
)
