"""Strict access to the members of a reply: what is there is read, what is absent is None, anything else is an error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..errors import ToolError
from ..formats.json_values import JsonObject, JsonValue, as_text
from ..formats.text import one_line, paragraph
from ..gs1.gtin import InvalidGtinError, parse_gtin

_LONGEST = 2_000
_MOST_ENTRIES = 500
# No price, weight or count is larger.
_MOST = 10**12
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_KINDS: dict[type, str] = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "an array"}


class ReplyError(ToolError):
    """A reply that isn't one of the documented shapes, contradicts itself, or doesn't answer the question."""

    def __init__(self, problem: str, members: Iterable[str] = ()) -> None:
        names = sorted(one_line(name, 60) for name in members)[:40]
        found = f" The members found are: {', '.join(names)}." if names else ""
        super().__init__(
            f"The reply of closient can't be used: {problem}.",
            f"Nothing was guessed from it.{found} Try again later, or report it to closient if it persists.",
            {"problem": problem, "members": list[JsonValue](names)},
        )


def kind_of(value: JsonValue) -> str:
    """The JSON type of a value, for messages."""
    return "null" if value is None else _KINDS.get(type(value), "an object")


@dataclass(slots=True)
class Members:
    """The members of an object in a reply; `where` is its place, for messages.

    Every accessor takes several names for one thing, in order of preference. It returns None if the member is absent
    or null, and raises ReplyError if it has the wrong type.
    """

    values: Mapping[str, JsonValue]
    where: str
    _read: set[str] = field(default_factory=set[str], init=False)
    _skipped: set[str] = field(default_factory=set[str], init=False)

    def error(self, problem: str) -> ReplyError:
        """The error for this object."""
        return ReplyError(f"{self.where}: {problem}", self.values)

    def has(self, *names: str) -> bool:
        """Whether one of the members is there, even if it's null or empty."""
        return any(name in self.values for name in names)

    def text(self, *names: str, limit: int = _LONGEST) -> str | None:
        """The first text that isn't empty; services write "" for what they don't know."""
        texts = [self._typed(name, str, "text") for name in names]
        return next((paragraph(as_text(text), limit) for text in texts if as_text(text).strip()), None)

    def name(self, *names: str) -> str | None:
        """A text, or the `name` or `label` of an object."""
        for name in names:
            value = self._value(name)
            if isinstance(value, dict):
                value = Members(value, f"{self.where}.{name}").required_text("name", "label")
            if value is not None and not isinstance(value, str):
                raise self._wrong(name, "text", value)
            if value and value.strip():
                return paragraph(value, _LONGEST)
        return None

    def required_text(self, *names: str) -> str:
        """A text that has to be there.

        Raises:
            ReplyError: it isn't, or it's empty.
        """
        if text := self.text(*names):
            return text
        raise self.error(f"it has no {' or '.join(names)}")

    def flag(self, name: str) -> bool | None:
        """A boolean."""
        value = self._typed(name, bool, "a boolean")
        return value if isinstance(value, bool) else None

    def number(self, name: str, low: float = -_MOST, high: float = _MOST) -> float | None:
        """A number, which may be written as text.

        Raises:
            ReplyError: it isn't between `low` and `high`.
        """
        value = self._value(name)
        if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
            value = float(value)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "a number", value)
        if not low <= value <= high:
            raise self.error(f"{name} is {value}, which is out of range")
        return value

    def count(self, name: str) -> int | None:
        """A whole number that isn't negative."""
        number = self.number(name, 0)
        if number is not None and number != int(number):
            raise self.error(f"{name} is {number}, expected an integer")
        return None if number is None else int(number)

    def moment(self, name: str) -> str | None:
        """A date or a date and time (ISO 8601)."""
        text = self.text(name, limit=40)
        try:
            if text:
                datetime.fromisoformat(text)
        except ValueError:
            raise self.error(f"{name} is not an ISO 8601 date: {text!r}") from None
        return text

    def url(self, *names: str) -> str | None:
        """A URL for people to open: http(s), or a path."""
        text = self.text(*names)
        if text and not re.match(r"https?://[^\s/]|/(?!/)", text, re.IGNORECASE):
            raise self.error(f"{' or '.join(names)} is not an http(s) URL: {one_line(text, 60)!r}")
        return text

    def gtin(self, *names: str) -> str | None:
        """A GTIN as 14 digits.

        Raises:
            ReplyError: it's invalid, or two of the members differ.
        """
        gtins: set[str] = set()
        for name in names:
            value = self._value(name)
            if value is None or value == "":
                continue
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise self._wrong(name, "a GTIN", value)
            try:
                # A number has lost the leading zeros of its 14 digits.
                gtins.add(parse_gtin(value if isinstance(value, str) else str(value).zfill(14)).gtin14)
            except InvalidGtinError as error:
                raise self.error(f"{name} is not a GTIN: {error}") from None
        if len(gtins) > 1:
            raise self.error(f"it names several GTINs: {', '.join(sorted(gtins))}")
        return next(iter(gtins), None)

    def object(self, name: str) -> Members | None:
        """The members of an object."""
        value = self._typed(name, dict, "an object")
        return Members(value, f"{self.where}.{name}") if isinstance(value, dict) else None

    def array(self, name: str) -> list[JsonValue] | None:
        """An array.

        Raises:
            ReplyError: it's absurdly long.
        """
        value = self._typed(name, list, "an array")
        if not isinstance(value, list):
            return None
        if len(value) > _MOST_ENTRIES:
            raise self.error(f"{name} has {len(value)} entries")
        return value

    def objects(self, name: str) -> list[Members] | None:
        """An array of objects."""
        entries = self.array(name)
        return None if entries is None else as_members(entries, f"{self.where}.{name}")

    def texts(self, name: str) -> list[JsonValue] | None:
        """An array of texts, or of objects with a name; an empty one stays empty."""
        entries = self.array(name)
        if entries is None:
            return None
        texts: list[JsonValue] = []
        for index, entry in enumerate(entries):
            place = Members({"name": entry}, f"{self.where}.{name}[{index}]")
            text = place.name("name")
            if text is None:
                raise place.error("an empty entry")
            texts.append(text)
        return texts

    def skip(self, *names: str) -> None:
        """Mark members as known that no answer needs."""
        self._skipped.update(names)

    def unread(self) -> list[str]:
        """The unknown members."""
        return [name for name in self.values if name not in self._read | self._skipped]

    def _value(self, name: str) -> JsonValue:
        self._read.add(name)
        return self.values.get(name)

    def _typed(self, name: str, expected: type, words: str) -> JsonValue:
        value = self._value(name)
        if value is not None and not isinstance(value, expected):
            raise self._wrong(name, words, value)
        return value

    def _wrong(self, name: str, expected: str, value: JsonValue) -> ReplyError:
        return self.error(f"{name} is {kind_of(value)}, expected {expected}")


def as_members(entries: list[JsonValue], where: str) -> list[Members]:
    """The members of each object in an array.

    Raises:
        ReplyError: an entry is no object.
    """
    members: list[Members] = []
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise ReplyError(f"{where}[{index}] is {kind_of(entry)}, expected an object")
        members.append(Members(entry, f"{where}[{index}]"))
    return members


def without_none(**values: JsonValue) -> JsonObject:
    """The members that are known: None is left out, an empty list stays."""
    return {name: value for name, value in values.items() if value is not None}
