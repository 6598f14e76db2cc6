"""The service's error as one of ours: what happened, and what to do next."""

from __future__ import annotations

import math
from dataclasses import replace

from ..errors import UpstreamError
from ..formats.json_values import JsonObject, as_text
from ..formats.text import one_line
from ..formats.urls import without_query
from ..http.messages import Response
from ..http.rate_limits import seconds_to_wait
from .error_bodies import read_error
from .headers import challenge, request_id

_NEXT_STEPS = {
    400: "Correct the arguments; repeating the same call will fail again.",
    401: "The credential is missing or was refused: `closient-mcp status` shows which one is in use.",
    402: "The account's plan does not cover this, or is used up: whoever pays for it has to change that.",
    403: "The credential is known, but may not do this: it is disabled, or lacks the scope, role or organization.",
    404: "Check the identifiers; what they name does not exist, or is not visible to this credential.",
    405: "The service does not do this here; its description may be out of date.",
    406: "The service has no answer of a kind that was asked for; its description may be out of date.",
    408: "The service waited too long for the request; try again.",
    409: "It conflicts with what is there: read the current state first.",
    412: "It was changed meanwhile, or a condition does not hold: read the current state, with its ETag, first.",
    413: "Send less at once.",
    414: "Give shorter arguments.",
    415: "The service does not take a body of this media type; its description may be out of date.",
    423: "It is locked: try again later, or have it unlocked.",
    428: "Read the current state first, and send its ETag as If-Match, where the tool takes that.",
    431: "Give shorter arguments.",
    451: "The service may not give this here, by law.",
    501: "The service does not do this; its description may be out of date.",
}
_SAME_AS = {410: 404, 422: 400}


def upstream_error(response: Response, system: str) -> UpstreamError:
    """The service's error, whatever its shape, as one that says what to do next."""
    told = read_error(response.body, response.headers.get("content-type", ""))
    status, refused = response.status, challenge(response.headers) if response.status in (401, 403) else {}
    if not told.message and (reason := as_text(refused.get("error_description")) or as_text(refused.get("error"))):
        told = replace(told, message=reason)
    if not told.code and (named := response.headers.get("x-amzn-errortype")):  # AWS
        told = replace(told, code=one_line(named.partition(":")[0], 100))
    said = (told.message or "it gave no reason").rstrip(". ")
    details: JsonObject = {"status": status, "url": without_query(response.url), **told.as_details()}
    if refused:
        details["www_authenticate"] = refused
    if identifier := request_id(response.headers):
        details["request_id"] = identifier
    if status == 405 and "allow" in response.headers:
        details["allow"] = one_line(response.headers["allow"], 100)
    wait = None
    if status in (429, 503):
        asked = seconds_to_wait(response.headers)
        wait = told.wait if asked is None else asked
    if wait is not None:
        details["retry_after_seconds"] = wait
    message = f"{system} answered HTTP {status}: {said}."
    return UpstreamError(status, message, _step(system, refused) or next_step(status, wait), details)


def _step(system: str, refused: JsonObject) -> str:
    """What to do where the challenge itself names what lacks."""
    scope = as_text(refused.get("scope"))
    if refused.get("error") == "insufficient_scope" and scope:
        return f"It needs the scope {scope}: `closient-mcp login {system}` asks for it, and a person has to agree."
    return ""


def next_step(status: int, wait: float | None = None) -> str:
    """What to do about an HTTP status."""
    if status == 429 or (status == 503 and wait is not None):
        return f"Wait {_seconds(wait)}, then try again." if wait is not None else "Wait a while, then try again."
    if known := _NEXT_STEPS.get(_SAME_AS.get(status, status)):
        return known
    if status >= 500:
        return "The fault is on the service's side; try again later."
    return "The call was not carried out."


def _seconds(wait: float) -> str:
    return "a second" if wait <= 1 else f"{math.ceil(wait)} seconds"
