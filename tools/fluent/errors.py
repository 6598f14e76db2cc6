"""The GraphQL errors of Fluent Commerce, sent with HTTP 200, and what to do about them."""

from __future__ import annotations

import re
from dataclasses import replace

from ..errors import UpstreamError
from ..formats.graphql import GraphqlError, GraphqlResponse
from ..http.messages import Response
from ..results.graphql_errors import graphql_failure

THROTTLED = "C0011E"
# As the vendor's own client; hosts time out at about that time, so the call itself doesn't wait.
_MINUTE = 60
_CODE = re.compile(r"\b[CST][0-9]{4}[EW]\b")
_NEXT_STEPS = {
    THROTTLED: "Requests are throttled: try again in a minute.",
    "S0040E": "The token was rejected: sign in again (`closient-mcp login {system}`), then repeat the call.",
    "C0001E": "The query is too complex (limit 11111): request fewer fields, less nesting, or fewer items in a page.",
    "C0003E": "The virtual view is still being built: try again in a few minutes.",
    "C0020E": "This user lacks the named permission: add it to the user's role, or omit what needs it.",
    "C0100E": "Give dates in UTC, such as 2026-03-06T01:05:45.00Z.",
    "C0101E": "Give at least one of from and to.",
    "C0102E": "Give both from and to.",
    "C0103E": "Request a shorter period.",
    "C0120E": "This account has nothing of that name: check the ref or id, and the catalogue.",
    "C0121E": "The object exists already: read it first.",
    "C0123E": "The object exists already: read it first.",
    "C0140E": "A variable is missing: give all that the query declares with `!`.",
    "C0141E": "A value is too long: shorten it.",
    "S0002E": "Fluent failed: wait half a minute, then try again.",
    "S0020E": "Fluent failed: wait half a minute, then try again.",
}
_BY_CLASS = {
    "C": "Correct the query or its variables; repeating the same call will fail again.",
    "S": "Fluent failed: try again later.",
    "T": "Another service behind Fluent failed: try again later.",
}


def with_codes(answer: GraphqlResponse) -> GraphqlResponse:
    """The answer with Fluent's error codes, which may be given in the message only."""
    return replace(answer, errors=tuple(replace(error, code=_code(error)) for error in answer.errors))


def _code(error: GraphqlError) -> str:
    match = None if _CODE.fullmatch(error.code) else _CODE.search(error.message)
    return match[0] if match else error.code


def failure(answer: GraphqlResponse, response: Response, system: str) -> UpstreamError:
    """The error for an answer without data."""
    error = graphql_failure(answer, response, system, next_step(answer.errors, system))
    error.details["code"] = _deciding_code(answer.errors)
    if is_throttled(answer.errors):
        error.details["retry_after_seconds"] = _MINUTE
    return error


def is_throttled(errors: tuple[GraphqlError, ...]) -> bool:
    """Whether one of the errors is throttling."""
    return any(error.code == THROTTLED for error in errors)


def next_step(errors: tuple[GraphqlError, ...], system: str) -> str:
    """What to do about the errors of an answer."""
    code = _deciding_code(errors)
    step = _NEXT_STEPS.get(code) or _BY_CLASS.get(code[:1]) or _BY_CLASS["C"]
    return step.format(system=system)


def _deciding_code(errors: tuple[GraphqlError, ...]) -> str:
    """The code that comes first in `_NEXT_STEPS`, if any of them does."""
    order = list(_NEXT_STEPS)
    return min((error.code for error in errors), key=lambda code: order.index(code) if code in order else len(order))
