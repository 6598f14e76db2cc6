"""Events that Fluent Commerce accepts with HTTP 200 and then fails."""

from __future__ import annotations

import json
from typing import Any

import pytest

from closient_mcp.tools.errors import UpstreamError
from closient_mcp.tools.fluent.events import failed_event
from closient_mcp.tools.http.messages import Response
from closient_mcp.tools.results.responses import read_response


def answer(body: Any) -> Response:
    headers = {"content-type": "application/json"}
    return Response(200, headers, json.dumps(body).encode(), "https://h.example/event/sync", method="POST")


@pytest.mark.parametrize(("state", "advice"), [("FAILED", "list_events"), ("NO_MATCH", "find_user_actions")])
def test_a_failed_event_is_an_error_although_the_status_is_200(state: str, advice: str) -> None:
    body = {"eventId": "e-1", "entityId": "143", "eventStatus": state, "errorMessage": "Event has Failed"}
    with pytest.raises(UpstreamError) as caught:
        read_response(answer(body), "acme", check=failed_event)
    error = caught.value
    assert error.message == f"acme accepted the event e-1, which ended as {state}: Event has Failed."
    assert advice in error.next_step
    assert error.details["event_id"] == "e-1"
    assert error.status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"eventId": "e-1", "entityId": "143", "eventStatus": "COMPLETE"},
        {"id": "e-1", "name": "x", "eventStatus": "FAILED"},
        {"results": [{"eventId": "e-1", "eventStatus": "FAILED"}]},
        {"eventId": "e-1", "eventStatus": ["FAILED"]},
        {"eventId": 7, "eventStatus": "FAILED"},
    ],
)
def test_a_complete_or_read_event_is_no_error(body: Any) -> None:
    assert json.loads(read_response(answer(body), "acme", check=failed_event).text) == body


def test_other_services_may_call_their_fields_the_same() -> None:
    body = {"eventId": "e-1", "eventStatus": "FAILED"}
    assert json.loads(read_response(answer(body), "acme").text) == body
