"""From an error response to an error that says what to do next."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice

from ..errors import UpstreamError
from ..formats.json_values import JsonObject, JsonValue, as_object, as_text
from ..formats.media_types import essence
from ..formats.text import one_line
from ..formats.urls import redact_url
from ..http.messages import Response
from ..http.rate_limit_headers import seconds_to_wait
from .error_bodies import ErrorBody, read_error
from .field_errors import plain_name
from .headers import challenge, header_reason, request_id

_NEXT_STEPS = {
    400: "Correct the arguments; repeating the same call will fail again.",
    401: "The credential is missing or was rejected: `closient-mcp status` shows which one is in use.",
    402: "A payment was declined, or the account's plan doesn't cover this: ask the account's owner to settle it.",
    403: "The credential lacks permission for this: it may be disabled, or be missing a scope, role or organization.",
    404: "Check the identifiers: nothing with these exists, or this credential cannot see it.",
    405: "The service doesn't support this method here; its OpenAPI document may be out of date.",
    406: "The service cannot respond in an accepted media type; its OpenAPI document may be out of date.",
    408: "The request timed out; try again.",
    409: "The request conflicts with the current state: read the resource, then try again with what you found.",
    412: "The resource changed after you read it, or a precondition failed: read it again, and send its current ETag.",
    413: "Send less at once.",
    414: "Give shorter arguments.",
    415: "The service doesn't accept this media type; its OpenAPI document may be out of date.",
    423: "The resource is locked: unlock it, or try again later.",
    428: "Read the current state first, and send its ETag as If-Match if the tool accepts that.",
    431: "Give shorter arguments.",
    451: "The service may not provide this, for legal reasons.",
    501: "The service doesn't support this; its OpenAPI document may be out of date.",
}
_REPORTED = "The response reports a failure despite its status: correct what it names, then try again."
# Members of bodies that report a failure with a status of success, as `plain_name` has them.
_SUCCESS = ("ok", "success", "issuccess")
_FAILURE = ("error", "iserror", "haserror")
_REASONS = ("error", "errors", "errorcode", "errormessage", "message", "msg")
_STATUSES = ("status", "statuscode", "code")
_OF_ERRORS = {*_SUCCESS, *_REASONS, *_STATUSES, "title", "detail", "details", "type", "instance", "timestamp", "path",
              "requestid", "traceid"}  # fmt: skip
_SAME_AS = {410: 404, 422: 400}


def upstream_error(response: Response, system: str) -> UpstreamError:
    """The error for an error response of any shape."""
    error = read_error(response.body, response.headers.get("content-type", ""))
    status, challenged = response.status, challenge(response.headers) if response.status in (401, 403) else {}
    if not error.message:
        error = replace(error, message=as_text(challenged.get("error_description")) or as_text(challenged.get("error")))
    if not error.message and not error.more:
        error = replace(error, message=header_reason(response.headers))
    if not error.code and (named := response.headers.get("x-amzn-errortype")):  # AWS
        error = replace(error, code=one_line(named.partition(":")[0], 100))
    details: JsonObject = {"status": status, "url": redact_url(response.url), **error.as_details()}
    if challenged:
        details["www_authenticate"] = challenged
    if identifier := request_id(response.headers):
        details["request_id"] = identifier
    if status == 405 and "allow" in response.headers:
        details["allow"] = one_line(response.headers["allow"], 100)
    wait = None
    if status in (429, 503) or "retry-after" in response.headers:
        wait = seconds_to_wait(response.headers)
        wait = error.wait if wait is None else wait
    if wait is not None:
        details["retry_after_seconds"] = wait
    return UpstreamError(
        status, _message(system, status, error), _scope_step(system, challenged) or next_step(status, wait), details
    )


def failure_in_success(value: JsonValue, response: Response, system: str) -> UpstreamError | None:
    """The error that a body reports with a status of success, None if it may be data."""
    content_type = response.headers.get("content-type", "")
    if not _reports_failure(as_object(value), essence(content_type)):
        return None
    return reported_failure(response, system)


def reported_failure(response: Response, system: str) -> UpstreamError:
    """The error for a body that is known to report a failure, with a status of success."""
    error = read_error(response.body, response.headers.get("content-type", ""))
    details: JsonObject = {"status": response.status, "url": redact_url(response.url), **error.as_details()}
    return UpstreamError(response.status, _message(system, response.status, error), _REPORTED, details)


def _reports_failure(node: JsonObject, media_type: str) -> bool:
    """Whether a body is a problem (RFC 9457) or an error of JSON-RPC or JSON:API, or says that it failed, and why."""
    if media_type == "application/problem+json":
        return bool(node)
    if media_type == "application/vnd.api+json":
        return bool(node.get("errors")) and "data" not in node
    if "jsonrpc" in node and as_object(node.get("error")):
        return True
    members = {plain_name(name): value for name, value in islice(node.items(), 200)}
    is_failure = any(members.get(name) is False or members.get(name) == "false" for name in _SUCCESS)
    is_failure = is_failure or any(members.get(name) is True for name in _FAILURE)
    if is_failure and any(value and value is not True for value in map(members.get, _REASONS)):
        return True
    if members.keys() == {"error"}:
        members = {plain_name(name): value for name, value in islice(as_object(members["error"]).items(), 200)}
    return _states_failed_status(members)


def _states_failed_status(members: JsonObject) -> bool:
    """Whether a body has nothing but an HTTP status of failure and what it's about."""
    statuses = [members.get(name) for name in _STATUSES]
    named = {name for name, value in members.items() if value is not None}
    is_failed = any(type(status) is int and 400 <= status < 600 for status in statuses)
    return is_failed and named <= _OF_ERRORS and any(as_text(members.get(name)) for name in (*_REASONS, "title"))


def _message(system: str, status: int, error: ErrorBody) -> str:
    reason = (error.message or error.more or "it gave no reason").rstrip(". ")
    more = f" More of its answer: {error.more.rstrip('. ')}." if error.message and error.more else ""
    return f"{system} answered HTTP {status}{' with an error' if status < 400 else ''}: {reason}.{more}"


def _scope_step(system: str, challenged: JsonObject) -> str:
    scope = as_text(challenged.get("scope"))
    if challenged.get("error") == "insufficient_scope" and scope:
        return f"The operation needs the scope {scope}: `closient-mcp login {system}` asks the user for it."
    return ""


def next_step(status: int, wait: float | None = None) -> str:
    """What to do about an HTTP status."""
    if status == 429 or wait is not None:
        return f"Wait {_duration(wait)}, then try again." if wait is not None else "Wait a while, then try again."
    if known := _NEXT_STEPS.get(_SAME_AS.get(status, status)):
        return known
    if status >= 500:
        return "The service failed. Try again later; if the call changes something, check first whether it did."
    return "Check the arguments and the message."


def _duration(wait: float) -> str:
    if wait <= 1:
        return "a second"
    units = ((120, 1, "seconds"), (7_200, 60, "minutes"), (172_800, 3_600, "hours"), (math.inf, 86_400, "days"))
    size, name = next((size, name) for limit, size, name in units if wait < limit)
    return f"{math.ceil(wait / size)} {name}"
