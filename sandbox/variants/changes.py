"""The kinds of change that a variant consists of; `path` is matched from its start."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Rejection:
    """Requests that are answered with an error; with `anonymous`, only those without a credential.

    Requests with the query parameter `unless` are handled as usual.
    """

    path: re.Pattern[str]
    status: int
    detail: str
    methods: tuple[str, ...] = ("GET", "POST")
    anonymous: bool = False
    unless: str = ""


@dataclass(frozen=True)
class AddedQuery:
    """A query parameter that requests without it get."""

    path: re.Pattern[str]
    name: str
    value: str


@dataclass(frozen=True)
class IgnoredCredential:
    """Requests whose invalid credential is ignored."""

    path: re.Pattern[str]


@dataclass(frozen=True)
class RewrittenReply:
    """Successful JSON replies that get another shape."""

    path: re.Pattern[str]
    rewrite: Callable[[Body], Body]


@dataclass(frozen=True)
class RewrittenError:
    """Problem documents that get another shape; `media_type` is their content type."""

    rewrite: Callable[[Body], Body]
    media_type: str = "application/problem+json"


Change = Rejection | AddedQuery | IgnoredCredential | RewrittenReply | RewrittenError
