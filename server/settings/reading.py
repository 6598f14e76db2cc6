"""Reads `closient-mcp.toml`; errors name the file, the line and the key, and suggest a spelling."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from ...tools.formats.suggestions import did_you_mean
from .http_schema import AccessTable, HttpAuthTable, HttpTable, IntrospectionTable
from .model import SettingsError
from .schema import NAME_RULE, ConfigFile, SystemTable, credential_table
from .toml_text import InvalidTomlError, parse_toml

_MAX_BYTES = 1_000_000
_SECRETS = {"client_id", "client_secret", "username", "password", "key"}
# The model of each table whose keys do not depend on values, unlike those of systems and credentials.
_TABLES: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): ConfigFile,
    ("http",): HttpTable,
    ("http", "auth"): HttpAuthTable,
    ("http", "auth", "introspection"): IntrospectionTable,
    ("http", "access"): AccessTable,
}
_KINDS = {
    "string_type": "expected text in quotes",
    "int_type": "expected an integer",
    "bool_type": "expected true or false",
    "list_type": 'expected a list, such as ["a", "b"]',
    "dict_type": "expected a table",
    "model_type": "expected a table",
    "string_too_short": "it must not be empty",
    "too_short": "the list is empty",
}
_HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


class ConfigText:
    """The text of a settings file, which finds the line of a key; `variables` are those that its secrets are in."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.variables = frozenset[str]()
        self._lines = text.split("\n")

    def position(self, *keys: str | int) -> str:
        """The file and line of a key, or of the table that it is in: `closient-mcp.toml:7`."""
        wanted = list(map(str, keys))
        best, line = 0, 0
        table: list[str] = []
        arrays = Counter[str]()
        for number, text in enumerate(self._lines, 1):
            if header := _HEADER.match(text):
                table = _parts(header[1])
                if text.lstrip().startswith("[["):
                    arrays[header[1]] += 1
                    table = [*table, str(arrays[header[1]] - 1)]
                here = table
            elif key := _KEY.match(text):
                here = [*table, *_parts(key[1])]
            else:
                continue
            depth = min(len(here), len(wanted))
            if depth > best and here[:depth] == wanted[:depth]:
                best, line = depth, number
        if 0 < best < len(wanted):
            line = self._inside(line, wanted[best:])
        return f"{self.path.name}:{line}" if line else self.path.name

    def _inside(self, line: int, keys: Sequence[str]) -> int:
        """The line of a key in an inline table that begins on `line` and may span several lines."""
        for key in keys:
            pattern = re.compile(rf"""(?:^|[{{,.])\s*["']?{re.escape(key)}["']?\s*[.=]""")
            for number in range(line, len(self._lines) + 1):
                text = self._lines[number - 1]
                if number > line and _HEADER.match(text):
                    return line
                if pattern.search(text):
                    line = number
                    break
            else:
                return line
        return line

    def error(self, what: str, *keys: str | int) -> SettingsError:
        """An error about a key, with the full path of the file."""
        position = self.position(*keys).removeprefix(self.path.name)
        name = ".".join(str(key) for key in keys)
        system = str(keys[1]) if keys[:1] == ("systems",) and len(keys) > 1 else ""
        return SettingsError(
            f"{self.path}{position}: {name}: {what}" if name else f"{self.path}{position}: {what}", system
        )


def read_config(path: Path, without: frozenset[str] = frozenset()) -> tuple[ConfigFile, ConfigText]:
    """Read and check a settings file, but for the tables of some systems.

    Raises:
        SettingsError: unreadable file, invalid TOML, or invalid setting.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}.") from None
    if len(raw) > _MAX_BYTES:
        raise SettingsError(f"{path} is larger than a settings file can be ({_MAX_BYTES} bytes).")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8. Save it as UTF-8.") from None
    return check_config(path, text, without)


def check_config(path: Path, text: str, without: frozenset[str]) -> tuple[ConfigFile, ConfigText]:
    """Check the text of a settings file, but for the tables of some systems.

    Raises:
        SettingsError: invalid TOML, or invalid setting.
    """
    config = ConfigText(path, text)
    try:
        values = parse_toml(text)
    except InvalidTomlError as error:
        raise SettingsError(f"{path}: {error}.") from None
    config.variables = frozenset(_variables(values))
    systems = values.get("systems")
    if without and isinstance(systems, dict):
        tables = cast("dict[str, Any]", systems)
        values["systems"] = {name: table for name, table in tables.items() if name not in without}
    try:
        return ConfigFile.model_validate(values), config
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False, include_context=True)
        # A misspelt key is also a missing one; report the spelling.
        errors.sort(key=lambda error: error["type"] != "extra_forbidden")
        raise _explained(config, values, cast("Mapping[str, Any]", errors[0])) from None


def _variables(value: object) -> Iterator[str]:
    """The environment variables that settings name, also those of systems that are not read."""
    if isinstance(value, dict):
        for key, member in cast("dict[str, object]", value).items():
            if key == "env" and isinstance(member, str):
                yield member
            yield from _variables(member)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _variables(item)


def _explained(config: ConfigText, values: Mapping[str, Any], error: Mapping[str, Any]) -> SettingsError:
    keys = _keys_in(values, cast("Sequence[str | int]", error["loc"]))
    kind, context = str(error["type"]), cast("Mapping[str, Any]", error.get("ctx") or {})
    if kind == "extra_forbidden" and keys[-2:-1] and keys[-2] in _SECRETS and keys[-1] in ("env", "keyring", "command"):
        return config.error("set only one of env, keyring and command", *keys)
    if kind == "extra_forbidden":
        known = _known_keys(values, keys)
        meant = did_you_mean(str(keys[-1]), known) or f"; expected one of: {', '.join(known)}"
        return config.error(f"unknown key{meant}", *keys)
    if keys[-1:] == ("credential",) and kind == "literal_error":
        return config.error('expected "none" or a table, such as { grant = "authorization_code" }', *keys)
    if kind in ("literal_error", "union_tag_invalid"):
        expected = str(context.get("expected") or context.get("expected_tags") or "").replace(" or ", ", ")
        choices = [choice.strip().strip("'") for choice in expected.split(",")]
        choices = [choice for choice in choices if choice != "none"] if kind == "union_tag_invalid" else choices
        where = (*keys, "grant") if kind == "union_tag_invalid" else keys
        given = _value_at(values, where)
        meant = did_you_mean(given, choices) if isinstance(given, str) else ""
        return config.error(f"expected {_either(choices)}{meant}", *where)
    if kind == "string_pattern_mismatch" and keys[:1] == ("systems",) and "[key]" in error["loc"]:
        return config.error(NAME_RULE, *keys)
    if kind == "missing":
        return config.error(f"{keys[-1]} is missing", *keys[:-1])
    return config.error(_KINDS.get(kind) or _lower(str(error["msg"])), *keys)


def _keys_in(values: Any, loc: Sequence[str | int]) -> tuple[str | int, ...]:
    """The keys of an error's location, without the names of union members that pydantic inserts."""
    keys: list[str | int] = []
    here = values
    alternative = False
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        if alternative:
            alternative = False
            continue
        alternative = _has_alternatives(keys, part)
        if isinstance(here, dict):
            table = cast("dict[str, Any]", here)
            if part in table:
                here = table[str(part)]
            elif not last or part == "[key]":
                continue
            keys.append(part)
        elif isinstance(here, list) and isinstance(part, int):
            here = cast("list[object]", here)[part]
            keys.append(part)
    return tuple(keys)


def _has_alternatives(above: Sequence[str | int], key: str | int) -> bool:
    """Whether a key is a union; a system or a tool may have the same name as such a key."""
    if above[:1] == ["http"]:
        return key == "audience" or key in _SECRETS or above[-1:] == ["tokens"]
    if len(above) == 2:
        return key in ("credential", "description")
    return (not above and key == "expose") or (above[2:] == ["credential"] and key in _SECRETS)


def _value_at(values: Any, keys: Sequence[str | int]) -> Any:
    for key in keys:
        try:
            values = values[key]
        except (KeyError, IndexError, TypeError):
            return None
    return values


def _known_keys(values: Mapping[str, Any], keys: tuple[str | int, ...]) -> list[str]:
    """The keys allowed in the table that contains an unknown key."""
    if named := _TABLES.get(tuple(key for key in keys[:-1] if isinstance(key, str))):
        return _keys_of(named)
    if keys[0] == "systems" and len(keys) == 3:
        return _keys_of(SystemTable)
    table = _value_at(values, keys[:-1])
    if keys[-2] != "credential" or not isinstance(table, dict):
        return ["env", "keyring", "command"]
    return _keys_of(credential_table(cast("dict[str, Any]", table).get("grant")))


def _keys_of(table: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in table.model_fields.items()]


def _either(choices: Sequence[str]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]
