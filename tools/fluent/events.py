"""Events that Fluent Commerce accepts with HTTP 200 but fails to process."""

from __future__ import annotations

from ..errors import UpstreamError
from ..formats.json_values import JsonObject, JsonValue, as_object, as_text
from ..formats.text import one_line
from ..formats.urls import redact_url
from ..http.messages import Response

_EVENT_STEPS = {
    "FAILED": "Rules that ran before the failure took effect: check get_event and list_events before repeating it.",
    "NO_MATCH": "The workflow has no ruleset for this event in the entity's state: find_user_actions and get_workflow "
    "list them.",
}


def failed_event(value: JsonValue, response: Response, system: str) -> UpstreamError | None:
    """The error of an event that was sent and failed; one that is only read is no error."""
    node = as_object(value)
    event, state = one_line(as_text(node.get("eventId")), 100), as_text(node.get("eventStatus"))
    if response.method != "POST" or not event or state not in _EVENT_STEPS:
        return None
    reason = one_line(as_text(node.get("errorMessage")), 800).rstrip(". ") or "it gave no reason"
    details: JsonObject = {
        "status": response.status,
        "url": redact_url(response.url),
        "event_id": event,
        "event_status": state,
    }
    message = f"{system} accepted the event {event}, which ended as {state}: {reason}."
    return UpstreamError(response.status, message, _EVENT_STEPS[state], details)
