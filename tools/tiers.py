"""What an operation does to the service: reads, adds, or overwrites and deletes."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .formats.words import words_of

Tier: TypeAlias = Literal["read", "write", "destructive"]
TIERS: tuple[Tier, ...] = ("read", "write", "destructive")

_DESTROYING = {"delete", "remove", "revoke", "cancel", "purge", "destroy", "terminate", "unclaim", "void", "replace",
               "reset", "disable", "deactivate", "unsubscribe", "uninstall", "rotate", "erase", "wipe",
               "overwrite", "merge", "unmap", "prune", "redact", "expire", "flush", "truncate", "detach", "ban",
               "kick", "exec", "unmerge"}  # fmt: skip
# As verbs, at the beginning; elsewhere they may be the names of things.
_OVERWRITING = {"update", "edit", "set", "move", "rename", "swap", "close", "stop", "clear", "reassign", "reverse",
                "reject", "decline", "restore", "recover", "rollback", "abort", "kill", "suspend", "block", "drop",
                "empty", "modify", "change", "toggle", "mark", "consume", "logout", "patch"}  # fmt: skip
_READING = {"search", "query", "find", "lookup", "parse", "validate", "verify", "check", "compare", "count",
            "preview", "decode", "scroll", "facet", "similar", "suggest", "autocomplete", "estimate", "calculate",
            "fetch"}  # fmt: skip
# Of one thing, these leave it changed: a verified URL, a checked-in guest.
_JUDGING = {"validate", "verify", "check"}
_TELLING = {"get", "list", "read", "show", "fetch", "retrieve", "view"}
_SECRETS = {"token", "tokens", "key", "keys", "secret", "credentials"}  # getting one makes one
_ADDING = (["create"], ["add"], ["insert"], ["import"])
_WRITING = {"create", "add", "send", "store", "save", "insert", "upsert", "register", "submit", "set", "update",
            "import", "upload", "in", "out", "make", "open", "start"}  # fmt: skip
# What is done at the URL of one thing overwrites it, unless it says one of these.
_BEGINNING = {"create", "add", "send", "insert", "import", "upload", "register", "submit", "invite", "start", "place",
              "execute", "trigger", "get", "list", "search", "query", "find", "fetch", "retrieve"}  # fmt: skip


def tier_of(method: str, path: str, name: str) -> Tier:
    """What an operation does to the service, by its method and by the words of its path and of its own name, if any.

    In doubt the higher tier: a host that lets reading pass must not be led to let more pass.
    """
    fixed = [words_of(segment) for segment in path.split("/") if segment and "{" not in segment]
    segment, own = fixed[-1] if fixed else [], words_of(name)
    if method in ("get", "head", "options"):
        # A GET that says so; but `list_cancel_reasons` only tells of it, and `list` at /bulk_action/delete/ too.
        says = {*own[:1], *(segment if len(segment) == 1 and not {*own[:1]} & (_TELLING | _READING) else ())}
        return "destructive" if says & (_DESTROYING | {"logout"}) else "read"
    words = {*segment, *own, *(folder[0] for folder in fixed if len(folder) == 1 and folder[0] in _DESTROYING)}
    if method in ("put", "patch", "delete") or words & _DESTROYING or _is_bulk(fixed, own):
        return "destructive"
    if {*own[:1], *segment[:1]} & _OVERWRITING or (path.endswith("}") and not {*own} & _BEGINNING):
        return "destructive"
    of_one = {word for word in _READING if "{" not in path or word not in _JUDGING}
    verb = own[1:2] if own[:1] == ["perform"] else own[:1]
    reads = bool({*verb, *segment[-1:]} & of_one)
    gets = ("get" in own[:2] or verb == ["retrieve"]) and not words & _SECRETS
    return "read" if (reads or gets) and not words & _WRITING else "write"


def _is_bulk(fixed: list[list[str]], own: list[str]) -> bool:
    """Whether it does something to many things at once, unless it says that it only adds them."""
    if any("bulk" in one and one[one.index("bulk") + 1 :][:1] in _ADDING for one in (own, *fixed)):
        return False
    return any("bulk" in one for one in (own, *fixed))
