"""The middleware for every response: rate limits, problem documents for bare errors, and the log."""

from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from ..apis.authentication import Caller, identify, known_caller, remember
from ..apis.problems import ProblemError, plain_problem, problem_response
from . import access_log, rate_limits, variants
from .faults import CONTROL, fault_response

# Users see errors on these pages.
_PAGES = ("/oauth/login/", "/oauth/authorize/", "/oauth/device")
# No form-action: browsers apply it to redirects after a form, and sign-in redirects to the client.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
)


class GatewayMiddleware:
    """The outermost middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        if request.path.startswith(CONTROL):
            return _with_problem_body(request, self._get_response(request))
        variants.prepare(request)
        remember(request, _identified(request))
        now = rate_limits.now()
        status = rate_limits.counters.count(_quotas(request), now)
        if status.exceeded:
            response: HttpResponseBase = _rate_limited(request, status)
        else:
            response = (
                fault_response(request)
                or variants.rejection(request, anonymous=known_caller(request) is None)
                or _with_problem_body(request, self._get_response(request))
            )
        response = variants.rewritten(request, response)
        for name, value in status.headers(now).items():
            response.headers[name] = value
        caller = known_caller(request)
        access_log.write(
            now,
            request.method or "",
            request.path,
            response.status_code,
            _client(request),
            caller.scopes if caller else None,
        )
        return response


def _identified(request: HttpRequest) -> Caller | ProblemError | None:
    try:
        return identify(request)
    except ProblemError as problem:
        return None if variants.ignores_credential(request) else problem


def _quotas(request: HttpRequest) -> tuple[rate_limits.Quota, ...]:
    caller = known_caller(request)
    if caller is not None:
        return rate_limits.general(caller.limited_as, caller.minute_limit)
    ip = str(request.META.get("REMOTE_ADDR", ""))
    return rate_limits.general(f"address:{ip}") + rate_limits.anonymous(request.method or "", request.path, ip)


def _rate_limited(request: HttpRequest, status: rate_limits.QuotaStatus) -> HttpResponse:
    quota = status.tightest
    members: dict[str, object] = {"retry_after_seconds": status.reset}
    if request.path.startswith("/oauth/"):
        # Clients of an OAuth endpoint look for these members (RFC 6749 section 5.2).
        members |= {"error": "temporarily_unavailable", "error_description": "Too many requests."}
    return problem_response(
        ProblemError(
            429,
            f"Too many requests: {quota.limit} per {quota.seconds} seconds are allowed.",
            headers={"Retry-After": str(status.reset)},
            **members,
        )
    )


def _with_problem_body(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The response, or a problem document in place of an HTML error."""
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    if response.status_code >= 400 and is_html and not request.path.startswith(_PAGES):
        problem = plain_problem(response.status_code)
        for name in ("Allow", "WWW-Authenticate"):
            if name in response.headers:
                problem.headers[name] = response.headers[name]
        return problem
    if is_html:
        response.headers["Content-Security-Policy"] = _PAGE_POLICY
        if request.path.startswith(_PAGES):
            response.headers["Cache-Control"] = "no-store"
    return response


def _client(request: HttpRequest) -> str | None:
    """The client of a request: of its credential, or as named in a request to an OAuth endpoint."""
    caller = known_caller(request)
    if caller is not None:
        return caller.client_id or (f"key ...{caller.api_key.last4}" if caller.api_key else None)
    if not request.path.startswith("/oauth/"):
        return None
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        with suppress(ValueError):
            return unquote_plus(b64decode(credentials).decode()).partition(":")[0]
    return request.GET.get("client_id") or request.POST.get("client_id")
