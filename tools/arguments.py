"""Arguments checked against a tool's input schema before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .errors import BadArguments
from .json_values import JsonObject, JsonValue, NotJson, as_object, parse_json, to_text
from .text import one_line

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

_SHOWN = 5


class ArgumentChecker:
    """Checks arguments by JSON Schema 2020-12; validators are kept by the name of their tool."""

    def __init__(self) -> None:
        self._validators: dict[str, Draft202012Validator] = {}

    def check(self, tool: str, schema: JsonObject, arguments: JsonObject) -> JsonObject:
        """The arguments, if they fit; objects and arrays that a model wrote as JSON text are read first.

        Raises:
            BadArguments: they do not fit; names each place and what belongs there.
        """
        validator = self._validators.get(tool)
        if validator is None:
            validator = self._validators[tool] = _validator(schema)
        errors = _errors(validator, arguments)
        if errors:
            arguments = _unquoted(schema, arguments)
            errors = _errors(validator, arguments)
        if errors:
            said = [_say(error) for error in errors[:_SHOWN]]
            more = f" (and {len(errors) - _SHOWN} more)" if len(errors) > _SHOWN else ""
            raise BadArguments(
                f"The arguments of {tool} do not fit: {'; '.join(said)}{more}.",
                _expected(schema),
                {"errors": list[JsonValue](said)},
            )
        return arguments


def _validator(schema: JsonObject) -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # 60-100 ms that a start need not wait for
    from referencing import Registry

    # An empty registry: a `$ref` to anywhere else must never be fetched.
    return Draft202012Validator(schema, registry=Registry())


def _errors(validator: Draft202012Validator, arguments: JsonObject) -> list[ValidationError]:
    found: Iterable[ValidationError] = validator.iter_errors(arguments)  # pyright: ignore[reportUnknownMemberType] (a stub's gap)
    return sorted(found, key=lambda error: [str(part) for part in error.absolute_path])


def _say(error: ValidationError) -> str:
    place = ".".join(str(part) for part in error.absolute_path)
    return f"{place}: {one_line(error.message, 200)}" if place else one_line(error.message, 200)


def _expected(schema: JsonObject) -> str:
    names = list(as_object(schema.get("properties")))
    if not names:
        return "It takes no arguments."
    required = schema.get("required") or []
    return f"It takes {', '.join(names[:30])}; required: {to_text(required)}. Nothing was sent."


def _unquoted(schema: JsonObject, arguments: JsonObject) -> JsonObject:
    """Models send objects and arrays as JSON text now and then; a schema that wants text keeps the text."""
    properties = as_object(schema.get("properties"))
    result = dict(arguments)
    for name, value in arguments.items():
        wanted = as_object(properties.get(name)).get("type")
        if isinstance(value, str) and wanted in ("object", "array"):
            try:
                result[name] = parse_json(value)
            except NotJson:
                continue
    return result
