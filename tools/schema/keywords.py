"""The keywords of a schema that contain no subschemas: types, values, bounds and descriptions."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable

from ..formats.json_values import JsonObject, JsonValue, LiteralNumber, as_list, as_text, to_text
from ..formats.text import clean, clean_value, one_line, sentences, without_markup

TEXT_LIMIT = 300
ENUM_LIMIT = 2_000
_VALUE_LIMIT = 300
_NOTE_LIMIT = 60

_TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}
# Invalid types that documents use.
_SYNONYMS = {"str": "string", "text": "string", "file": "string", "date": "string", "date-time": "string",
          "datetime": "string", "uuid": "string", "uri": "string", "url": "string", "email": "string",
          "int": "integer", "int32": "integer", "int64": "integer", "long": "integer", "float": "number",
          "double": "number", "decimal": "number", "bool": "boolean", "list": "array", "dict": "object",
          "map": "object", "json": "object"}  # fmt: skip
# Some hosts reject all other formats.
_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
_OMITTED_FORMATS = {"int32", "int64", "int16", "uint", "uint32", "uint64", "uint16", "uint8", "int8", "float", "double",
           "string", "number", "integer", "boolean", "binary", "password", "decimal"}  # fmt: skip
_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_COUNTS = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
_DEFAULT_ZERO = {lower for lower, _ in _COUNTS.values()}
# The bounds of integer types themselves are not worth mentioning.
_TYPE_BOUND = 2**31 - 1
_MAX_PATTERN = 200
# Syntax that differs between engines.
_NOT_PORTABLE = re.compile(r"\(\?(?![:=!]|<[=!])|[*+?}]\+")
_ESCAPE = re.compile(r"\\(?:[dDwWsSbBtnvfr0^$\\.*+?()\[\]{}|/]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})")
_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]", re.DOTALL)
_QUANTIFIER = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")


def types_of(schema: JsonObject) -> tuple[list[str], bool]:
    """The types that a schema allows ([] for all), and whether null is allowed besides others."""
    types = schema.get("type")
    names = [as_text(kind).lower() for kind in (types if isinstance(types, list) else [types])]
    kinds = [kind for kind in dict.fromkeys(_SYNONYMS.get(name, name) for name in names) if kind in _TYPES]
    others = [kind for kind in kinds if kind != "null"]
    null = schema.get("nullable") is True or (bool(others) and "null" in kinds)
    if not others and "null" not in kinds and (implied := _implied(schema)):
        others = [implied]
    values = schema.get("enum")
    if isinstance(values, list) and None in values and len(values) > 1:
        null = True
    return others or kinds, null


def _implied(schema: JsonObject) -> str:
    """The single type that the other keywords imply, or ''."""
    if isinstance(schema.get("properties"), dict) or "additionalProperties" in schema or "patternProperties" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    values = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
    kinds = {json_type(value) for value in values if value is not None}
    return kinds.pop() if len(kinds) == 1 and kinds <= set(_SCALARS) else ""


def json_type(value: JsonValue) -> str:
    """The JSON Schema type of a value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if value is None:
        return "null"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def keywords(schema: JsonObject, kind: str) -> JsonObject | None:
    """The constraints for values of one type ('' for any), or None if it allows no value of that type."""
    result: JsonObject = {"type": kind} if kind else {}
    if "const" in schema or "enum" in schema:
        listed = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
        values = list(_values(listed, kind))
        if (
            listed
            and not values
            and kind
            and all(json_type(value) in _SCALARS for value in listed if value is not None)
        ):
            return None
        if values and len(values) <= ENUM_LIMIT and all(map(_is_shown, values)):
            result |= {"const": values[0]} if "const" in schema else {"enum": values}
        if values:
            return result  # listed values need no bounds
    if as_text(schema.get("format")) in _FORMATS and kind in ("string", ""):
        result["format"] = schema["format"]
    pattern = schema.get("pattern")
    if kind in ("string", "") and isinstance(pattern, str) and clean(pattern) == pattern and is_portable(pattern):
        result["pattern"] = pattern
    for lower, upper in (_COUNTS[kind],) if kind in _COUNTS else () if kind else _COUNTS.values():
        result |= _between(lower, _count(schema.get(lower)), upper, _count(schema.get(upper)))
    if kind in ("number", "integer", ""):
        result |= _number_bounds(schema)
    if kind == "array" and schema.get("uniqueItems") is True:
        result["uniqueItems"] = True
    return result


def _values(listed: Iterable[JsonValue], kind: str) -> Iterable[JsonValue]:
    """The distinct values of a type."""
    values = (declared_value(value, kind) for value in listed)
    return {to_text(value): value for value in values if value is not None}.values()


def _text(value: JsonValue) -> str:
    """A value as text, a number as the document has it: 1.10, not 1.1."""
    if isinstance(value, LiteralNumber):
        return value.text
    return value if isinstance(value, str) else to_text(value)


def _is_shown(value: JsonValue) -> bool:
    return len(to_text(value)) <= _VALUE_LIMIT and clean_value(value) == value


def declared_value(value: JsonValue, kind: str) -> JsonValue:
    """Convert a value to the declared type: unquoted strings in YAML become numbers and booleans."""
    if value is None or kind not in _SCALARS:
        return value
    own = json_type(value)
    if own == kind or (kind == "number" and own == "integer"):
        return value
    if kind == "string" and own in _SCALARS:
        return _text(value)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind in ("integer", "number") and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value):
        return int(value)
    return {"true": True, "false": False}.get(value.lower()) if kind == "boolean" and isinstance(value, str) else None


def _count(value: JsonValue) -> float | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _TYPE_BOUND else None


def _number(value: JsonValue) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return value if plain and abs(value) < _TYPE_BOUND else None  # type: ignore[arg-type, return-value]  # pyright: ignore


def _between(lower: str, least: float | None, upper: str, most: float | None) -> JsonObject:
    """Both bounds, or {} if no value is between them."""
    if least is not None and most is not None and least > most:
        return {}
    if least == 0 and lower in _DEFAULT_ZERO:
        least = None
    return {key: bound for key, bound in ((lower, least), (upper, most)) if bound is not None}


def _number_bounds(schema: JsonObject) -> JsonObject:
    names: list[str] = []
    bounds: list[float | None] = []
    for plain, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        bound, strict = _number(schema.get(plain)), _number(schema.get(exclusive))
        if schema.get(exclusive) is True:  # OpenAPI 3.0: a flag beside the bound
            strict = bound
        names.append(plain if strict is None else exclusive)
        bounds.append(bound if strict is None else strict)
    result = _between(names[0], bounds[0], names[1], bounds[1])
    step = _number(schema.get("multipleOf"))
    return result if step is None or step <= 0 else {**result, "multipleOf": step}


def description_of(schema: JsonObject, kind: str) -> str:
    """The description, with notes for keywords that hosts don't accept."""
    text = one_line(without_markup(as_text(schema.get("description"))[: TEXT_LIMIT * 8]), TEXT_LIMIT)
    notes: list[str] = []
    if schema.get("deprecated") is True and "deprecated" not in text.lower():
        notes.append("Deprecated.")
    form = as_text(schema.get("format"))
    is_notable = form not in _FORMATS | _OMITTED_FORMATS and len(form) < 20 and kind in ("string", "")
    if form and is_notable and form.lower() not in text.lower():
        notes.append(f"Format: {one_line(form, 20)}.")
    if "default" not in text.lower() and (default := _short(schema.get("default"))):
        notes.append(f"Default {default}.")
    if not text and kind == "string" and not schema.get("enum") and "const" not in schema:
        examples = schema.get("examples")
        example = _short(schema.get("example", examples[0] if isinstance(examples, list) and examples else None))
        notes += [f"E.g. {example}."] if example else []
    if kind in _SCALARS and len(as_list(schema.get("enum"))) > ENUM_LIMIT:
        notes.append(enum_summary(as_list(schema.get("enum"))))
    return sentences(text, *notes)


def enum_summary(values: list[JsonValue]) -> str:
    """A sentence that replaces a long list of values."""
    shown = ", ".join(one_line(_text(value), 40) for value in values[:8])
    return f"One of {len(values)} values, such as {shown}."


def _short(value: JsonValue) -> str:
    if value is None or value == "" or isinstance(value, dict | list):
        return ""
    text = _text(value)
    return one_line(text, _NOTE_LIMIT) if len(text) <= _NOTE_LIMIT else ""


def is_portable(pattern: str) -> bool:
    """Whether a pattern is short, and means the same in Python and ECMAScript."""
    if len(pattern) > _MAX_PATTERN:
        return False
    outside = _CLASS.sub("x", pattern)
    inside = "".join(_CLASS.findall(pattern)).replace("\\-", "")
    if "\\" in _ESCAPE.sub("", outside) or "\\" in _ESCAPE.sub("", inside):
        return False
    bare = _ESCAPE.sub("", outside)
    if _NOT_PORTABLE.search(bare) or set("{}]") & set(_QUANTIFIER.sub("", bare)):
        return False
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
