"""Evaluation of JMESPath expressions in bounded time and memory, whatever the expression and the value are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, cast

import jmespath
from jmespath.exceptions import JMESPathError, JMESPathTypeError
from jmespath.functions import Functions
from jmespath.visitor import Options, TreeInterpreter

from ..formats.json_values import JsonValue, LiteralNumber, as_list, as_text

# About three seconds.
_MAX_STEPS = 4_000_000
_CHARACTERS_OF_A_STEP = 16
# The functions that read all that is inside their arguments.
_DEEP = ("contains", "join", "to_string")


def evaluate(value: JsonValue, expression: str, max_steps: int = _MAX_STEPS) -> JsonValue:
    """What an expression selects, None if that is nothing.

    A step is a node of the expression at one value, or a part of a value that is read or copied.

    Raises:
        JMESPathError: the expression is invalid, does not fit the value, or takes too long.
        RecursionError: it is nested too deeply.
    """
    parsed, steps = jmespath.compile(expression).parsed, _Steps(max_steps)
    try:
        return cast(JsonValue, _Interpreter(steps).visit(parsed, value))
    except JMESPathTypeError:  # its functions know numbers by their exact type
        return cast(JsonValue, _Interpreter(steps).visit(parsed, _rounded(value)))


def _rounded(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: _rounded(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(value) if isinstance(value, LiteralNumber) else value


class _Steps:
    """The steps that an evaluation may still take."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, steps: int = 1) -> None:
        self._left -= steps
        if self._left < 0:
            raise JMESPathError("it takes too long: select fewer items before it, such as data[:1000]")

    def take_for(self, value: JsonValue) -> None:
        """Take a step for each item and member, and for some characters or digits, but not for what is inside them."""
        if isinstance(value, list | dict):
            self.take(len(value))
        elif isinstance(value, str):
            self.take(len(value) // _CHARACTERS_OF_A_STEP)
        elif isinstance(value, int):
            self.take(value.bit_length() // 64)

    def take_for_all(self, value: JsonValue) -> None:
        """Take the steps for a value and all that is inside it; what occurs there twice counts twice."""
        pending = [value]
        while pending:
            node = pending.pop()
            self.take_for(node)
            if isinstance(node, dict):
                pending += (*node, *node.values())
            elif isinstance(node, list):
                pending += node


class _Functions(Functions):
    def __init__(self, steps: _Steps) -> None:
        self._steps = steps

    def call_function(self, function_name: str, resolved_args: Iterable[Any]) -> Any:
        arguments = list(resolved_args)
        for argument in arguments:
            (self._steps.take_for_all if function_name in _DEEP else self._steps.take_for)(argument)
        if function_name == "join" and len(arguments) == 2:
            separator, items = arguments
            self._steps.take(len(as_text(separator)) * len(as_list(items)) // _CHARACTERS_OF_A_STEP)
        try:
            return super().call_function(function_name, arguments)
        except JMESPathTypeError as error:
            value: JsonValue = error.current_value  # all of it would be in the message
            error.current_value = "…" if isinstance(value, list | dict) else as_text(value)[:80] or value
            raise
        except JMESPathError:
            raise
        except (TypeError, ValueError, OverflowError):
            raise JMESPathError(f"{function_name}() got a value that it cannot take") from None


class _Interpreter(TreeInterpreter):
    def __init__(self, steps: _Steps) -> None:
        super().__init__(Options(custom_functions=_Functions(steps)))
        self._steps = steps

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._steps.take()
        result = getattr(self, f"visit_{node['type']}")(node, *args, **kwargs)
        if isinstance(result, float) and not math.isfinite(result):
            raise JMESPathError("a number is too large, or not a number")
        return result

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base: JsonValue = self.visit(node["children"][0], value)
        for item in as_list(base):
            self._steps.take(len(item) if isinstance(item, list) else 1)
        return super().visit_flatten(_of_values(node, base), value)

    def visit_slice(self, node: Any, value: Any) -> Any:
        if node["children"][2] == 0:
            raise JMESPathError("the step of a slice is 0")
        result = super().visit_slice(node, value)
        self._steps.take_for(result)
        return result

    def visit_comparator(self, node: Any, value: Any) -> Any:
        sides: list[JsonValue] = [self.visit(child, value) for child in node["children"]]
        if all(isinstance(side, list | dict) for side in sides):
            self._steps.take_for_all(sides)
        try:
            return super().visit_comparator(_of_values(node, *sides), value)
        except TypeError:
            raise JMESPathError("it compares text with a number; to_number() makes a number of text") from None


def _of_values(node: Any, *values: JsonValue) -> Any:
    """A node of an expression with values in place of the expressions inside it."""
    return {**node, "children": [{"type": "literal", "value": value} for value in values]}
