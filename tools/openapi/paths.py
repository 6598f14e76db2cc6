"""Finding the operations of an OpenAPI document: each method on each path, with what stands above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..problems import Problem
from ..schema.references import InvalidReferenceError, follow
from .names import Labelled

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "query")
SAFE_METHODS = ("get", "head", "options", "query")
# An echo of the request, and a tunnel (RFC 9110 §9.3.6, §9.3.8): nothing that an API answers.
_NOT_SENT = ("trace", "connect")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}")  # RFC 9110 §5.6.2


@dataclass(frozen=True, slots=True)
class Found:
    """An operation as it stands in the document: its method as it is sent, its path item, itself, its place."""

    method: str
    label: Labelled
    item: JsonObject
    raw: JsonObject
    pointer: str

    def problem(self, reason: str, effect: str = "this operation is left out") -> Problem:
        """What is wrong with it."""
        return Problem(f"{self.method} {self.label.path}", reason, effect, self.pointer)


def find_operations(document: JsonObject, problems: list[Problem], most: int) -> tuple[list[Found], int]:
    """The first operations that have the shape of one, and how many there are; adds to the problems."""
    found: list[Found] = []
    there = 0
    taken: set[tuple[str, str]] = set()
    for one in _in_paths(document, problems, most):
        there += 1
        if there > most:
            continue
        key = (one.label.method, one.label.path)
        if key in taken:
            problems.append(one.problem("the same method is on the same path twice", "the first of them is read"))
            continue
        taken.add(key)
        found.append(one)
    return found, there


def _in_paths(document: JsonObject, problems: list[Problem], most: int) -> Iterator[Found]:
    for path, node in as_object(document.get("paths")).items():
        if path.startswith("x-"):
            continue
        pointer = f"/paths/{_token(path)}"
        reason, effect = "it is no object", "this path gives nothing"
        if isinstance(node, dict):
            try:
                item = _referred(document, node)
            except InvalidReferenceError as error:
                reason, effect = str(error), "all operations on this path are left out"
            else:
                yield from _in_item(document, path, item, pointer, problems)
                continue
        if len(problems) <= most:  # no more than operations, of which each is one
            problems.append(Problem(path or pointer, reason, effect, pointer))


def _referred(document: JsonObject, node: JsonObject) -> JsonObject:
    """An object, or what its `$ref` leads to, where its own members beside the `$ref` come first."""
    if "$ref" not in node:
        return node
    return {**follow(document, node), **{key: value for key, value in node.items() if key != "$ref"}}


def _in_item(
    document: JsonObject, path: str, item: JsonObject, pointer: str, problems: list[Problem]
) -> Iterator[Found]:
    further = as_object(item.get("additionalOperations"))
    named = [(key, node, f"{pointer}/{_token(key)}") for key, node in item.items() if _is_method(key)]
    named += [(key, node, f"{pointer}/additionalOperations/{_token(key)}") for key, node in further.items()]
    wrong = _wrong_parameters(item)
    for key, raw, place in named:
        # `pets` is meant to be `/pets`: without the slash it would go on with the name of the host.
        whole = path if path.startswith("/") else f"/{path}"
        # Of the methods that OpenAPI knows, capitals make no difference; others are sent as they are written.
        method = key.upper() if _is_method(key) else key
        node = as_object(raw)
        one = Found(method, _label(key, whole, node), item, node, place)
        if "$ref" in node:
            try:
                node = _referred(document, node)
            except InvalidReferenceError as error:
                problems.append(one.problem(str(error)))
                continue
            one = replace(one, label=_label(key, whole, node), raw=node)
        if reason := _reason_against(method, raw) or wrong or _wrong_parameters(node):
            problems.append(one.problem(reason))
            continue
        _tell_unused(document, one, problems)
        yield one


def _label(method: str, path: str, node: JsonObject) -> Labelled:
    return Labelled(method.lower(), path, as_text(node.get("operationId")), as_text(node.get("summary")))


def _is_method(key: str) -> bool:
    return key.lower() in METHODS or key.lower() in _NOT_SENT


def _reason_against(method: str, raw: JsonValue) -> str:
    if not isinstance(raw, dict):
        return "it is no object"
    if method.lower() in _NOT_SENT:
        return f"the method {method} is not sent"
    return "" if _TOKEN.fullmatch(method) else "its method is none"


def _wrong_parameters(node: JsonObject) -> str:
    """A parameter that could not be read might be one that matters, so without it there is no operation."""
    parameters = node.get("parameters")
    if not isinstance(parameters, list | None):
        return "its `parameters` are no list"
    if parameters and not all(isinstance(one, dict) for one in parameters):
        return "one of its `parameters` is no object"
    return ""


def _tell_unused(document: JsonObject, one: Found, problems: list[Problem]) -> None:
    for node in [*as_list(one.item.get("parameters")), *as_list(one.raw.get("parameters"))]:
        try:
            found = follow(document, node)
        except InvalidReferenceError:
            continue  # told by who reads it
        name = as_text(found.get("name"))
        if found.get("in") == "path" and name and f"{{{name}}}" not in one.label.path:
            reason = f"its path parameter {name[:60]!r} is nowhere in the path"
            problems.append(one.problem(reason, "the parameter is left out"))


def _token(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
