"""What went wrong at Fluent Commerce, and what to do: errors inside HTTP 200, by GraphQL and by events."""

from __future__ import annotations

from urllib.parse import urlsplit

from .addresses import without_query
from .errors import UpstreamError
from .graphql import GraphqlError
from .json_values import JsonObject, NotJson, as_object, as_text, parse_json
from .results import read_response
from .sending import Response
from .text import one_line
from .tool import Result

THROTTLED = "C0011E"
# The vendor's own client waits a minute; hosts give up on a call at about that time.
_MINUTE = 60
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
_FAILED_EVENT = {
    "FAILED": "Rules that ran before the failure stay done: look with {system}_get_event and {system}_list_events "
    "before you repeat it.",
    "NO_MATCH": "The workflow has no ruleset for this event in the entity's state: {system}_find_user_actions and "
    "{system}_get_workflow tell which there are.",
}


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


def read_rest(response: Response, system: str) -> Result:
    """The result of an operation of `fluent.json`; an event that came to nothing is an error, whatever its status.

    Raises:
        UpstreamError: the status is 400 or more, or the event failed or met no ruleset.
    """
    sent_event = urlsplit(response.url).path.endswith(("/event/sync", "/event/async"))
    if sent_event and response.status < 300:
        _check_event(response, system)
    return read_response(response, system)


def _check_event(response: Response, system: str) -> None:
    try:
        event = as_object(parse_json(response.body))
    except NotJson:
        return
    status = as_text(event.get("eventStatus"))
    if status not in _FAILED_EVENT:
        return
    names = ("eventId", "entityId", "eventStatus", "errorMessage")
    facts: JsonObject = {name: one_line(as_text(event[name]), 500) for name in names if as_text(event.get(name))}
    reason = f": {facts['errorMessage']}" if "errorMessage" in facts else ""
    raise UpstreamError(
        response.status,
        f"{system} took the event, and it ended as {status}{reason}".rstrip(". ") + ".",
        _FAILED_EVENT[status].format(system=system),
        {"status": response.status, "url": without_query(response.url), **facts},
    )
