"""YAML read by the JSON schema of YAML 1.2 (§10.2), so that documents mean the same in both formats."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile

import yaml

from .json_values import MAX_DEPTH, JsonObject, JsonValue, LiteralNumber

# Aliases can expand a few lines to billions of values; real documents repeat a few thousand.
MAX_REPEATED = 1_000_000
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,999})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# Such a number is valid JSON as it is written.
_JSON_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TEXT_TAGS = {"!", "tag:yaml.org,2002:str"}
_MERGE = "<<"


class InvalidYamlError(ValueError):
    """The text is not YAML, or exceeds the limits on depth, aliases and numbers."""


class YamlSyntaxError(InvalidYamlError):
    """The text is not YAML."""


def parse_yaml(text: str) -> JsonValue:
    """Parse the first document of a YAML stream; keys, dates and `yes` stay strings, and 1.10 keeps its last digit.

    Raises:
        InvalidYamlError: with a readable reason.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Constructor().construct(_events(text, loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1} column {mark.column + 1}" if mark else ""
        raise YamlSyntaxError(f"not YAML: {error.problem or error.context}{where}") from None
    except yaml.YAMLError as error:
        raise YamlSyntaxError(f"not YAML: {error}") from None


def _events(text: str, loader: type[yaml.SafeLoader]) -> Iterable[yaml.Event]:
    # No node tree: composing one recurses, so deep nesting would crash the process.
    return takewhile(lambda event: not isinstance(event, yaml.DocumentEndEvent), yaml.parse(text, Loader=loader))


@dataclass(slots=True)
class _Collection:
    """An unfinished sequence or mapping; `key` is set while its value is pending."""

    anchor: str | None
    items: list[JsonValue] | None = None
    members: JsonObject = field(default_factory=JsonObject)
    merged: list[JsonValue] = field(default_factory=list[JsonValue])
    key: str | None = None
    merges: bool = False
    size: int = 1

    def value(self) -> JsonValue:
        if self.items is not None:
            return self.items
        inherited: JsonObject = {}
        for source in reversed(self.merged):
            inherited |= source if isinstance(source, dict) else {}
        return {**inherited, **self.members}


class _Constructor:
    """Constructs values from events, iteratively and within limits."""

    def __init__(self) -> None:
        self._open: list[_Collection] = []
        self._anchored: dict[str, tuple[JsonValue, int]] = {}
        self._repeated = 0
        self._result: JsonValue = None

    def construct(self, events: Iterable[yaml.Event]) -> JsonValue:
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event.anchor or "")
            elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                self._begin(event)
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                collection = self._open.pop()
                self._add(collection.value(), collection.anchor, collection.size)
        return self._result

    def _begin(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise InvalidYamlError(f"nested more than {MAX_DEPTH} levels deep")
        if self._open and self._awaits_key():
            raise InvalidYamlError("a mapping has a key that is a mapping or a sequence, which JSON does not support")
        items: list[JsonValue] | None = [] if isinstance(event, yaml.SequenceStartEvent) else None
        self._open.append(_Collection(event.anchor, items))

    def _awaits_key(self) -> bool:
        return self._open[-1].items is None and self._open[-1].key is None

    def _in_required(self) -> bool:
        """Whether the next scalar is an item of `required`, which is a string as property keys are."""
        return len(self._open) > 1 and self._open[-1].items is not None and self._open[-2].key == "required"

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if self._open and self._awaits_key():
            inner = self._open[-1]
            inner.key = event.value
            inner.merges = event.value == _MERGE and not event.style
            if event.anchor:
                self._anchored[event.anchor] = (event.value, _size(event.value))
        else:
            plain = not event.style and event.tag not in _TEXT_TAGS and not self._in_required()
            self._add(_resolve_scalar(event.value) if plain else event.value, event.anchor, _size(event.value))

    def _alias(self, name: str) -> None:
        if name not in self._anchored:
            raise InvalidYamlError(f"the alias *{name[:60]} is undefined or refers to a value that contains it")
        value, size = self._anchored[name]
        self._repeated += size
        if self._repeated > MAX_REPEATED:
            raise InvalidYamlError(f"its aliases repeat more than {MAX_REPEATED:,} values")
        if self._awaits_key():
            if not isinstance(value, str):
                raise InvalidYamlError(f"the alias *{name[:60]} is a key but not a string")
            self._open[-1].key = value
        else:
            self._add(value, None, size)

    def _add(self, value: JsonValue, anchor: str | None, size: int) -> None:
        if anchor:
            self._anchored[anchor] = (value, size)
        if not self._open:
            self._result = value
            return
        inner = self._open[-1]
        inner.size += size
        if inner.items is not None:
            inner.items.append(value)
        elif inner.key is not None:
            if inner.merges:
                inner.merged += value if isinstance(value, list) else [value]
            else:
                inner.members[inner.key] = value
            inner.key = None


def _size(text: str) -> int:
    # A long string counts as several values.
    return 1 + len(text) // 100


def _resolve_scalar(text: str) -> JsonValue:
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NOT_FINITE.fullmatch(text):
        raise InvalidYamlError(f"{text} is not valid JSON")
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise InvalidYamlError("a number is too large")
        return LiteralNumber(text) if repr(number) != text and _JSON_FLOAT.fullmatch(text) else number
    return text
