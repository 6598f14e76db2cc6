"""The sandbox's own controls under `/__sandbox__/`, for tests and for the curious."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from pydantic import ValidationError

from .apis.problems import Problem, problem_response
from .data import database
from .data.accounts import KEYS, USERS
from .gateway import access_log, faults, rate_limits
from .oauth import registration, tokens

View = Callable[[HttpRequest], HttpResponse]


def own_requests_only(view: View) -> View:
    """Refuse what another site's page sends: any page in a browser can post to loopback."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        origin = request.headers.get("Origin")
        foreign = origin is not None and origin != f"{request.scheme}://{request.get_host()}"
        if foreign or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return problem_response(Problem(403, "Requests from the page of another site are refused."))
        return view(request)

    return csrf_exempt(guarded)


@own_requests_only
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What the sandbox offers to those who control it."""
    return JsonResponse(
        {
            "url": settings.SANDBOX_URL,
            "api_key": KEYS["business"],
            "keys": KEYS,
            "users": USERS,
            "controls": [
                "GET /__sandbox__/log",
                "POST /__sandbox__/reset",
                "POST /__sandbox__/expire-tokens",
                "POST /__sandbox__/forget-clients",
                "POST /__sandbox__/fault",
            ],
            "fault_kinds": list(faults.KINDS),
        }
    )


@own_requests_only
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """What arrived, the oldest first."""
    return JsonResponse(list(access_log.entries), safe=False)


@own_requests_only
@require_POST
def reset(request: HttpRequest) -> HttpResponse:
    """Put data, clients, tokens, log, limits and faults back to the start."""
    database.restore()
    access_log.entries.clear()
    rate_limits.counters.clear()
    faults.ordered.clear()
    return JsonResponse({"reset": True})


@own_requests_only
@require_POST
def expire_tokens(request: HttpRequest) -> HttpResponse:
    """Let every access token be expired; refresh tokens stay good."""
    return JsonResponse({"expired": tokens.expire_all()})


@own_requests_only
@require_POST
def forget_clients(request: HttpRequest) -> HttpResponse:
    """Forget every registered client, with its tokens."""
    return JsonResponse({"forgotten": registration.forget_all()})


@own_requests_only
@require_POST
def fault(request: HttpRequest) -> HttpResponse:
    """Order that the next requests to a path go wrong; `times` 0 ends what was ordered for it."""
    try:
        wanted = faults.Fault.model_validate_json(request.body)
    except ValidationError as error:
        messages = [{"field": ".".join(map(str, item["loc"])), "message": item["msg"]} for item in error.errors()]
        return problem_response(Problem(422, "This fault can't be ordered.", errors=messages))
    if wanted.times:
        faults.ordered.append(wanted.model_copy())
    else:
        faults.end(wanted.path)
    return JsonResponse({"ordered": wanted.model_dump()}, status=201)


urlpatterns = [
    path("", overview),
    path("log", log),
    path("reset", reset),
    path("expire-tokens", expire_tokens),
    path("forget-clients", forget_clients),
    path("fault", fault),
]
