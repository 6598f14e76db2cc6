"""A page in which a host can show the results of a tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..formats.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class View:
    """A self-contained HTML document with a `ui://` URI, which shows `structuredContent` (MCP Apps, 2026-01-26).

    `pictures` returns the URLs of the pictures in a result, as they stand there: absolute, or relative to the site.
    """

    uri: str
    title: str
    html: Callable[[], str]
    pictures: Callable[[JsonObject], Sequence[str]]
