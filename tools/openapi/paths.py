"""The operations of a document: each method of each path, with its path item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.media_types import TOKEN
from ..problems import Problem
from ..schema.references import InvalidReferenceError, describe_reference, follow
from .names import OperationLabel

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "query")
# Not useful in an API (RFC 9110 §9.3.6, §9.3.8).
_UNSUPPORTED = ("trace", "connect")
# `/users/:id`, as web frameworks write it.
_COLON = re.compile(r"(?<=/):([A-Za-z_]\w*)(?=/|$)")
_PATTERN = re.compile(r"\{(?=[^{}]*[:=+*])\+?([A-Za-z_][\w.-]*)\*?(?:[:=](?:[^{}]|\{[^{}]*\})*+)?\}")


@dataclass(frozen=True, slots=True)
class OperationNode:
    """An operation object in a document: its `method` as sent, its path item, and its JSON pointer."""

    method: str
    label: OperationLabel
    path_item: JsonObject
    node: JsonObject
    pointer: str

    def problem(self, reason: str, effect: str = "this operation is left out") -> Problem:
        """A problem with this operation."""
        return Problem(f"{self.method} {self.label.path}", reason, effect, self.pointer)


def find_operations(
    document: JsonObject, limit: int, unresolved: Mapping[str, str]
) -> tuple[list[OperationNode], list[Problem], int]:
    """The first operations, about as many problems at most, and the total number of operations.

    `unresolved` has reasons for references that lead nowhere.
    """
    operations: dict[tuple[str, str], OperationNode] = {}
    problems: list[Problem] = []
    total = 0
    for found in _in_paths(document, unresolved):
        problem = found if isinstance(found, Problem) else None
        if isinstance(found, OperationNode):
            total += 1
            key = (found.label.method, found.label.path)
            if key in operations and total <= limit:
                problem = found.problem("the path has this method twice", "the first one is used")
            elif total <= limit:
                operations[key] = found
        if problem and len(problems) <= limit:
            problems.append(problem)
    return list(operations.values()), problems, total


def _in_paths(document: JsonObject, unresolved: Mapping[str, str]) -> Iterator[OperationNode | Problem]:
    for path, node in as_object(document.get("paths")).items():
        if path.startswith("x-"):
            continue
        pointer = f"/paths/{_escape(path)}"
        if not isinstance(node, dict):
            yield Problem(path or pointer, "it is not an object", "this path gives no operations", pointer)
            continue
        try:
            path_item = _follow(document, node)
        except InvalidReferenceError as error:
            reason = describe_reference(error, unresolved)
            yield Problem(path or pointer, reason, "all operations on this path are left out", pointer)
        else:
            # Without the slash, the path would continue the host name.
            template = _plain_template(document, path if path.startswith("/") else f"/{path}", path_item)
            yield from _in_path_item(document, template, path_item, pointer)


def _plain_template(document: JsonObject, path: str, path_item: JsonObject) -> str:
    """The path without what other template syntaxes have, as in `{id:int}`, `{+name}` and `:id`."""
    if not (_PATTERN.search(path) or _COLON.search(path)):
        return path
    levels = [path_item, *(as_object(value) for key, value in path_item.items() if _is_method(key))]
    declared = set[str]()
    for node in [node for level in levels for node in as_list(level.get("parameters"))]:
        with suppress(InvalidReferenceError):
            declared.add(as_text(follow(document, node).get("name")))
    path = _COLON.sub(lambda match: f"{{{match[1]}}}" if match[1] in declared else match[0], path)
    return _PATTERN.sub(lambda match: match[0] if match[0][1:-1] in declared else f"{{{match[1]}}}", path)


def _follow(document: JsonObject, node: JsonObject) -> JsonObject:
    """Follow a `$ref`, whose siblings override members of its target."""
    if "$ref" not in node:
        return node
    return {**follow(document, node), **{key: value for key, value in node.items() if key != "$ref"}}


def _in_path_item(
    document: JsonObject, path: str, path_item: JsonObject, pointer: str
) -> Iterator[OperationNode | Problem]:
    additional = as_object(path_item.get("additionalOperations"))
    nodes = [(key, node, f"{pointer}/{_escape(key)}") for key, node in path_item.items() if _is_method(key)]
    nodes += [(key, node, f"{pointer}/additionalOperations/{_escape(key)}") for key, node in additional.items()]
    for key, value, at in nodes:
        # Standard methods are case-insensitive in documents; others are sent as written.
        method = key.upper() if _is_method(key) else key
        try:
            reason, node = "", _follow(document, as_object(value))
        except InvalidReferenceError as error:
            reason, node = str(error), as_object(value)
        label = OperationLabel(key.lower(), path, as_text(node.get("operationId")), as_text(node.get("summary")))
        operation = OperationNode(method, label, path_item, node, at)
        reason = reason or _invalid_operation(method, value)
        if reason := reason or _invalid_parameters(path_item) or _invalid_parameters(node):
            yield operation.problem(reason)
        else:
            yield from _unused_parameters(document, operation)
            yield operation


def _is_method(key: str) -> bool:
    return key.lower() in METHODS or key.lower() in _UNSUPPORTED


def _invalid_operation(method: str, node: JsonValue) -> str:
    if not isinstance(node, dict):
        return "it is not an object"
    if method.lower() in _UNSUPPORTED:
        return f"unsupported method {method}"
    return "" if TOKEN.fullmatch(method) and len(method) <= 40 else "invalid method name"


def _invalid_parameters(node: JsonObject) -> str:
    """What is wrong with the `parameters`; an unreadable one might be essential."""
    parameters = node.get("parameters")
    if not isinstance(parameters, list | None):
        return "its `parameters` are not an array"
    if parameters and not all(isinstance(parameter, dict) for parameter in parameters):
        return "one of its `parameters` is not an object"
    return ""


def _unused_parameters(document: JsonObject, operation: OperationNode) -> Iterator[Problem]:
    for node in [*as_list(operation.path_item.get("parameters")), *as_list(operation.node.get("parameters"))]:
        try:
            parameter = follow(document, node)
        except InvalidReferenceError:
            continue  # reported when the parameters are read
        name = as_text(parameter.get("name"))
        if parameter.get("in") == "path" and name and f"{{{name}}}" not in operation.label.path:
            reason = f"its path parameter {name[:60]!r} is not in the path"
            yield operation.problem(reason, "the parameter is left out")


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
