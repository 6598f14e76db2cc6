"""Arguments checked against a tool's input schema before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonObject, JsonValue, as_object, parse_nested, to_text
from ..formats.text import one_line
from .coercion import mend, takes_anything

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator
    from referencing.jsonschema import SchemaRegistry

BODY = "body"


_SHOWN = 5


class ArgumentChecker:
    """Checks arguments by JSON Schema 2020-12; validators are kept by the name of their tool."""

    def __init__(self) -> None:
        self._validators: dict[str, tuple[JsonObject, Validator]] = {}

    def check(self, tool: str, schema: JsonObject, arguments: JsonObject) -> JsonObject:
        """The arguments, if they fit, where need be as they were meant (`coercion.py`).

        Raises:
            InvalidArgumentsError: they do not fit; names each place and what belongs there.
        """
        _check_sendable(tool, arguments)
        known, validator = self._validators.get(tool, (None, None))
        if validator is None or known is not schema:
            validator = _validator(schema)
            self._validators[tool] = schema, validator
        arguments = _read_body(schema, arguments)
        errors = _errors(validator, arguments)
        if errors:
            arguments = mend(schema, arguments)
            errors = _errors(validator, arguments)
        if errors:
            said = [_say(error) for error in errors[:_SHOWN]]
            more = f" (and {len(errors) - _SHOWN} more)" if len(errors) > _SHOWN else ""
            raise InvalidArgumentsError(
                f"The arguments of {tool} do not fit: {'; '.join(said)}{more}.",
                _expected(schema),
                {"errors": list[JsonValue](said)},
            )
        return arguments


def _check_sendable(tool: str, arguments: JsonObject) -> None:
    try:
        json.dumps(arguments, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:  # half a character, or a number that JSON has no words for
        raise InvalidArgumentsError(
            f"The arguments of {tool} cannot be sent: {one_line(str(error), 150)}.",
            "Leave out broken characters, infinities and very deep nesting. Nothing was sent.",
        ) from None


def _validator(schema: JsonObject) -> Validator:
    from jsonschema import Draft202012Validator, validators  # 60-100 ms that a start need not wait for
    from referencing import Registry

    # A document's patterns are written for other engines and can take for ever in ours: the service judges them.
    lenient = cast(
        "type[Draft202012Validator]",
        validators.extend(Draft202012Validator, {"pattern": _accept}),  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]
    )
    # An empty registry: a `$ref` to anywhere else must never be fetched.
    nothing: SchemaRegistry = Registry()
    return lenient(schema, registry=nothing)


def _accept(*_: object) -> Iterable[ValidationError]:
    return ()


def _errors(validator: Validator, arguments: JsonObject) -> list[ValidationError]:
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


def _read_body(schema: JsonObject, arguments: JsonObject) -> JsonObject:
    """The arguments with an object or array where the body may be anything, and was written as JSON text."""
    body = as_object(schema.get("properties")).get(BODY)
    if isinstance(body, dict) and isinstance(arguments.get(BODY), str) and takes_anything(body):
        return {**arguments, BODY: parse_nested(arguments[BODY])}
    return arguments
