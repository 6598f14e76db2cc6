"""The ratios that the page shows first, and what they should be at most."""

from __future__ import annotations

from dataclasses import dataclass

from .pairs import Quantity
from .results import Side
from .scenes import ANEW, DIRECT

OURS, BARE, FASTMCP, MCPIFY = "closient-mcp", "the bare SDK", "FastMCP", "mcpify"


@dataclass(frozen=True, slots=True)
class Aim:
    """What is measured over what; with `without`, that is subtracted from both. `most` is of `quantity`."""

    what: str
    over: str
    a: Side
    b: Side
    most: float
    quantity: Quantity = "wall"
    without: Side | None = None


def _aim(what: str, scene: str, over: str, most: float, *, of: str = OURS, quantity: Quantity = "wall") -> Aim:
    return Aim(what, over, (scene, of), (scene, over), most, quantity)


AIMS = (
    _aim("Start to `tools/list`, warm, the sandbox", "sandbox: list", BARE, 0.1),
    _aim("the same", "sandbox: list", MCPIFY, 1.0),
    _aim("the same, with nothing to replay", "sandbox: list", BARE, 1.08, of=ANEW),
    _aim("Start to the first answered call, warm, the sandbox", "sandbox: first call", ANEW, 1.0),
    Aim("First start, empty cache, 22 documents", "warm, with nothing to replay",
        ("sandbox: empty cache", OURS), ("sandbox: list", ANEW), 1.5),
    _aim("Stripe's document, finders, with nothing to replay", "Stripe: finders", BARE, 1.12, of=ANEW),
    _aim("the same", "Stripe: finders", FASTMCP, 0.02, of=ANEW),
    _aim("Stripe's document, all 395 operations, with nothing to replay", "Stripe: all", BARE, 1.12, of=ANEW),
    _aim("the same", "Stripe: all", FASTMCP, 0.02, of=ANEW),
    Aim("A small call, without the time of the service itself", BARE,
        ("small call", OURS), ("small call", BARE), 1.15, without=("small call", DIRECT)),
    _aim("A JSON answer of 2 MB", "2 MB answer", FASTMCP, 0.5),
    _aim("Peak memory after a warm start with 1,200 operations", "1,200 operations", BARE, 1.15, quantity="memory"),
)  # fmt: skip
