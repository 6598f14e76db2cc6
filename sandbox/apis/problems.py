"""Errors as RFC 9457 problem documents, in the members Closient uses."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, JsonResponse

_T = TypeVar("_T")

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    422: "validation_error",
    429: "rate_limited",
    500: "internal_error",
    501: "not_implemented",
}
_DETAILS = {
    400: "The request could not be understood.",
    403: "This is not allowed.",
    404: "Nothing found at this URL.",
    405: "The method is not allowed at this URL.",
    413: "The body is too large.",
    500: "Internal error in the sandbox.",
}


# The JSON Schema of a problem document.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "error_code", "timestamp")},
        "status": {"type": "integer"},
        "retryable": {"type": "boolean"},
        "retry_after_seconds": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "error_code", "retryable", "timestamp"],
}


class ProblemError(Exception):
    """Ends a request with a problem document."""

    def __init__(self, status: int, detail: str, *, headers: dict[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.members = members


def invalid_field(field: str, message: str) -> ProblemError:
    """The 422 problem for one invalid parameter or member."""
    return ProblemError(422, message, errors=[{"field": field, "message": message}])


def found_or_404(value: _T | None, detail: str) -> _T:
    """The value.

    Raises:
        ProblemError: 404, there is no value.
    """
    if value is None:
        raise ProblemError(404, detail)
    return value


def problem_response(problem: ProblemError) -> HttpResponse:
    """The HTTP response for a problem."""
    code = _CODES.get(problem.status, "bad_request" if problem.status < 500 else "internal_error")
    body = {
        "type": f"https://closient.com/docs/errors/{code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "error_code": code,
        "retryable": problem.status == 429 or (problem.status >= 500 and problem.status != 501),
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        **problem.members,
    }
    return JsonResponse(body, status=problem.status, content_type="application/problem+json", headers=problem.headers)


def plain_problem(status: int) -> HttpResponse:
    """The problem document for an error with nothing but a status."""
    return problem_response(ProblemError(status, _DETAILS.get(status, HTTPStatus(status).description)))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler of 400: suspicious hosts, oversized bodies, broken forms."""
    return plain_problem(400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler of 404."""
    return plain_problem(404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler of 500."""
    return plain_problem(500)
