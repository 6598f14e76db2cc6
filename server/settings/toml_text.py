"""Edits TOML: tables are added, keys set, tables removed; every other character stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

_NAME = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEY = re.compile(rf"[ \t]*({_NAME}(?:[ \t]*\.[ \t]*{_NAME})*)[ \t]*=[ \t]*")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class InvalidTomlError(ValueError):
    """The text is not TOML; the message says why and where."""


def parse_toml(text: str) -> dict[str, Any]:
    """The values of TOML 1.1.

    Raises:
        InvalidTomlError: it is something else.
    """
    import tomli  # TOML 1.1: inline tables may span lines. Imported here: it takes 5 ms

    try:
        return tomli.loads(text.replace("\r\n", "\n"))
    except tomli.TOMLDecodeError as error:
        raise InvalidTomlError(f"it is not TOML: {error}") from None
    except RecursionError:
        raise InvalidTomlError("it is nested too deeply") from None
    except ValueError:  # Python's limit for the digits of a number
        raise InvalidTomlError("it holds a number that is far too long") from None


def value_text(value: object) -> str:
    """A value as TOML; a mapping becomes an inline table."""
    if isinstance(value, Mapping):
        table = cast("Mapping[str, object]", value)
        return "{ " + ", ".join(f"{key} = {value_text(member)}" for key, member in table.items()) + " }"
    # JSON text, numbers, booleans and lists are also TOML, once DEL is escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def table_text(name: str, values: Mapping[str, object]) -> str:
    """A table as TOML; a mapping in it becomes a table of its own, such as `[systems.acme.credential]`."""
    own, nested = [f"[{name}]"], list[str]()
    for key, value in values.items():
        if isinstance(value, Mapping):
            members = cast("Mapping[str, object]", value)
            nested += ["", f"[{name}.{key}]", *(f"{inner} = {value_text(item)}" for inner, item in members.items())]
        else:
            own.append(f"{key} = {value_text(value)}")
    return "\n".join([*own, *nested, ""])


def with_tables(text: str, *tables: str) -> str:
    """The text with tables appended, separated by blank lines, with its own line ends."""
    end = "\r\n" if "\r\n" in text else "\n"
    kept = text.removeprefix("\ufeff")
    # End the last line if it has no end.
    between = "" if not kept.strip() or kept.endswith(("\n\n", "\n\r\n")) else "\n"
    between = between if not kept or kept.endswith("\n") else "\n\n"
    return text + (between + "\n".join(tables)).replace("\n", end)


def with_value(text: str, path: Sequence[str], value: object) -> str:
    """Set what a path leads to; a mapping that is not there yet becomes a table with a header.

    Raises:
        InvalidTomlError: the text is not TOML, or the path leads into a table that cannot be changed.
    """
    keys = tuple(path)
    parts = _statements(text)
    within = [index for index, part in enumerate(parts) if part.path and part.path == keys[: len(part.path)]]
    for index in within:
        if not parts[index].header:
            return _replaced(parts, index, keys[len(parts[index].path) :], value)
    if isinstance(value, Mapping):
        return with_tables(text, table_text(".".join(keys), cast("Mapping[str, object]", value)))
    header = next((index for index in within if parts[index].path == keys[:-1]), None)
    if header is None:
        return with_tables(text, table_text(".".join(keys[:-1]), {keys[-1]: value}))
    end_of_table = next((i for i in range(header + 1, len(parts)) if parts[i].header), len(parts))
    last = max(i for i in range(header, end_of_table) if parts[i].path)
    end = "\r\n" if "\r\n" in text else "\n"
    before = _joined(parts[: last + 1])
    before += "" if before.endswith("\n") else end
    return f"{before}{keys[-1]} = {value_text(value)}{end}{_joined(parts[last + 1 :])}"


def _replaced(parts: list[_Statement], index: int, inner: tuple[str, ...], value: object) -> str:
    """The text with another value in one statement; `inner` leads to it if the statement has an inline table."""
    statement = parts[index].text
    name = _KEY.match(statement)
    assert name
    if inner:
        if "\n" in statement.strip():
            raise InvalidTomlError(f"{name[1]} is an inline table on several lines; give it a header: [{name[1]}]")
        outer: Any = parse_toml(f"value = {statement[name.end() :]}")["value"]
        table = outer
        for key in inner[:-1]:
            table = cast("dict[str, Any]", table).setdefault(key, {}) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            raise InvalidTomlError(f"{name[1]} is not a table")
        table[inner[-1]] = value
        value = outer
    changed = _Statement(f"{name[0]}{value_text(value)}{_tail(statement)}", parts[index].path)
    return _joined([*parts[:index], changed, *parts[index + 1 :]])


def without_value(text: str, path: Sequence[str]) -> str:
    """Remove the table or key that a path leads to; comments after its last line stay.

    Raises:
        InvalidTomlError: the text is not TOML.
    """
    parts = _statements(text)
    removed = [index for index, part in enumerate(parts) if part.path[: len(path)] == tuple(path)]
    gone = set(removed)
    for first, second in pairwise(removed):
        if not any(part.path for part in parts[first + 1 : second]):
            gone.update(range(first, second))
    kept: list[_Statement] = []
    for index, part in enumerate(parts):
        if index in gone:
            continue
        # No two blank lines, and none at the end, where the table was.
        if index - 1 in gone and kept and not kept[-1].text.strip() and not part.text.strip():
            continue
        kept.append(part)
    if parts and len(parts) - 1 in gone and kept and not kept[-1].text.strip():
        kept.pop()
    return _joined(kept)


@dataclass(frozen=True, slots=True)
class _Statement:
    """A header, a key with its value, or a line without either; `path` leads to what it defines."""

    text: str
    path: tuple[str, ...]
    header: bool = False


def _statements(text: str) -> list[_Statement]:
    """The statements of TOML, in order; joined, their texts are the whole text."""
    mark, text = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    parse_toml(text)
    parts = [_Statement(mark, ())] if mark else []
    table: tuple[str, ...] = ()
    pending = ""
    for line in _LINE.findall(text):
        pending += line
        # A statement ends where it can be parsed: no beginning of a longer value can.
        try:
            values = parse_toml(pending)
        except InvalidTomlError:
            continue
        if pending.lstrip().startswith("["):
            table = _path_of(values)
            parts.append(_Statement(pending, table, header=True))
        elif values:
            name = _KEY.match(pending)
            assert name
            parts.append(_Statement(pending, (*table, *_path_of(parse_toml(f"{name[1]} = 0")))))
        else:
            parts.append(_Statement(pending, ()))
        pending = ""
    return parts


def _path_of(values: dict[str, Any]) -> tuple[str, ...]:
    """The names that lead to the only value, through tables with one key."""
    path: list[str] = []
    value: Any = values
    while isinstance(value, dict) and value:
        ((name, value),) = cast("dict[str, Any]", value).items()
        path.append(name)
    return tuple(path)


def _tail(statement: str) -> str:
    """What follows the value of a statement: a comment, and the end of the line."""
    for match in re.finditer("#", statement):
        before = statement[: match.start()]
        try:
            parse_toml(before)
        except InvalidTomlError:
            continue
        return before[len(before.rstrip()) :] + statement[match.start() :]
    return statement[len(statement.rstrip()) :]


def _joined(parts: Sequence[_Statement]) -> str:
    return "".join(part.text for part in parts)
