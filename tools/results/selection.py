"""Selecting a part of a JSON value by a JMESPath expression."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonObject, JsonValue

SELECT: JsonObject = {
    "type": "string",
    "maxLength": 4_000,
    "description": "What to return of the result, in JMESPath: data[?total > `100`].id",
}


def select(value: JsonValue, expression: str) -> JsonValue:
    """What a JMESPath expression selects, None if that is nothing.

    Raises:
        InvalidArgumentsError: the expression is invalid, or does not fit the value.
    """
    from .evaluation import evaluate

    with _readable_errors(expression):
        return evaluate(value, expression)


def check_syntax(expression: str) -> None:
    """Check an expression before a request is sent.

    Raises:
        InvalidArgumentsError: the expression is invalid.
    """
    import jmespath

    with _readable_errors(expression):
        jmespath.compile(expression)


@contextmanager
def _readable_errors(expression: str) -> Generator[None]:
    from jmespath.exceptions import JMESPathError

    try:
        yield
        return
    except JMESPathError as error:
        reason = " ".join(str(error).split())[:300]
    except RecursionError:
        reason = "it is nested too deeply"
    raise InvalidArgumentsError(
        f"The JMESPath expression in `select` cannot be used: {reason}.",
        "Names with other characters than letters, digits and _ need double quotes, text in comparisons 'single' "
        "quotes, numbers `backticks`.",
        {"select": expression},
    )
