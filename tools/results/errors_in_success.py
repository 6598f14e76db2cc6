"""Errors that come with a status of success: GraphQL's, and Fluent's events that came to nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..errors import UpstreamError
from ..formats.graphql import Answer, read_answer
from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.text import one_line
from ..formats.urls import without_query
from ..http.messages import Response

_EVENT_STEPS = {
    "FAILED": "Rules that ran before the failure stay done: look with get_event and list_events before you repeat it.",
    "NO_MATCH": "The workflow has no ruleset for this event in the entity's state: find_user_actions and get_workflow "
    "tell which there are.",
}
_GRAPHQL_MEMBERS = {"data", "errors", "extensions"}


def failed_event(value: JsonValue, response: Response, system: str) -> UpstreamError | None:
    """Fluent tells of an event that came to nothing inside a 200; one that is only looked up is none."""
    node = as_object(value)
    event, state = one_line(as_text(node.get("eventId")), 100), as_text(node.get("eventStatus"))
    if response.method != "POST" or not event or state not in _EVENT_STEPS:
        return None
    said = one_line(as_text(node.get("errorMessage")), 800).rstrip(". ") or "it gave no reason"
    details: JsonObject = {
        "status": response.status,
        "url": without_query(response.url),
        "event_id": event,
        "event_status": state,
    }
    message = f"{system} took the event {event}, which ended as {state}: {said}."
    return UpstreamError(response.status, message, _EVENT_STEPS[state], details)


def graphql_errors(value: JsonValue, response: Response) -> Answer | None:
    """The GraphQL answer with errors in it, where the address and the shape leave no doubt that it is one."""
    node = as_object(value)
    errors = as_list(node.get("errors"))
    if not errors or not node.keys() <= _GRAPHQL_MEMBERS or not urlsplit(response.url).path.endswith("/graphql"):
        return None
    if not all(as_text(as_object(error).get("message")) for error in errors):
        return None
    return read_answer(value)


def graphql_failure(answer: Answer, response: Response, system: str) -> UpstreamError:
    """The error that a GraphQL answer without data comes to."""
    said = "; ".join(str(error).rstrip(".") for error in answer.errors[:3])
    details: JsonObject = {
        "status": response.status,
        "url": without_query(response.url),
        "errors": [error.as_details() for error in answer.errors],
    }
    step = "Correct the query or its variables; what was done before the error stays done."
    return UpstreamError(response.status, f"{system} answered with an error: {said}.", step, details)
