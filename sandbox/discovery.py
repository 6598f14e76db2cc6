"""The discovery documents under `/.well-known/`."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from .apis.problems import plain_problem
from .data import skills
from .data.apps import APPS
from .oauth.client_metadata import AUTH_METHODS, GRANT_TYPES
from .oauth.scopes import SCOPES

_CATALOG = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'


def read_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Allow GET and HEAD; other methods get 405 instead of a CSRF error."""
    return csrf_exempt(require_safe(view))


@read_only
def api_catalog(request: HttpRequest) -> HttpResponse:
    """The catalog of RFC 9727: one entry per API."""
    contexts: list[dict[str, Any]] = []
    for app in APPS.values():
        base = f"{settings.SANDBOX_URL}/{app.path}/"
        description = {"href": f"{base}openapi.json", "type": "application/openapi+json"}
        contexts.append({"anchor": base, "service-desc": [description]})
    return _document({"linkset": contexts}, _CATALOG)


@read_only
def agent_skills(request: HttpRequest) -> HttpResponse:
    """The index of agent skills."""
    return _document(skills.index())


@read_only
def agent_skill(request: HttpRequest, name: str) -> HttpResponse:
    """A skill that the index lists."""
    if name not in skills.SKILLS:
        return plain_problem(404)
    return HttpResponse(skills.SKILLS[name].text, content_type="text/markdown; charset=utf-8")


@read_only
def llms_txt(request: HttpRequest) -> HttpResponse:
    """The documentation index, which is at `/llms.txt` and not under `/.well-known/`."""
    return HttpResponse(skills.llms_txt(), content_type="text/plain; charset=utf-8")


@read_only
def mcp_server_card(request: HttpRequest) -> HttpResponse:
    """The MCP server card; the sandbox hosts no MCP server, so it has no remote."""
    return _document(
        {
            "name": "com.closient/sandbox",
            "title": "Closient sandbox",
            "description": "A Closient on loopback, for trying, developing and testing.",
            "version": "1.0.0",
            "websiteUrl": settings.SANDBOX_URL,
            "remotes": [],
        }
    )


@read_only
def protected_resource(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The resource metadata of RFC 9728."""
    return _document(
        {
            "resource": f"{settings.SANDBOX_URL}/{rest}".removesuffix("/"),
            "authorization_servers": [settings.SANDBOX_URL],
            "scopes_supported": list(SCOPES),
            "bearer_methods_supported": ["header"],
            "resource_name": "Closient sandbox",
        }
    )


@read_only
def authorization_server(request: HttpRequest) -> HttpResponse:
    """The authorization server metadata of RFC 8414, and of OpenID Connect Discovery."""
    server = settings.SANDBOX_URL
    return _document(
        {
            "issuer": server,
            "authorization_endpoint": f"{server}/oauth/authorize/",
            "token_endpoint": f"{server}/oauth/token/",
            "registration_endpoint": f"{server}/oauth/register/",
            "revocation_endpoint": f"{server}/oauth/revoke_token/",
            "introspection_endpoint": f"{server}/oauth/introspect/",
            "userinfo_endpoint": f"{server}/oauth/userinfo/",
            "device_authorization_endpoint": f"{server}/oauth/device-authorization/",
            "jwks_uri": f"{server}/oauth/.well-known/jwks.json",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(GRANT_TYPES),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": AUTH_METHODS,
            "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
            "introspection_endpoint_auth_methods_supported": AUTH_METHODS[:2],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "name", "preferred_username", "email"],
            "authorization_response_iss_parameter_supported": True,
            "prompt_values_supported": ["none", "login", "consent"],
        }
    )


def _document(body: dict[str, Any], content_type: str = "application/json") -> HttpResponse:
    return JsonResponse(body, content_type=content_type, headers={"Access-Control-Allow-Origin": "*"})


urlpatterns = [
    path("api-catalog", api_catalog),
    path("agent-skills/index.json", agent_skills),
    path("agent-skills/<str:name>/SKILL.md", agent_skill),
    path("mcp.json", mcp_server_card),
    path("openid-configuration", authorization_server),
    path("oauth-authorization-server", authorization_server),
    path("oauth-protected-resource", protected_resource),
    path("oauth-protected-resource/<path:rest>", protected_resource),
]
