"""Validation of arguments against a tool's input schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, parse_nested, to_text
from ..formats.suggestions import did_you_mean
from ..formats.text import one_line
from .coercion import accepts_anything, coerce

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator
    from referencing.jsonschema import SchemaRegistry

BODY = "body"
_MAX_ERRORS = 5


class ArgumentChecker:
    """Validates arguments by JSON Schema 2020-12, with one cached validator per tool."""

    def __init__(self) -> None:
        self._validators: dict[str, tuple[JsonObject, Validator]] = {}

    def check(self, tool: str, schema: JsonObject, arguments: JsonObject) -> JsonObject:
        """Return the arguments if they are valid, coerced if necessary.

        Raises:
            InvalidArgumentsError: they are invalid; lists the errors.
        """
        _check_sendable(tool, arguments)
        known, validator = self._validators.get(tool, (None, None))
        if validator is None or known is not schema:
            validator = _validator(schema)
            self._validators[tool] = schema, validator
        arguments = _read_body(schema, arguments)
        errors = _errors(validator, arguments)
        if errors:
            arguments = coerce(schema, arguments)
            errors = _errors(validator, arguments)
        if errors:
            messages = [_message(error) for error in errors[:_MAX_ERRORS]]
            more = f" (and {len(errors) - _MAX_ERRORS} more)" if len(errors) > _MAX_ERRORS else ""
            raise InvalidArgumentsError(
                f"The arguments of {tool} are invalid: {'; '.join(messages)}{more}.",
                _expected(schema),
                {"errors": list[JsonValue](messages)},
            )
        return arguments


def _check_sendable(tool: str, arguments: JsonObject) -> None:
    try:
        json.dumps(arguments, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:  # a lone surrogate, or a number that JSON cannot represent
        raise InvalidArgumentsError(
            f"The arguments of {tool} cannot be sent: {one_line(str(error), 150)}.",
            "Remove lone surrogates, infinities and very deep nesting. Nothing was sent.",
        ) from None


def _validator(schema: JsonObject) -> Validator:
    from jsonschema import Draft202012Validator, validators  # 60-100 ms that a start need not wait for
    from referencing import Registry

    # Patterns are written for other engines and can take exponential time in Python's; the service checks them.
    lenient = cast(
        "type[Draft202012Validator]",
        validators.extend(Draft202012Validator, {"pattern": _accept, "multipleOf": _multiple_of}),  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]
    )
    # An empty registry, so that no remote `$ref` is ever fetched.
    empty: SchemaRegistry = Registry()
    return lenient(schema, registry=empty)


def _accept(*_: object) -> Iterable[ValidationError]:
    return ()


def _multiple_of(_: Validator, step: float, value: object, __: JsonObject) -> Iterator[ValidationError]:
    """Compare as decimals, because 19.99 is a multiple of 0.01, but not so the nearest binary fractions."""
    from fractions import Fraction

    from jsonschema import ValidationError

    if isinstance(value, int | float) and not isinstance(value, bool):
        number, unit = (Fraction(part if isinstance(part, int) else repr(float(part))) for part in (value, step))
        if number % unit:
            yield ValidationError(f"{value!r} is not a multiple of {step}")


def _errors(validator: Validator, arguments: JsonObject) -> list[ValidationError]:
    errors: Iterable[ValidationError] = validator.iter_errors(arguments)  # pyright: ignore[reportUnknownMemberType] (a stub's gap)
    return sorted(errors, key=lambda error: [str(part) for part in error.absolute_path])


def unknown_arguments(schema: JsonObject, arguments: JsonObject) -> list[str]:
    """Messages about the arguments that a tool does not take, each with the nearest name."""
    if schema.get("additionalProperties") is not False or schema.get("patternProperties"):
        return []
    names = as_object(schema.get("properties"))
    return [f"no argument `{name[:80]}`{did_you_mean(name, names)}" for name in arguments if name not in names]


def _message(error: ValidationError) -> str:
    path = ".".join(str(part) for part in error.absolute_path)
    text = one_line(error.message, 200) + _hint(error)
    return f"{path}: {text}" if path else text


def _hint(error: ValidationError) -> str:
    """How to correct an error, if that is likely to be known."""
    schema, value = as_object(cast("JsonValue", error.schema)), cast("JsonValue", error.instance)
    names = as_object(schema.get("properties"))
    if error.validator == "additionalProperties":
        unexpected = [name for name in as_object(value) if name not in names]
        return did_you_mean(unexpected[0], names) if len(unexpected) == 1 else ""
    if error.validator == "required":
        missing = next((name for name in names if repr(name) in error.message), "")
        return _choices(as_object(names.get(missing)))
    if error.validator == "type" and schema.get("type") == "string" and isinstance(value, int | float):
        return " (a number may have lost digits on its way; give it as text)"
    return ""


def _choices(schema: JsonObject) -> str:
    values = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
    return f" ({one_line(' or '.join(map(to_text, values)), 200)})" if values else ""


def _expected(schema: JsonObject) -> str:
    names = list(as_object(schema.get("properties")))
    if not names:
        return "It takes no arguments."
    required = schema.get("required") or []
    return f"It takes {', '.join(names[:30])}; required: {to_text(required)}. Nothing was sent."


def _read_body(schema: JsonObject, arguments: JsonObject) -> JsonObject:
    """Parse JSON text in the body if its schema accepts anything."""
    body = as_object(schema.get("properties")).get(BODY)
    if isinstance(body, dict) and isinstance(arguments.get(BODY), str) and accepts_anything(body):
        return {**arguments, BODY: parse_nested(arguments[BODY])}
    return arguments
