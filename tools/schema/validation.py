"""Validation of arguments against a tool's input schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, cast

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonObject, as_object, parse_nested
from ..formats.text import one_line
from .argument_errors import BODY, argument_errors, expected_arguments
from .coercion import accepts_anything, coerce

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.protocols import Validator
    from referencing.jsonschema import SchemaRegistry

_MAX_ERRORS = 20
_STRICT = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


class ArgumentChecker:
    """Validates arguments by JSON Schema 2020-12, with one cached validator per tool."""

    def __init__(self) -> None:
        self._validators: dict[str, tuple[JsonObject, Validator]] = {}

    def check(self, tool: str, schema: JsonObject, arguments: JsonObject) -> JsonObject:
        """The arguments if they are valid, coerced if necessary.

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
            messages = argument_errors(errors, schema)
            more = f" (and {len(messages) - _MAX_ERRORS} more)" if len(messages) > _MAX_ERRORS else ""
            faults = "; ".join(messages[:_MAX_ERRORS])
            end = "" if faults.endswith("?") and not more else "."
            raise InvalidArgumentsError(
                f"The arguments of {tool} are invalid: {faults}{more}{end}", expected_arguments(schema)
            )
        return arguments


def _check_sendable(tool: str, arguments: JsonObject) -> None:
    try:
        _STRICT.encode(arguments).encode()
    except (ValueError, RecursionError) as error:  # a lone surrogate, or a number that JSON cannot represent
        raise InvalidArgumentsError(
            f"The arguments of {tool} cannot be sent: {one_line(str(error), 150)}.",
            "Remove halves of surrogate pairs, infinities and very deep nesting. Nothing was sent.",
        ) from None


def _validator(schema: JsonObject) -> Validator:
    from referencing import Registry  # 60-100 ms, as jsonschema, that a start need not wait for

    # An empty registry, so that no remote `$ref` is ever fetched.
    empty: SchemaRegistry = Registry()
    return _lenient()(schema, registry=empty)


@cache
def _lenient() -> type[Draft202012Validator]:
    from jsonschema import Draft202012Validator, validators

    # Patterns are written for other engines and can take exponential time in Python's; the service checks them.
    return cast(
        "type[Draft202012Validator]",
        validators.extend(  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]
            Draft202012Validator,
            {"pattern": _accept, "multipleOf": _multiple_of},
            # 5.0 is valid, but many services refuse it: it is coerced to 5.
            type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
        ),
    )


def _is_integer(_: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


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


def _read_body(schema: JsonObject, arguments: JsonObject) -> JsonObject:
    """Parse JSON text in the body if its schema accepts anything."""
    body = as_object(schema.get("properties")).get(BODY)
    if isinstance(body, dict) and isinstance(arguments.get(BODY), str) and accepts_anything(body):
        return {**arguments, BODY: parse_nested(arguments[BODY])}
    return arguments
