"""The sandbox's controls under `/__sandbox__/`, for tests and for debugging."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from .apis.problems import ProblemError, problem_response
from .data import database
from .data.accounts import KEYS, USERS
from .gateway import access_log, faults, rate_limits, variants
from .oauth import registration, tokens
from .variants.table import VARIANTS

View = Callable[[HttpRequest], HttpResponse]


def same_site_only(view: View) -> View:
    """Reject requests from other sites: any page in a browser can post to loopback."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        origin = request.headers.get("Origin")
        foreign = origin is not None and origin != f"{request.scheme}://{request.get_host()}"
        if foreign or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return problem_response(ProblemError(403, "Requests from other sites' pages are not allowed."))
        return view(request)

    return csrf_exempt(guarded)


@same_site_only
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The sandbox's URL, keys, users and controls."""
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
                "POST /__sandbox__/variants",
            ],
            "fault_kinds": list(faults.KINDS),
            "variants": {name: variant.summary for name, variant in VARIANTS.items()},
            "active_variants": variants.active,
        }
    )


@same_site_only
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """The requests received, oldest first."""
    return JsonResponse(list(access_log.entries), safe=False)


@same_site_only
@require_POST
def reset(request: HttpRequest) -> HttpResponse:
    """Reset data, clients, tokens, log, rate limits and faults."""
    database.restore()
    access_log.entries.clear()
    rate_limits.counters.clear()
    faults.ordered.clear()
    variants.restore()
    return JsonResponse({"reset": True})


@same_site_only
@require_POST
def expire_tokens(request: HttpRequest) -> HttpResponse:
    """Expire every access token; refresh tokens stay valid."""
    return JsonResponse({"expired": tokens.expire_all()})


@same_site_only
@require_POST
def forget_clients(request: HttpRequest) -> HttpResponse:
    """Delete every registered client and its tokens."""
    return JsonResponse({"forgotten": registration.forget_all()})


class ActiveVariants(BaseModel):
    """The variants to activate, in place of those that are active."""

    model_config = ConfigDict(extra="forbid")

    names: list[str]

    @field_validator("names")
    @classmethod
    def _are_known(cls, names: list[str]) -> list[str]:
        if unknown := sorted(set(names) - VARIANTS.keys()):
            raise ValueError(f"there is no variant {', '.join(unknown)}; there are {', '.join(VARIANTS)}")
        return names


@same_site_only
@require_POST
def activate_variants(request: HttpRequest) -> HttpResponse:
    """Activate variants until the next reset."""
    try:
        requested = ActiveVariants.model_validate_json(request.body)
    except ValidationError as error:
        return _invalid("Invalid variants.", error)
    variants.activate(requested.names)
    return JsonResponse({"active_variants": variants.active})


@same_site_only
@require_POST
def fault(request: HttpRequest) -> HttpResponse:
    """Inject a fault into the next requests to a path; `times` 0 removes the faults of a path."""
    try:
        requested = faults.Fault.model_validate_json(request.body)
    except ValidationError as error:
        return _invalid("Invalid fault.", error)
    if requested.times:
        faults.ordered.append(requested.model_copy())
    else:
        faults.end(requested.path)
    return JsonResponse({"ordered": requested.model_dump()}, status=201)


def _invalid(detail: str, error: ValidationError) -> HttpResponse:
    messages = [{"field": ".".join(map(str, item["loc"])), "message": item["msg"]} for item in error.errors()]
    return problem_response(ProblemError(422, detail, errors=messages))


urlpatterns = [
    path("", overview),
    path("log", log),
    path("reset", reset),
    path("expire-tokens", expire_tokens),
    path("forget-clients", forget_clients),
    path("fault", fault),
    path("variants", activate_variants),
]
