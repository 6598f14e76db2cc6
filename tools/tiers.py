"""What an operation does to the service: reads, adds, or overwrites and deletes."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .names import words_of

Tier: TypeAlias = Literal["read", "write", "destructive"]
TIERS: tuple[Tier, ...] = ("read", "write", "destructive")

_DESTROYING = {"delete", "remove", "revoke", "cancel", "purge", "destroy", "terminate", "unclaim", "void", "replace",
               "reset", "disable", "deactivate", "unsubscribe", "uninstall", "rotate", "erase", "wipe",
               "overwrite"}  # fmt: skip
_READING = {"search", "query", "find", "lookup", "parse", "validate", "verify", "check", "compare", "count",
            "preview", "decode"}  # fmt: skip
_WRITING = {"create", "add", "send", "store", "save", "insert", "upsert", "register", "submit", "set", "update",
            "post", "import", "upload", "in", "out", "make", "open", "start"}  # fmt: skip


def tier_of(method: str, path: str, name: str) -> Tier:
    """What an operation does to the service, by its method and by the words of its path and of its own name, if any.

    In doubt the higher tier: a host that lets reading pass must not be led to let more pass.
    """
    last_fixed = next((s for s in reversed(path.rstrip("/").split("/")) if s and "{" not in s), "")
    segment, own = words_of(last_fixed), words_of(name)
    if method in ("get", "head", "options"):
        # A GET that says so; but `list_cancel_reasons` only tells of it.
        return "destructive" if {*own[:1], *(segment if len(segment) == 1 else ())} & _DESTROYING else "read"
    words = {*segment, *own}
    if method in ("put", "patch", "delete") or words & _DESTROYING:
        return "destructive"
    reads = bool(own and own[0] in _READING) or (len(segment) == 1 and segment[0] in _READING)
    return "read" if reads and not words & _WRITING else "write"
