"""Edits JSON with comments: one member of an object is set or removed, every other character stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from ...tools.formats.json_values import JsonObject, JsonValue
from .errors import HostError

_MAX_DEPTH = 100
_SPACE = re.compile(r"(?:[ \t\r\n]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*"')
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.])|(?:true|false|null)\b")
_REST_OF_LINE = re.compile(r"[ \t]*(?:\r?\n|\Z)")


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its position in the text; of an object also its members."""

    start: int
    end: int
    value: JsonValue
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object; `start` is where its name begins."""

    name: str
    start: int
    node: Node


def parse(text: str) -> Node:
    """Parse JSON with comments and trailing commas.

    Raises:
        HostError: it is something else, or an object has a name twice.
    """
    scanner = _Scanner(text)
    scanner.skip_space()
    node = scanner.value(0)
    scanner.skip_space()
    if scanner.at < len(text):
        scanner.fail("expected the end of the file")
    return node


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0

    def skip_space(self) -> None:
        match = _SPACE.match(self._text, self.at)
        assert match
        self.at = match.end()

    def fail(self, reason: str) -> NoReturn:
        line = self._text.count("\n", 0, self.at) + 1
        column = self.at - self._text.rfind("\n", 0, self.at)
        raise HostError(f"it is not JSON: {reason} at line {line}, column {column}")

    def value(self, depth: int) -> Node:
        start = self.at
        if depth > _MAX_DEPTH:
            self.fail("it is nested too deeply")
        if self._take("{"):
            return self._object(start, depth)
        if self._take("["):
            return self._array(start, depth)
        match = _STRING.match(self._text, start) or _SCALAR.match(self._text, start)
        if match is None:
            self.fail("expected a value")
        self.at = match.end()
        try:
            return Node(start, self.at, json.loads(match[0]))
        except ValueError:  # Python's limit for the digits of a number
            self.fail("a number is too long")

    def _object(self, start: int, depth: int) -> Node:
        members: dict[str, Member] = {}
        while not self._end("}", first=not members):
            begin = self.at
            match = _STRING.match(self._text, begin)
            if match is None:
                self.fail("expected a name in double quotes")
            name = json.loads(match[0])
            if name in members:
                self.fail(f"{name!r} appears twice")
            self.at = match.end()
            self.skip_space()
            if not self._take(":"):
                self.fail("expected a colon")
            self.skip_space()
            members[name] = Member(name, begin, self.value(depth + 1))
        value: JsonObject = {name: member.node.value for name, member in members.items()}
        return Node(start, self.at, value, tuple(members.values()))

    def _array(self, start: int, depth: int) -> Node:
        items: list[JsonValue] = []
        while not self._end("]", first=not items):
            items.append(self.value(depth + 1).value)
        return Node(start, self.at, items)

    def _end(self, bracket: str, *, first: bool) -> bool:
        """Take the end of a container, or go to its next item."""
        self.skip_space()
        if self._take(bracket):
            return True
        if not first:
            if not self._take(","):
                self.fail(f"expected a comma or {bracket}")
            self.skip_space()
            return self._take(bracket)
        return False

    def _take(self, character: str) -> bool:
        if self._text.startswith(character, self.at):
            self.at += 1
            return True
        return False


def with_value(text: str, path: Sequence[str], value: object) -> str:
    """Set the member that a path leads to; objects on the way are created.

    Raises:
        HostError: the text is not JSON, or something on the path is not an object.
    """
    if not text.strip():
        text = "{}\n"
    node = parse(text)
    for depth, name in enumerate(path):
        if not isinstance(node.value, dict):
            raise HostError(f"{'.'.join(path[:depth]) or 'its content'} is not an object")
        member = _member(node, name)
        if member is None:
            for outer in reversed(path[depth + 1 :]):
                value = {outer: value}
            return _insert(text, node, name, value)
        node = member.node
    style = _Style(text)
    written = style.write(value, style.indent_at(node.start), spread=_spread(text))
    return text[: node.start] + written + text[node.end :]


def without_value(text: str, path: Sequence[str]) -> str:
    """Remove the member that a path leads to, if it is there.

    Raises:
        HostError: the text is not JSON.
    """
    node = parse(text)
    for name in path[:-1]:
        member = _member(node, name)
        if member is None:
            return text
        node = member.node
    member = _member(node, path[-1])
    if member is None:
        return text
    comma = _comma(text, member.node.end)
    index = node.members.index(member)
    before = _comma(text, node.members[index - 1].node.end) if index else None
    if comma is None and before is not None and not text[before + 1 : member.start].strip():
        return text[:before] + text[member.node.end :]
    if comma is not None and not text[member.node.end : comma].strip():
        return _cut(text, member.start, comma + 1)
    # Comments between the member and its comma stay.
    if comma is not None:
        text = text[:comma] + text[comma + 1 :]
    text = _cut(text, member.start, member.node.end)
    return text if comma is not None or before is None else text[:before] + text[before + 1 :]


def _member(node: Node, name: str) -> Member | None:
    return next((member for member in node.members if member.name == name), None)


def _spread(text: str) -> bool:
    """Whether the document is written on several lines, or still empty."""
    return "\n" in text.strip() or not re.sub(r"[{}\s]", "", text)


class _Style:
    """The line ends and the indentation of a document."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"
        first = re.search(r"\n([ \t]+)\S", text)
        self.unit = first[1] if first else "  "

    def indent_at(self, position: int) -> str:
        """The indentation of the line that a position is in."""
        line = self._text[self._text.rfind("\n", 0, position) + 1 : position]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def write(self, value: object, indent: str, *, spread: bool) -> str:
        """A value as text whose first line is already indented."""
        if not spread:
            return json.dumps(value, ensure_ascii=False)
        lines = json.dumps(value, ensure_ascii=False, indent=self.unit).split("\n")
        return f"{self.newline}{indent}".join(lines)


def _insert(text: str, parent: Node, name: str, value: object) -> str:
    """Add a member at the end of an object, after its comments."""
    style = _Style(text)
    spread = "\n" in text[parent.start : parent.end] if parent.members else _spread(text)
    base = style.indent_at(parent.start)
    indent = base + style.unit
    last = parent.members[-1] if parent.members else None
    if last and not text[text.rfind("\n", 0, last.start) + 1 : last.start].strip():
        indent = style.indent_at(last.start)
    written = f"{json.dumps(name, ensure_ascii=False)}: {style.write(value, indent, spread=spread)}"
    close = parent.end - 1
    inside = text[:close].rstrip(" \t\r\n")
    comma = ""
    if last and _comma(text, last.node.end) is None:
        inside = f"{inside[: last.node.end]},{inside[last.node.end :]}"
    elif last:
        comma = ","
    before_end = text[len(text[:close].rstrip(" \t\r\n")) : close]
    if not spread:
        return f"{inside}{' ' if last else ''}{written}{before_end}{text[close:]}"
    if "\n" not in before_end:
        before_end = f"{style.newline}{base}"
    return f"{inside}{style.newline}{indent}{written}{comma}{before_end}{text[close:]}"


def _comma(text: str, position: int) -> int | None:
    """Where the next comma is, if nothing but space and comments is before it."""
    match = _SPACE.match(text, position)
    assert match
    return match.end() if text.startswith(",", match.end()) else None


def _cut(text: str, start: int, end: int) -> str:
    """Cut a range out, with its lines if there is nothing else on them, else with the spaces after it."""
    line = text.rfind("\n", 0, start) + 1
    rest = _REST_OF_LINE.match(text, end)
    if line and rest and not text[line:start].strip():
        return text[:line] + text[rest.end() :]
    return text[:start] + text[end:].lstrip(" ")
