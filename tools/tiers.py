"""What an operation does to the service: reads, adds, or overwrites and deletes."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .names import words_of

Tier: TypeAlias = Literal["read", "write", "destructive"]
TIERS: tuple[Tier, ...] = ("read", "write", "destructive")

_DESTROYING = {"delete", "remove", "revoke", "cancel", "purge", "destroy", "terminate", "unclaim", "void",
               "reset", "disable", "rotate", "erase", "wipe"}  # fmt: skip
_READING = {"search", "query", "find", "lookup", "parse", "validate", "verify", "check", "compare", "count",
            "preview", "decode"}  # fmt: skip


def tier_of(method: str, path: str, name: str) -> Tier:
    """What an operation does to the service, by its method and by the words of its path and name."""
    last_fixed = [s for s in path.rstrip("/").split("/") if "{" not in s][-1:]
    words = {*words_of(last_fixed[0] if last_fixed else "")[:1], *words_of(name)[:1]}
    if words & _DESTROYING or method in ("put", "patch", "delete"):
        return "destructive"
    if method in ("get", "head", "options") or words & _READING:
        return "read"
    return "write"
