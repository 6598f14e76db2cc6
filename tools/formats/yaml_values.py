"""YAML as JSON: the JSON schema of YAML 1.2 (§10.2), so that a document means the same in either format."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import yaml

from .json_values import MAX_DEPTH, JsonObject, JsonValue

# Aliases let a few lines stand for billions of values; documents in use repeat a few thousand.
MAX_REPEATED = 1_000_000
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,999})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TEXT_TAGS = {"!", "tag:yaml.org,2002:str"}
_MERGE = "<<"


class InvalidYamlError(ValueError):
    """The text is not YAML, or YAML that no honest document would hold."""


class YamlSyntaxError(InvalidYamlError):
    """The text is not YAML at all."""


def parse_yaml(text: str) -> JsonValue:
    """Read the first document of a YAML stream; keys stay as they are written, dates and `yes` stay text.

    Raises:
        InvalidYamlError: with a reason that a person can read.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder().build(_events(text, loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1} column {mark.column + 1}" if mark else ""
        raise YamlSyntaxError(f"not YAML: {error.problem or error.context}{where}") from None
    except yaml.YAMLError as error:
        raise YamlSyntaxError(f"not YAML: {error}") from None


def _events(text: str, loader: type[yaml.SafeLoader]) -> Iterator[yaml.Event]:
    # Events and no node tree: composing one recurses, and a bomb of brackets would end the process.
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.DocumentEndEvent):
            return
        yield event


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come; `key` is set while its value is awaited."""

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


class _Builder:
    """Puts values together from events, without recursion and within bounds."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._anchored: dict[str, tuple[JsonValue, int]] = {}
        self._repeated = 0
        self._result: JsonValue = None

    def build(self, events: Iterable[yaml.Event]) -> JsonValue:
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event.anchor or "")
            elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                self._begin(event)
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                done = self._open.pop()
                self._place(done.value(), done.anchor, done.size)
        return self._result

    def _begin(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise InvalidYamlError(f"nested more than {MAX_DEPTH} levels deep")
        if self._open and self._awaits_key():
            raise InvalidYamlError("a mapping has a key that is itself a mapping or a sequence, which JSON cannot hold")
        items: list[JsonValue] | None = [] if isinstance(event, yaml.SequenceStartEvent) else None
        self._open.append(_Open(event.anchor, items))

    def _awaits_key(self) -> bool:
        return self._open[-1].items is None and self._open[-1].key is None

    def _lists_names(self) -> bool:
        """Whether a name of a property comes now: text as the property's key is, whatever it looks like."""
        return len(self._open) > 1 and self._open[-1].items is not None and self._open[-2].key == "required"

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if self._open and self._awaits_key():
            inner = self._open[-1]
            inner.key = event.value
            inner.merges = event.value == _MERGE and not event.style
            if event.anchor:
                self._anchored[event.anchor] = (event.value, _size(event.value))
        else:
            plain = not event.style and event.tag not in _TEXT_TAGS and not self._lists_names()
            self._place(_plain(event.value) if plain else event.value, event.anchor, _size(event.value))

    def _alias(self, name: str) -> None:
        if name not in self._anchored:
            raise InvalidYamlError(f"the alias *{name[:60]} stands for nothing, or for what it is itself a part of")
        value, size = self._anchored[name]
        self._repeated += size
        if self._repeated > MAX_REPEATED:
            raise InvalidYamlError(f"its aliases repeat more than {MAX_REPEATED:,} values")
        if self._awaits_key():
            if not isinstance(value, str):
                raise InvalidYamlError(f"the alias *{name[:60]} is a key and stands for no text")
            self._open[-1].key = value
        else:
            self._place(value, None, size)

    def _place(self, value: JsonValue, anchor: str | None, size: int) -> None:
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
    # A long text that is repeated is work for everybody who reads it, as many values are.
    return 1 + len(text) // 100


def _plain(text: str) -> JsonValue:
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NOT_FINITE.fullmatch(text):
        raise InvalidYamlError(f"{text} is no JSON")
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise InvalidYamlError("a number is too large")
        return number
    return text
