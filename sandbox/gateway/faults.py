"""Fault injection: `POST /__sandbox__/fault` makes requests to a path fail."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal, get_args

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel, ConfigDict, Field

from ..apis.authentication import challenge
from ..apis.problems import ProblemError, plain_problem, problem_response
from . import access_log, rate_limits

Kind = Literal["429", "500", "503", "html", "slow", "drop", "malformed", "401", "403"]
KINDS: tuple[str, ...] = get_args(Kind)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTROL = "/__sandbox__/"
_FAULT = "closient.fault"


class Fault(BaseModel):
    """A fault for the next `times` requests to paths that start with `path`."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(pattern="^/")
    kind: Kind
    times: int = Field(1, ge=0, le=1_000_000)
    seconds: float = Field(1.0, ge=0, le=600)


ordered: list[Fault] = []


def due(path: str) -> Fault | None:
    """Take the fault for this request, if there is one; its `times` go down by one."""
    fault = next((fault for fault in ordered if path.startswith(fault.path)), None)
    if fault is not None:
        fault.times -= 1
        if fault.times <= 0:
            ordered.remove(fault)
    return fault


def end(path: str) -> None:
    """Remove the faults of this path."""
    ordered[:] = [fault for fault in ordered if fault.path != path]


def with_faults(application: Application) -> Application:
    """Delay or drop requests before Django sees them; leave other faults to `fault_response`."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        fault = None if path.startswith(CONTROL) else due(path)
        if fault is not None and fault.kind == "drop":
            access_log.write(rate_limits.now(), scope["method"], path, None)
            scope["state"]["transport"].abort()
            return
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        elif fault is not None:
            scope[_FAULT] = fault
        await application(scope, receive, send)

    return faulty


def fault_response(request: HttpRequest) -> HttpResponse | None:
    """The response of the fault for this request, if there is one."""
    scope: Scope = getattr(request, "scope", {})
    fault: Fault | None = scope.get(_FAULT)
    if fault is None:
        return None
    if fault.kind == "html":
        return HttpResponse("<!doctype html><title>Closient</title><div id=app></div>")
    if fault.kind == "malformed":
        return HttpResponse('{"items": [{"id": "', content_type="application/json")
    return _error(fault)


def _error(fault: Fault) -> HttpResponse:
    seconds = str(max(0, round(fault.seconds)))
    if fault.kind == "429":
        return problem_response(
            ProblemError(
                429,
                "Too many requests (injected fault).",
                headers={"Retry-After": seconds},
                retry_after_seconds=int(seconds),
            )
        )
    if fault.kind == "401":
        return problem_response(
            ProblemError(
                401,
                "The access token is expired (injected fault).",
                headers={"WWW-Authenticate": challenge(error="invalid_token")},
            )
        )
    response = plain_problem(int(fault.kind))
    if fault.kind == "503":
        response.headers["Retry-After"] = seconds
    return response
