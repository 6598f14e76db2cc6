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

from ..formats.words import words_of

GOOD_LENGTH = 45
MAX_LENGTH = 64
# So many ids that say their paths are no chance.
_EXPORTED = 10

_VERBS = {
    "accept", "activate", "add", "approve", "archive", "assign", "attach", "browse", "cancel", "capture", "check",
    "claim", "close", "compare", "confirm", "copy", "create", "deactivate", "decline", "delete", "detach", "disable",
    "download", "edit", "enable", "expire", "export", "fetch", "finalize", "find", "generate", "get",
    "import", "invite", "list", "lookup", "merge", "move", "open", "parse", "patch", "pay", "perform", "post", "put",
    "query",
    "read", "refine", "register", "remove", "rename", "render", "replace", "report", "resolve", "restore", "retrieve",
    "revoke", "rotate", "run", "search", "send", "set", "show", "start", "stop", "submit", "sync", "test",
    "unarchive", "unmap", "update", "upload", "upsert", "validate", "verify", "view", "void",
}  # fmt: skip
# Words of module paths, after which the function's own name stands (django-ninja writes
# `apps_products_api_v1_views_trade_item_get`).
_MODULES = {"views", "routes", "routers", "router", "endpoints", "handlers", "main", "controllers", "controller"}
_PACKAGES = {"api", "apis", "resources", "services"}  # also the names of things, as in `list_api_keys`
_FILLERS = {"a", "an", "the", "of", "by", "for", "in", "to", "and", "with", "from", "on"}
_METHODS = {"post", "put", "patch"}  # say nothing that the method does not
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

    Operations whose own names are empty, equal, or a verb alone are all told apart by their paths, never by a
    number.
    """
    document = _Document.of(operations)
    own = ["" if document.says_nothing(one) else _own_name(one) for one in operations]
    shared = _shared(own)
    first = [
        _path_name(operation, document, with_parameters=False) if not name or name in shared else name
        for name, operation in zip(own, operations, strict=True)
    ]
    shared = _shared(first)
    second = [
        _path_name(operation, document, with_parameters=True) if name in shared else name
        for name, operation in zip(first, operations, strict=True)
    ]
    shared = _shared(second)
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
    return _with_digest(name, operation)


def tool_names(prefix: Sequence[str], operations: Sequence[str]) -> list[str]:
    """The whole names of all operations of one document: names that became equal by being shortened stay apart."""
    names = [tool_name(prefix, operation) for operation in operations]
    shared = _shared(names)
    return [
        _with_digest(name, operation) if name in shared else name
        for name, operation in zip(names, operations, strict=True)
    ]


def _with_digest(name: str, operation: str) -> str:
    digest = hashlib.sha256(operation.encode()).hexdigest()[:6]
    return f"{name[: MAX_LENGTH - 7].rstrip('_')}_{digest}"


def _shared(names: Sequence[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}


def _ids_are_local(operations: Sequence[Labelled]) -> bool:
    """Whether the ids are names within a group each (Fern exports `list`, `get`, `create` for every resource).

    They ought to be unique (OpenAPI 3.1 §4.8.10). Where most are not, the others, such as `get_settings`, do not
    say either whose settings they get.
    """
    ids = Counter(operation.operation_id for operation in operations if operation.operation_id)
    return sum(count for count in ids.values() if count > 1) * 2 > ids.total()


def _ids_are_paths(operations: Sequence[Labelled]) -> bool:
    """Whether the ids only say method and path over again (`PostCustomersCustomerSources`), as some exporters do."""
    same = sum(_is_path(operation) for operation in operations)
    return same >= _EXPORTED and same * 2 > len(operations)


def _is_path(operation: Labelled) -> bool:
    words = words_of(operation.operation_id)
    path = [word for segment in operation.path.split("/") for word in words_of(segment)]
    return len(words) > 1 and words in ([operation.method, *path], [operation.method, *path[1:]])


def _is_verb_alone(operation: Labelled) -> bool:
    words = words_of(operation.operation_id)
    return (len(words) == 1 or words[:-1] == ["bulk"]) and words[-1] in _VERBS


def _own_name(operation: Labelled) -> str:
    words = _without_module_path(operation)
    if len(words) > 1 and words[-1] in _VERBS and words[0] not in _VERBS:
        start = -2 if words[-2] == "bulk" else -1
        words = [*words[start:], *words[:start]]  # `trade_item_get` reads as `get_trade_item`
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


@dataclass(frozen=True, slots=True)
class _Document:
    """What a document's operations say about each other: `collections` are the paths with a path for each item."""

    collections: frozenset[str]
    local_ids: bool
    path_ids: bool
    version: str

    @classmethod
    def of(cls, operations: Sequence[Labelled]) -> _Document:
        paths = [operation.path.rstrip("/") for operation in operations]
        collections = frozenset(path.rpartition("/")[0] for path in paths if path.endswith("}"))
        first = {path.split("/", 2)[1] for path in paths if path.startswith("/")}
        version = next((word for word in first if len(first) == 1 and re.fullmatch(r"v\d+", word)), "")
        return cls(collections, _ids_are_local(operations), _ids_are_paths(operations), version)

    def says_nothing(self, operation: Labelled) -> bool:
        """Whether an operation's id tells nothing that its path does not tell better."""
        if self.local_ids or (self.path_ids and _is_path(operation)) or _is_verb_alone(operation):
            return True
        return not any(word.isalpha() for word in words_of(operation.operation_id))


def _path_name(operation: Labelled, document: _Document, *, with_parameters: bool) -> str:
    path = operation.path.rstrip("/")
    segments = path.split("/")
    if document.version and len(segments) > 2:
        segments.remove(document.version)  # every path has it
    of_one_item = path.endswith("}")
    exported = document.path_ids and _is_path(operation)
    verbs, qualifiers = ([], []) if exported else _said_by_id(operation)
    usual = _METHOD_VERBS.get(operation.method, operation.method)
    if usual == "create" and of_one_item and exported:
        usual = "update"  # a new one has no URL yet
    if usual == "get" and not of_one_item:
        usual = "list"
    # POST /data/search/ searches, and creates nothing; but /bulk_action/edit/ with an item each is a thing.
    last = words_of(segments[-1]) if operation.method == "post" and path not in document.collections else []
    if len(last) == 1 and last[0] in _VERBS and len(segments) > 2 and not of_one_item:
        segments.pop()
        verbs = last if verbs in ([], [usual]) else verbs
    elif exported and len(last) > 1 and last[0] in _VERBS:  # /stores/{id}/generateKey
        segments[-1] = " ".join(last[1:])
        verbs = last[:1]
    fixed: list[str] = []
    parameters: list[str] = []
    for segment in segments:
        names = re.findall(r"\{([^}]*)\}", segment)
        parameters += [word for name in names for word in words_of(name)]
        fixed += words_of(re.sub(r"\{[^}]*\}", " ", segment))
        if with_parameters:
            fixed += [word for name in names for word in ["by", *words_of(name)]]
    nouns = [word for word in fixed if word not in verbs]
    # `get_lead` is one lead; `get_leads` could be all of them, but where ids say which, those are `list_leads`.
    unclear = not document.local_ids and bool(fixed) and fixed[-1].endswith("s")
    tail = ["by", parameters[-1]] if unclear and of_one_item and parameters and not with_parameters else []
    return "_".join([*(verbs or [usual]), *nouns, *tail, *qualifiers])


def _said_by_id(operation: Labelled) -> tuple[list[str], list[str]]:
    """The verb that an id begins or ends with, `bulk` with it, and what follows its `by`."""
    words, qualifiers = words_of(operation.operation_id), list[str]()
    if "by" in words[1:]:
        at = words.index("by", 1)
        words, qualifiers = words[:at], words[at:]
    for verbs in (words[:2], words[-2:], words[:1], words[-1:]):
        if verbs and verbs[-1] in _VERBS - _METHODS and (len(verbs) == 1 or verbs[0] == "bulk"):
            return verbs, qualifiers
    return [], []


def _digest(operation: Labelled) -> str:
    return hashlib.sha256(f"{operation.method} {operation.path}".encode()).hexdigest()[:6]
