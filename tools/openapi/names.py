"""Tool names of operations.

A name depends only on the operation's document and the system's settings, not on the order of operations or on other
documents, so that a host's permission for a name keeps its meaning.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ..formats.text import short_digest
from ..formats.words import words_of

Item = TypeVar("Item")

# Hosts put up to 15 characters before a name, and allow 60 to 64.
MAX_LENGTH = 48
# With fewer ids, a match with the paths may be a coincidence.
_MIN_PATH_IDS = 10

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
# Words of module paths that precede a function's name (as in django-ninja's
# `apps_products_api_v1_views_trade_item_get`).
_MODULES = {"views", "routes", "routers", "router", "endpoints", "handlers", "main", "controllers", "controller"}
_PACKAGES = {"api", "apis", "resources", "services"}  # also nouns, as in `list_api_keys`
_FILLERS = {"a", "an", "the", "of", "by", "for", "in", "to", "and", "with", "from", "on"}
# Springfox: function name, then method (`listUsersUsingGET_1`).
_USING = re.compile(r"(?<=.)_?using_?(?:get|post|put|patch|delete|head|options)(?:_\d+)?$", re.IGNORECASE)
_NUMBER = re.compile(r"_\d{1,3}$")
_MAX_SUMMARY_WORDS = 6
_METHODS = {"post", "put", "patch"}  # redundant as verbs
_METHOD_VERBS = {"get": "get", "post": "create", "put": "replace", "patch": "update", "delete": "delete"}


@dataclass(frozen=True, slots=True)
class OperationLabel:
    """The parts of an operation that its name is derived from."""

    method: str
    path: str
    operation_id: str
    summary: str


def operation_names(operations: Sequence[OperationLabel]) -> list[str]:
    """A distinct name for each operation of a document, in the same order.

    Operations without an id are named after their summary, if it is short; those whose names are missing, equal or a
    single verb after their paths.
    """
    operations = _without_numbers(operations)
    document = _Document.of(operations)
    names = ["" if document.has_generic_id(operation) else _own_name(operation) for operation in operations]
    names = _rename_shared(names, operations, lambda label, _: _path_name(label, document, with_parameters=False))
    names = _rename_shared(names, operations, lambda label, _: _path_name(label, document, with_parameters=True))
    return _rename_shared(
        names, operations, lambda label, name: f"{name}_{short_digest(f'{label.method} {label.path}')}"
    )


def _without_numbers(operations: Sequence[OperationLabel]) -> list[OperationLabel]:
    """Remove the numbers by which generators tell equal ids apart (`list`, `list_1`)."""
    plain = [_NUMBER.sub("", operation.operation_id) for operation in operations]
    uses = Counter(plain)
    pairs = zip(operations, plain, strict=True)
    return [replace(operation, operation_id=name) if uses[name] > 1 else operation for operation, name in pairs]


def _rename_shared(names: Sequence[str], items: Sequence[Item], rename: Callable[[Item, str], str]) -> list[str]:
    """Rename all items whose name is empty or used more than once."""
    uses = Counter(names)
    pairs = zip(names, items, strict=True)
    return [name if name and uses[name] == 1 else rename(item, name) for name, item in pairs]


def tool_name(
    prefix: Sequence[str], operation: str, limit: int = MAX_LENGTH, uses: Mapping[str, int] | None = None
) -> str:
    """System, API and operation as one name of at most `limit` characters.

    A long name first loses words of the prefix and fillers, then the words that most operations of its document share
    (`uses` counts them), so that what tells operations apart is kept.
    """
    name = _full_name(prefix, operation)
    if len(name) > limit:
        words = [word for word in operation.split("_") if word not in _FILLERS and word not in prefix]
        name = _full_name(prefix, "_".join(_fitting(words, limit - len(_full_name(prefix, "")), uses or {})))
    return name if len(name) <= limit else f"{name[: limit - 7].rstrip('_')}_{short_digest(operation)}"


def _fitting(words: list[str], room: int, uses: Mapping[str, int]) -> list[str]:
    """Remove the most used words, but no verbs and not the last one, until the rest fits."""
    words = list(words)
    removable = [word for word in words[:-1] if word not in _VERBS]
    for word in sorted(removable, key=lambda word: -uses.get(word, 0)):
        excess = len("_".join(words)) - room
        if excess <= 0:
            break
        if excess <= len(word) // 5:
            words[words.index(word)] = word[:-excess]
        else:
            words.remove(word)
    return words


def _full_name(prefix: Sequence[str], operation: str) -> str:
    name = "_".join([*filter(None, prefix), operation])
    return name if name[:1].isalpha() else f"x_{name}"


def tool_names(prefix: Sequence[str], operations: Sequence[str]) -> list[str]:
    """The distinct tool names of all operations of a document."""
    shared = Counter(word for operation in operations for word in set(operation.split("_")))
    names = [tool_name(prefix, operation, uses=shared) for operation in operations]
    uses = Counter(names)
    return [
        name
        if uses[name] == 1 or name == _full_name(prefix, operation)
        else f"{tool_name(prefix, operation, MAX_LENGTH - 7, shared)}_{short_digest(operation)}"
        for name, operation in zip(names, operations, strict=True)
    ]


def _ids_are_local(operations: Sequence[OperationLabel]) -> bool:
    """Whether most ids are repeated, as Fern exports `list`, `get` and `create` for every resource.

    Then unique ids such as `get_settings` don't name their resource either (contrary to OpenAPI 3.1 §4.8.10).
    """
    ids = Counter(operation.operation_id for operation in operations if operation.operation_id)
    return sum(count for count in ids.values() if count > 1) * 2 > ids.total()


def _ids_are_paths(operations: Sequence[OperationLabel]) -> bool:
    """Whether most ids repeat method and path (`PostCustomersCustomerSources`), as some exporters do."""
    count = sum(_is_path(operation) for operation in operations)
    return count >= _MIN_PATH_IDS and count * 2 > len(operations)


def _is_path(operation: OperationLabel) -> bool:
    words = words_of(operation.operation_id)
    path = [word for segment in operation.path.split("/") for word in words_of(segment)]
    return len(words) > 1 and words in ([operation.method, *path], [operation.method, *path[1:]])


def _is_single_verb(operation: OperationLabel) -> bool:
    words = words_of(operation.operation_id)
    return (len(words) == 1 or words[:-1] == ["bulk"]) and words[-1] in _VERBS


def _own_name(operation: OperationLabel) -> str:
    words = _id_words(operation) if _says_something(operation.operation_id) else _summary_words(operation.summary)
    if len(words) > 1 and words[-1] in _VERBS and words[0] not in _VERBS:
        start = -2 if words[-2] == "bulk" else -1
        words = [*words[start:], *words[:start]]  # `trade_item_get` becomes `get_trade_item`
    return (
        "" if len(words) == 1 and words[0] in _VERBS and len(words_of(operation.operation_id)) > 1 else "_".join(words)
    )


def _says_something(operation_id: str) -> bool:
    return any(word.isalpha() for word in words_of(operation_id))


def _summary_words(summary: str) -> list[str]:
    words = [word for word in words_of(summary) if word not in _FILLERS]
    return words if len(words) <= _MAX_SUMMARY_WORDS else []


def _id_words(operation: OperationLabel) -> list[str]:
    """The words of an operationId, without those that a framework adds."""
    operation_id = _USING.sub("", operation.operation_id)
    words = words_of(operation_id)
    # FastAPI: function name, then path, then method (`read_item_items__id__get`).
    tail = [*words_of(operation.path), operation.method]
    if len(words) > len(tail) and words[-len(tail) :] == tail and operation_id.lower().endswith(f"_{operation.method}"):
        return words[: -len(tail)]
    for index in range(len(words) - 2, -1, -1):
        if words[index] in _MODULES or (
            words[index] in _PACKAGES and words[0] not in _VERBS and index + 2 < len(words)
        ):
            return words[index + 1 :]
    return words


@dataclass(frozen=True, slots=True)
class _Document:
    """Properties of all operations of a document; `collections` are paths that have sub-paths for their items."""

    collections: frozenset[str]
    local_ids: bool
    path_ids: bool
    version: str

    @classmethod
    def of(cls, operations: Sequence[OperationLabel]) -> _Document:
        paths = [operation.path.rstrip("/") for operation in operations]
        collections = frozenset(path.rpartition("/")[0] for path in paths if path.endswith("}"))
        first = {path.split("/", 2)[1] for path in paths if path.startswith("/")}
        version = next((word for word in first if len(first) == 1 and re.fullmatch(r"v\d+", word)), "")
        return cls(collections, _ids_are_local(operations), _ids_are_paths(operations), version)

    def has_generic_id(self, operation: OperationLabel) -> bool:
        """Whether an operation's path is more specific than its id."""
        if self.local_ids or (self.path_ids and _is_path(operation)) or _is_single_verb(operation):
            return True
        return not _says_something(operation.operation_id) and not _summary_words(operation.summary)


def _path_name(operation: OperationLabel, document: _Document, *, with_parameters: bool) -> str:
    path = operation.path.rstrip("/")
    segments = path.split("/")
    if document.version and len(segments) > 2:
        segments.remove(document.version)  # in every path
    is_item = path.endswith("}")
    has_path_id = document.path_ids and _is_path(operation)
    verbs, qualifiers = ([], []) if has_path_id else _verb_and_qualifiers(operation)
    usual = _METHOD_VERBS.get(operation.method, operation.method)
    if usual == "create" and is_item and has_path_id:
        usual = "update"  # a new item has no URL yet
    if usual == "get" and not is_item:
        usual = "list"
    # POST /data/search/ is a search, but /bulk_action/edit/ with items is a collection.
    last = words_of(segments[-1]) if operation.method == "post" and path not in document.collections else []
    if len(last) == 1 and last[0] in _VERBS and len(segments) > 2 and not is_item:
        segments.pop()
        verbs = last if verbs in ([], [usual]) else verbs
    elif has_path_id and len(last) > 1 and last[0] in _VERBS:  # /stores/{id}/generateKey
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
    # `get_leads` could be one lead or all, except if ids are local: then lists are `list_leads`.
    ambiguous = not document.local_ids and bool(fixed) and fixed[-1].endswith("s")
    tail = ["by", parameters[-1]] if ambiguous and is_item and parameters and not with_parameters else []
    return "_".join([*(verbs or [usual]), *nouns, *tail, *qualifiers])


def _verb_and_qualifiers(operation: OperationLabel) -> tuple[list[str], list[str]]:
    """The verb at the start or end of an id, with `bulk`, and the words from `by` on."""
    words, qualifiers = words_of(operation.operation_id), list[str]()
    if "by" in words[1:]:
        at = words.index("by", 1)
        words, qualifiers = words[:at], words[at:]
    for verbs in (words[:2], words[-2:], words[:1], words[-1:]):
        if verbs and verbs[-1] in _VERBS - _METHODS and (len(verbs) == 1 or verbs[0] == "bulk"):
            return verbs, qualifiers
    return [], []
