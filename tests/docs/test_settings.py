"""The reference of the settings, generated from the schema of the settings file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from closient_mcp.server.settings.schema import ConfigFile

from ..fakes.pages import DOCS, check_generated, table
from ..fakes.paths import ROOT

SCHEMA: dict[str, Any] = ConfigFile.model_json_schema()
_SECRET = "#/$defs/FromEnvironment"


def _parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a value may be, one by one; null stands for a key that is not set."""
    for part in schema.get("anyOf") or schema.get("oneOf") or [schema]:
        if "anyOf" in part or "oneOf" in part:
            yield from _parts(part)
        elif part.get("type") != "null":
            yield part


def _type(schema: dict[str, Any]) -> str:
    parts = list(_parts(schema))
    if any(part.get("$ref") == _SECRET for part in parts):
        return "[secret](#secrets)"
    return ", ".join(dict.fromkeys(_type_of(part) for part in parts))


def _type_of(part: dict[str, Any]) -> str:
    if "$ref" in part or "patternProperties" in part or "additionalProperties" in part:
        return "table"
    if "enum" in part or "const" in part:
        return ", ".join(f'`"{value}"`' for value in part.get("enum", [part.get("const")]))
    if part["type"] == "array":
        return f"list of {_type(part['items'])}".replace("of table", "of tables")
    return {"string": "text", "integer": "number"}.get(part["type"], str(part["type"]))


def _rows(schema: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    required = set(schema.get("required", [])) - {"grant"}
    for name, member in sorted(schema["properties"].items(), key=lambda item: item[0] != "grant"):
        note = " Required." if name in required else ""
        yield f"`{name}`", _type(member), f"{member['description']}{note}"


def _inner_tables(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tables that a value may be or hold, each with what its path adds; secrets have their own section."""
    for part in _parts(schema):
        places = [("", part), ("", part.get("items", {})), *((".NAME", named) for named in _named(part))]
        for added, place in places:
            name = place.get("$ref", "").removeprefix("#/$defs/")
            if name and not name.startswith("From"):
                inner = SCHEMA["$defs"][name]
                grant = inner["properties"].get("grant", {}).get("const")
                yield f"{added}, grant = {grant}" if grant else added, inner


def _named(part: dict[str, Any]) -> list[dict[str, Any]]:
    return list(part.get("patternProperties", {}).values())


def _tables(path: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tables of the file in the order of its keys, each with its path."""
    yield path, schema
    for name, member in schema["properties"].items():
        for added, inner in _inner_tables(member):
            yield from _tables(f"{path}.{name}{added}".lstrip("."), inner)


def _markdown() -> str:
    lines: list[str] = []
    for path, schema in _tables("", SCHEMA):
        lines += [f"## {path}\n", f"{schema['description']}\n"] if path else ["## Top level\n"]
        lines.append(table(("key", "value", ""), _rows(schema)))
    lines += ["## Secrets\n", "A secret is one of these. A text in the file itself works, with a warning.\n"]
    secrets = {name: member for table_name, schema in SCHEMA["$defs"].items() if table_name.startswith("From")
               for name, member in schema["properties"].items()}  # fmt: skip
    lines.append(table(("key", "value", ""), _rows({"properties": secrets})))
    return "\n".join(lines)


def test_the_reference_of_the_settings_is_generated_from_the_schema() -> None:
    check_generated(DOCS / "settings.md", _markdown())


def test_every_variable_that_the_code_reads_is_on_the_page() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "server").rglob("*.py"))
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    variables = r"\bCLOSIENT_[A-Z_]*[A-Z]\b"
    assert set(re.findall(variables, page)) == set(re.findall(variables, code))
