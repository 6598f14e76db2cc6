"""Apply the active variants to requests and responses."""

import json
from collections.abc import Iterable, Iterator
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from ..apis.authentication import challenge
from ..apis.problems import ProblemError, problem_response
from ..variants.changes import AddedQuery, Change, IgnoredCredential, Rejection, RewrittenError, RewrittenReply
from ..variants.table import VARIANTS

_Change = TypeVar("_Change", bound=Change)

active: list[str] = []


def activate(names: Iterable[str]) -> None:
    """Make these the active variants, in this order."""
    active[:] = dict.fromkeys(names)


def restore() -> None:
    """Activate the variants that the sandbox was started with."""
    activate(settings.SANDBOX_VARIANTS)


def prepare(request: HttpRequest) -> None:
    """Change a request before it's handled."""
    for change in _changes(AddedQuery):
        if change.path.match(request.path) and change.name not in request.GET:
            query = request.GET.copy()
            query[change.name] = change.value
            request.META["QUERY_STRING"] = query.urlencode()
            del request.GET  # pyright: ignore[reportAttributeAccessIssue]  # a cached property


def ignores_credential(request: HttpRequest) -> bool:
    """Whether an invalid credential of this request is ignored."""
    return any(change.path.match(request.path) for change in _changes(IgnoredCredential))


def rejection(request: HttpRequest, *, anonymous: bool) -> HttpResponse | None:
    """The error for a request that an active variant rejects."""
    for change in _changes(Rejection):
        if (change.anonymous and not anonymous) or change.unless in request.GET:
            continue
        if request.method in change.methods and change.path.match(request.path):
            headers = {"WWW-Authenticate": challenge()} if change.status == 401 else {}
            return problem_response(ProblemError(change.status, change.detail, headers=headers))
    return None


def rewritten(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The response in the shape that the active variants give it."""
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if not active or not isinstance(response, HttpResponse):
        return response
    if kind == "application/problem+json":
        for error in _changes(RewrittenError):
            response.content = json.dumps(error.rewrite(json.loads(response.content)))
            response.headers["Content-Type"] = error.media_type
    elif kind == "application/json" and response.status_code < 300:
        for reply in _changes(RewrittenReply):
            if reply.path.match(request.path):
                response.content = json.dumps(reply.rewrite(json.loads(response.content)))
    if "Content-Length" in response.headers:
        response.headers["Content-Length"] = str(len(response.content))
    return response


def _changes(kind: type[_Change]) -> Iterator[_Change]:
    for name in active:
        for change in VARIANTS[name].changes:
            if isinstance(change, kind):
                yield change
