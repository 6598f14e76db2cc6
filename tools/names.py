"""What an operation is called as a tool.

A name depends on the operation's own document and the system's settings, on nothing else: not on the order
of operations, nor on what other documents loaded. So a host's permission for a name keeps its meaning.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

GOOD_LENGTH = 45
MAX_LENGTH = 64
_LONGEST = 2_000

_VERBS = {
    "add", "approve", "archive", "assign", "browse", "cancel", "check", "claim", "close", "compare", "copy",
    "create", "delete", "disable", "download", "edit", "enable", "export", "fetch", "find", "generate", "get",
    "import", "invite", "list", "lookup", "merge", "move", "open", "parse", "patch", "post", "put", "query",
    "read", "refine", "register", "remove", "rename", "replace", "report", "resolve", "restore", "retrieve",
    "revoke", "rotate", "run", "search", "send", "set", "show", "start", "stop", "submit", "sync", "test",
    "update", "upload", "upsert", "validate", "verify", "view",
}  # fmt: skip
# Words of module paths, after which the function's own name stands (django-ninja writes
# `apps_products_api_v1_views_trade_item_get`).
_MODULES = {"views", "routes", "routers", "router", "endpoints", "handlers", "main", "controllers", "controller"}
_PACKAGES = {"api", "apis", "resources", "services"}  # also the names of things, as in `list_api_keys`
_FILLERS = {"a", "an", "the", "of", "by", "for", "in", "to", "and", "with", "from", "on"}
_METHOD_VERBS = {"get": "get", "post": "create", "put": "replace", "patch": "update", "delete": "delete"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """What an operation calls itself: the parts of it that a name is made from."""

    method: str
    path: str
    operation_id: str
    summary: str


def operation_names(operations: Sequence[Labelled]) -> list[str]:
    """A distinct name for each operation of one document, in the same order.

    Operations whose own names are empty or equal are all told apart by their paths, never by a number.
    """
    own = [_own_name(operation) for operation in operations]
    shared = {name for name, count in Counter(own).items() if count > 1}
    first = [
        _path_name(operation, with_parameters=False) if not name or name in shared else name
        for name, operation in zip(own, operations, strict=True)
    ]
    shared = {name for name, count in Counter(first).items() if count > 1}
    second = [
        _path_name(operation, with_parameters=True) if name in shared else name
        for name, operation in zip(first, operations, strict=True)
    ]
    shared = {name for name, count in Counter(second).items() if count > 1}
    return [
        f"{name}_{_digest(operation)}" if name in shared else name
        for name, operation in zip(second, operations, strict=True)
    ]


def tool_name(prefix: Sequence[str], operation: str) -> str:
    """The whole name: system, API and operation, at most 64 characters and 45 where words can be spared."""
    head = [word for word in prefix if word]
    words = operation.split("_")
    name = "_".join([*head, *words])
    if len(name) > GOOD_LENGTH:
        # The API's own word and small words say nothing that the rest does not.
        words = [w for w in words if w not in _FILLERS and w not in head] or words
        name = "_".join([*head, *words])
    if not name[:1].isalpha():
        name = f"x_{name}"
    if len(name) <= MAX_LENGTH:
        return name
    digest = hashlib.sha256(operation.encode()).hexdigest()[:6]
    return f"{name[: MAX_LENGTH - 7].rstrip('_')}_{digest}"


def words_of(text: str) -> list[str]:
    """The words of an identifier or a phrase, in lower case: `getPetByID` is get, pet, by, id."""
    text = text[:_LONGEST]  # the expressions below take time that grows with the square of the length
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    return [word.lower() for word in re.findall(r"[A-Za-z0-9]+", spaced)]


def _own_name(operation: Labelled) -> str:
    words = _without_module_path(operation)
    if len(words) > 1 and words[-1] in _VERBS and words[0] not in _VERBS:
        words = [words[-1], *words[:-1]]  # `trade_item_get` reads as `get_trade_item`
    return "_".join(words)


def _without_module_path(operation: Labelled) -> list[str]:
    words = words_of(operation.operation_id)
    # FastAPI: function name, then path, then method (`read_item_items__id__get`).
    tail = [*words_of(operation.path), operation.method]
    if len(words) > len(tail) and words[-len(tail) :] == tail and operation.operation_id.islower():
        return words[: -len(tail)]
    # django-ninja and FastAPI make the summary from the function's name, so it shows where that begins.
    summary = words_of(operation.summary)
    ends_in_summary = 0 < len(summary) < len(words) and words[-len(summary) :] == summary
    if ends_in_summary and (summary[0] in _VERBS or words[0] not in _VERBS):
        return summary
    for index in range(len(words) - 2, -1, -1):
        if words[index] in _MODULES or (
            words[index] in _PACKAGES and words[0] not in _VERBS and index + 2 < len(words)
        ):
            return words[index + 1 :]
    return words


def _path_name(operation: Labelled, *, with_parameters: bool) -> str:
    fixed: list[str] = []
    parameters: list[str] = []
    for segment in operation.path.split("/"):
        names = re.findall(r"\{([^}]*)\}", segment)
        parameters += [word for name in names for word in words_of(name)]
        fixed += words_of(re.sub(r"\{[^}]*\}", " ", segment))
        if with_parameters:
            fixed += [word for name in names for word in ["by", *words_of(name)]]
    verb = _METHOD_VERBS.get(operation.method, operation.method)
    if verb == "get" and not operation.path.rstrip("/").endswith("}"):
        verb = "list"
    elif verb == "create" and len(fixed) > 1 and fixed[-1] in _VERBS:
        verb = fixed.pop()  # POST /data/search/ searches, and creates nothing
    ends_in_parameter = operation.path.rstrip("/").endswith("}") and not with_parameters
    tail = ["by", *parameters[-1:]] if ends_in_parameter and parameters else []
    return "_".join([verb, *fixed, *tail])


def _digest(operation: Labelled) -> str:
    return hashlib.sha256(f"{operation.method} {operation.path}".encode()).hexdigest()[:6]
