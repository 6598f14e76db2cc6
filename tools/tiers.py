"""The effect of an operation: it reads, adds, or overwrites and deletes."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .formats.words import words_of

Tier: TypeAlias = Literal["read", "write", "destructive"]
TIERS: tuple[Tier, ...] = ("read", "write", "destructive")

_DESTRUCTIVE = {"delete", "remove", "revoke", "cancel", "purge", "destroy", "terminate", "unclaim", "void", "replace",
               "reset", "disable", "deactivate", "unsubscribe", "uninstall", "rotate", "erase", "wipe",
               "overwrite", "merge", "unmap", "prune", "redact", "expire", "flush", "truncate", "detach", "ban",
               "kick", "exec", "unmerge"}  # fmt: skip
# Only as the first word; elsewhere they may be nouns.
_OVERWRITING = {"update", "edit", "set", "move", "rename", "swap", "close", "stop", "clear", "reassign", "reverse",
                "reject", "decline", "restore", "recover", "rollback", "abort", "kill", "suspend", "block", "drop",
                "empty", "modify", "change", "toggle", "mark", "consume", "logout", "patch"}  # fmt: skip
_READING = {"search", "query", "find", "lookup", "parse", "validate", "verify", "check", "compare", "count",
            "preview", "decode", "scroll", "facet", "similar", "suggest", "autocomplete", "estimate", "calculate",
            "fetch"}  # fmt: skip
# On a single resource, these change its state: a verified URL, a checked-in guest.
_VERIFYING = {"validate", "verify", "check"}
_RETRIEVING = {"get", "list", "read", "show", "fetch", "retrieve", "view"}
_SECRETS = {"token", "tokens", "key", "keys", "secret", "credentials"}  # getting one creates it
_ADDING = (["create"], ["add"], ["insert"], ["import"])
_WRITING = {"create", "add", "send", "store", "save", "insert", "upsert", "register", "submit", "set", "update",
            "import", "upload", "in", "out", "make", "open", "start"}  # fmt: skip
# An operation at the URL of a single resource overwrites it, unless its name has one of these.
_NOT_OVERWRITING = {"create", "add", "send", "insert", "import", "upload", "register", "submit", "invite", "start",
                    "place", "execute", "trigger", "get", "list", "search", "query", "find", "fetch",
                    "retrieve"}  # fmt: skip


def tier_of(method: str, path: str, name: str) -> Tier:
    """Return the tier of an operation by its method and the words of its path and name.

    In doubt it is the higher tier, because hosts may run reads without asking the user.
    """
    fixed = [words_of(segment) for segment in path.split("/") if segment and "{" not in segment]
    segment, own = fixed[-1] if fixed else [], words_of(name)
    if method in ("get", "head", "options"):
        # A GET that names a destructive action; `list_cancel_reasons` or `list` at /bulk_action/delete/ are only reads.
        verbs = {*own[:1], *(segment if len(segment) == 1 and not {*own[:1]} & (_RETRIEVING | _READING) else ())}
        return "destructive" if verbs & (_DESTRUCTIVE | {"logout"}) else "read"
    words = {*segment, *own, *(folder[0] for folder in fixed if len(folder) == 1 and folder[0] in _DESTRUCTIVE)}
    if method in ("put", "patch", "delete") or words & _DESTRUCTIVE or _is_bulk(fixed, own):
        return "destructive"
    if {*own[:1], *segment[:1]} & _OVERWRITING or (path.endswith("}") and not {*own} & _NOT_OVERWRITING):
        return "destructive"
    of_one = {word for word in _READING if "{" not in path or word not in _VERIFYING}
    verb = own[1:2] if own[:1] == ["perform"] else own[:1]
    reads = bool({*verb, *segment[-1:]} & of_one)
    gets = ("get" in own[:2] or verb == ["retrieve"]) and not words & _SECRETS
    return "read" if (reads or gets) and not words & _WRITING else "write"


def _is_bulk(fixed: list[list[str]], own: list[str]) -> bool:
    """Whether it changes many resources at once, and doesn't only add them."""
    bulk = [words[words.index("bulk") + 1 :] for words in (own, *fixed) if "bulk" in words]
    return bool(bulk) and not any(following[:1] in _ADDING for following in bulk)
