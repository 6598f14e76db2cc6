"""What went wrong in GraphQL at Fluent Commerce, inside HTTP 200, and what to do."""

from __future__ import annotations

import re
from dataclasses import replace

from ..errors import UpstreamError
from ..formats.graphql import Answer, GraphqlError
from ..formats.json_values import JsonObject
from ..formats.urls import without_query
from ..http.messages import Response

THROTTLED = "C0011E"
# The vendor's own client waits a minute; hosts give up on a call at about that time.
_MINUTE = 60
_CODE = re.compile(r"\b[CST][0-9]{4}[EW]\b")
_NEXT_STEPS = {
    THROTTLED: "It is throttled: try again in a minute.",
    "S0040E": "The token could not be read: sign in again (`closient-mcp login {system}`), then repeat the call.",
    "C0001E": "The query is too complex (the limit is 11111): ask for fewer fields, for less nesting, or for fewer "
    "items in a page.",
    "C0003E": "The virtual view is still being built: try again in some minutes.",
    "C0020E": "This user lacks the permission that the error names: have it added to the user's role, or leave out "
    "what needs it.",
    "C0100E": "Give dates in UTC, such as 2026-03-06T01:05:45.00Z.",
    "C0101E": "Give at least one of from and to.",
    "C0102E": "Give both from and to.",
    "C0103E": "Ask for a shorter time.",
    "C0120E": "There is nothing of that name for this account: check the ref or id, and the catalogue.",
    "C0121E": "It is there already: read it first.",
    "C0123E": "It is there already: read it first.",
    "C0140E": "A variable is missing: give each one that the query declares with `!`.",
    "C0141E": "A value is too long: shorten it.",
    "S0002E": "The fault is on Fluent's side: wait half a minute, then try again.",
    "S0020E": "The fault is on Fluent's side: wait half a minute, then try again.",
}
_BY_CLASS = {
    "C": "Correct the query or its variables; repeating the same call will fail again.",
    "S": "The fault is on Fluent's side: try again later.",
    "T": "The fault is with another service behind Fluent: try again later.",
}


def with_codes(answer: Answer) -> Answer:
    """The answer with Fluent's code for each error: it may stand in the message alone."""
    return replace(answer, errors=tuple(replace(error, code=_code(error)) for error in answer.errors))


def _code(error: GraphqlError) -> str:
    found = None if _CODE.fullmatch(error.code) else _CODE.search(error.message)
    return found[0] if found else error.code


def failure(errors: tuple[GraphqlError, ...], response: Response, system: str) -> UpstreamError:
    """The error that an answer without data comes to."""
    details: JsonObject = {
        "status": response.status,
        "url": without_query(response.url),
        "code": _deciding(errors).code,
        "errors": [error.as_details() for error in errors],
    }
    if is_throttled(errors):
        details["retry_after_seconds"] = _MINUTE
    said = "; ".join(str(error).rstrip(".") for error in errors[:3])
    return UpstreamError(
        response.status, f"{system} answered with an error: {said}.", next_step(errors, system), details
    )


def is_throttled(errors: tuple[GraphqlError, ...]) -> bool:
    """Whether one of the errors says so."""
    return any(error.code == THROTTLED for error in errors)


def _deciding(errors: tuple[GraphqlError, ...]) -> GraphqlError:
    """The error that says what to do: the one whose code stands first among those that we know."""
    order = list(_NEXT_STEPS)
    return min(errors, key=lambda error: order.index(error.code) if error.code in order else len(order))


def next_step(errors: tuple[GraphqlError, ...], system: str) -> str:
    """What to do about the errors of an answer."""
    code = _deciding(errors).code
    known = _NEXT_STEPS.get(code) or _BY_CLASS.get(code[:1]) or _BY_CLASS["C"]
    return known.format(system=system)
