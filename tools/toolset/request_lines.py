"""Operations that a request line or URL with values in its path may mean."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .tool import Tool

_REQUEST = re.compile(
    r"(?:(?P<method>get|put|post|patch|delete|head|options|trace|query)\s+)?(?:https?://[^/\s?#]+)?(?P<path>/?[^\s?#]*)"
    r"(?:[?#]\S*)?",
    re.IGNORECASE,
)
_ABSOLUTE = ("/", "http://", "https://")


def similar_requests(text: str, tools: Iterable[Tool]) -> list[Tool]:
    """The tools whose paths fit a request line, a path or a URL best: with its method if any has it.

    Names of parameters may be values, and there may be a base path before: `GET https://a.example/v1/orders/7`.
    """
    text = text.strip().strip("`'\"")
    request = _REQUEST.fullmatch(text)
    if request is None or "/" not in text or not (request["method"] or text.casefold().startswith(_ABSOLUTE)):
        return []
    given, method = _segments(request["path"]), (request["method"] or "").upper()
    found = [(likeness, tool) for tool in tools if tool.path and (likeness := _likeness(given, _segments(tool.path)))]
    best = max((likeness for likeness, _ in found), default=(0, 0))
    fitting = [tool for likeness, tool in found if likeness == best]
    return [tool for tool in fitting if tool.method.upper() == method] or fitting


def _segments(path: str) -> list[str]:
    return [segment.casefold() for segment in path.split("/") if segment]


def _likeness(given: list[str], template: list[str]) -> tuple[int, int] | None:
    """How many last segments of a path a template fits, and how many of them literally; None unless all of it fits."""
    last = given[-len(template) :]
    if len(last) != len(template) or not all(
        "{" in own or own == other for own, other in zip(template, last, strict=True)
    ):
        return None
    literal = sum("{" not in own for own in template)
    return (len(template), literal) if literal else None
