"""What is wrong with arguments, in messages that say how to correct them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.text import one_line
from ..formats.words import words_of
from .keywords import json_type
from .references import applicable_schemas

if TYPE_CHECKING:
    from jsonschema import ValidationError

BODY = "body"
_MAX_SHOWN = 60
_MAX_NAMES = 30
# Names of the argument that limits how many items are returned.
_LIMITS = {"limit", "max results", "page size", "per page", "count", "size", "max items", "top", "first"}
_KINDS = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def argument_errors(errors: Iterable[ValidationError], schema: JsonObject) -> list[str]:
    """A message for each fault that a tool's input schema finds in arguments, each once."""
    found = list(errors)
    misplaced = [name for error in found if not error.absolute_path for name in _inside_body(error, schema)]
    messages = [message for error in found for message in _messages(error, schema)]
    for error in found:
        if error.validator == "enum":  # of a discriminator, whose branches have a part of its values each
            own, about = f"`{_path(error)}` {_rule(error)}", f"`{_path(error)}` must be "
            messages = [message for message in messages if message == own or not message.startswith(about)]
    if misplaced:
        messages = [message for message in messages if message != f"`{BODY}` is missing"]
        messages.insert(
            0, f"{_joined(misplaced, 'and')} {'belong' if len(misplaced) > 1 else 'belongs'} inside `{BODY}`"
        )
    return list(dict.fromkeys(messages))


def unknown_arguments(schema: JsonObject, arguments: JsonObject) -> list[str]:
    """Messages about the arguments that a tool does not take."""
    if schema.get("additionalProperties") is not False or schema.get("patternProperties"):
        return []
    known, in_body = as_object(schema.get("properties")), body_members(schema)
    return [
        f"`{name[:80]}` belongs inside `{BODY}`" if name in in_body else _unknown("", name, known)
        for name in arguments
        if name not in known
    ]


def body_members(schema: JsonObject) -> JsonObject:
    """The properties of the argument `body`."""
    body = as_object(as_object(schema.get("properties")).get(BODY))
    members: JsonObject = {}
    for part in applicable_schemas([body], as_object(schema.get("$defs"))) if body else ():
        members = {**as_object(part.get("properties")), **members}
    return members


def required_arguments(schema: JsonObject) -> list[str]:
    """The required arguments, those of a required body as `body.name`."""
    names = [as_text(name) for name in as_list(schema.get("required"))]
    body = as_object(as_object(schema.get("properties")).get(BODY))
    parts = applicable_schemas([{key: body[key] for key in ("$ref", "required") if key in body}],
                               as_object(schema.get("$defs")))  # fmt: skip
    inside = [f"{BODY}.{as_text(name)}" for part in parts for name in as_list(part.get("required"))]
    inside = list(dict.fromkeys(inside)) if BODY in names else []
    return [name for name in names if name != BODY or not inside] + inside


def expected_arguments(schema: JsonObject) -> str:
    """A sentence about what a tool takes and requires."""
    names = list(as_object(schema.get("properties")))
    if not names:
        return "It takes no arguments."
    members = list(body_members(schema))
    inside = f" ({', '.join(members[:_MAX_NAMES])}{', …' if len(members) > _MAX_NAMES else ''})" if members else ""
    shown = [f"{name}{inside}" if name == BODY else name for name in names[:_MAX_NAMES]]
    required = ", ".join(required_arguments(schema)) or "none"
    return f"It takes {', '.join(shown)}; required: {required}. Nothing was sent."


def _inside_body(error: ValidationError, schema: JsonObject) -> list[str]:
    """The unexpected arguments that are properties of the body."""
    if error.validator != "additionalProperties":
        return []
    known, members = as_object(schema.get("properties")), body_members(schema)
    return [name for name in _value(error) if name not in known and name in members]


def _messages(error: ValidationError, schema: JsonObject) -> Iterator[str]:
    path = _path(error)
    if error.validator == "additionalProperties":
        known = as_object(_schema(error).get("properties"))
        misplaced = _inside_body(error, schema) if not path else []
        yield from (
            _unknown(path, name, known) for name in _value(error) if name not in known and name not in misplaced
        )
    elif error.validator == "required":
        known, present = as_object(_schema(error).get("properties")), _value(error)
        for name in map(as_text, as_list(_schema(error).get("required"))):
            if name not in present:
                choices = _choices(as_object(known.get(name)))
                yield f"`{_inside(path, name)}` is missing{f' ({choices})' if choices else ''}"
    elif error.validator in ("anyOf", "oneOf") and error.context:
        yield from _union(error, path, schema)
    else:
        yield f"`{path or 'arguments'}` {_rule(error)}"


def _union(error: ValidationError, path: str, schema: JsonObject) -> Iterator[str]:
    """The faults of the branch that fits best: the right type, and the fewest faults."""
    branches: dict[object, list[ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    of_type = [faults for faults in branches.values() if not any(f.validator == "type" and not f.path for f in faults)]
    if of_type:
        for fault in min(of_type, key=len):
            yield from _messages(fault, schema)
        return
    kinds = [kind for faults in branches.values() for kind in _types(faults[0].schema)]
    yield f"`{path or 'arguments'}` must be {_either(kinds)}, not {_shown(error)}"


def _rule(error: ValidationError) -> str:
    limit = cast("JsonValue", error.validator_value)
    rules: Mapping[str, Callable[[], str]] = {
        "type": lambda: f"must be {_either(_types(error.schema))}, not {_shown(error)}{_lost_digits(error)}",
        "enum": lambda: f"must be {_choices(_schema(error))}, not {_shown(error)}",
        "const": lambda: f"must be {to_text(limit)}, not {_shown(error)}",
        "minimum": lambda: f"must be at least {to_text(limit)}, not {_shown(error)}",
        "maximum": lambda: f"must be at most {to_text(limit)}, not {_shown(error)}",
        "exclusiveMinimum": lambda: f"must be more than {to_text(limit)}, not {_shown(error)}",
        "exclusiveMaximum": lambda: f"must be less than {to_text(limit)}, not {_shown(error)}",
        "multipleOf": lambda: f"must be a multiple of {to_text(limit)}, not {_shown(error)}",
        "minLength": lambda: f"must have at least {to_text(limit)} characters, not {_size(error)}",
        "maxLength": lambda: f"must have at most {to_text(limit)} characters, not {_size(error)}",
        "minItems": lambda: f"must have at least {to_text(limit)} items, not {_size(error)}",
        "maxItems": lambda: f"must have at most {to_text(limit)} items, not {_size(error)}",
        "minProperties": lambda: f"must have at least {to_text(limit)} properties, not {_size(error)}",
        "maxProperties": lambda: f"must have at most {to_text(limit)} properties, not {_size(error)}",
        "uniqueItems": lambda: "must not have the same item twice",
    }
    rule = rules.get(str(error.validator))
    return rule() if rule else f"breaks the rule `{error.validator}`: {one_line(to_text(limit), 100)}"


def _unknown(path: str, name: str, known: Mapping[str, JsonValue]) -> str:
    near = _nearest(name, list(known))
    question = f"; did you mean {_joined([_inside(path, other) for other in near], 'or')}?" if near else ""
    return f"there is no `{_inside(path, name)[:120]}`{question}"


def _nearest(name: str, known: Sequence[str]) -> list[str]:
    """The names with the same words, else those for the same thing or spelt alike."""
    words = {other: " ".join(words_of(other)) for other in known}
    wanted = " ".join(words_of(name))
    if same := [other for other in known if words[other].replace(" ", "") == wanted.replace(" ", "")]:
        alike = [other for other in known if other not in same and {wanted, words[other]} <= _LIMITS]
        return [*same, *alike][:3]
    alike = [other for other in known if {wanted, words[other]} <= _LIMITS]
    import difflib

    return [*alike, *difflib.get_close_matches(name, known, n=2, cutoff=0.6)][:3]


def _joined(names: Sequence[str], word: str) -> str:
    quoted = [f"`{name[:80]}`" for name in names[:_MAX_NAMES]]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _path(error: ValidationError) -> str:
    path = ""
    for part in error.absolute_path:
        path = f"{path}[{part}]" if isinstance(part, int) else _inside(path, str(part))
    return path


def _schema(error: ValidationError) -> JsonObject:
    return as_object(cast("JsonValue", error.schema))


def _value(error: ValidationError) -> JsonObject:
    return as_object(cast("JsonValue", error.instance))


def _types(schema: object) -> list[str]:
    node = as_object(cast("JsonValue", schema))
    kinds = node.get("type")
    return [as_text(kind) for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind]


def _either(kinds: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(_KINDS.get(kind, kind) for kind in kinds)) or "something else"


def _shown(error: ValidationError) -> str:
    """The value, or its type if it is long."""
    value = cast("JsonValue", error.instance)
    text = to_text(value)
    return one_line(text, _MAX_SHOWN) if len(text) <= _MAX_SHOWN else _KINDS.get(json_type(value), "that")


def _size(error: ValidationError) -> int:
    return len(cast("Sequence[object]", error.instance))


def _lost_digits(error: ValidationError) -> str:
    is_number = isinstance(error.instance, int | float) and not isinstance(error.instance, bool)
    is_rounded = isinstance(error.instance, float) and error.instance.is_integer()
    if is_number and ("string" in _types(error.schema) or (is_rounded and "integer" in _types(error.schema))):
        return " (a number may have lost digits on its way; give it as text)"
    return ""


def _choices(schema: JsonObject) -> str:
    values = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
    return one_line(" or ".join(map(to_text, values)), 200)
