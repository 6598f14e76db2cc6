"""Who is calling: an API key, an access token, or nobody, and what that caller may do."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyHeader

from ..data import api_keys
from ..data.models import ApiKey, Membership, Organization
from ..oauth.tokens import AccessTokenFacts, read_access_token
from .problems import Problem

_CALLER = "closient.caller"


@dataclass(frozen=True)
class Caller:
    """Somebody with a good credential."""

    limited_as: str
    name: str
    minute_limit: int = 300
    api_key: ApiKey | None = None
    user_id: int | None = None
    client_id: str | None = None
    scopes: frozenset[str] | None = None
    roles: dict[str, str] = field(default_factory=dict[str, str])

    def may(self, scope: str) -> bool:
        """Whether the credential itself covers this scope; keys carry none and cover all of theirs."""
        if self.scopes is not None:
            return scope in self.scopes
        return self.api_key is None or self.api_key.prefix != "cpk" or scope.endswith(":read")


def identify(request: HttpRequest) -> Caller | None:
    """The caller behind a request, or None for one without a credential.

    Raises:
        Problem: a credential was sent and is no good.
    """
    key = request.headers.get("X-API-Key")
    if key is not None:
        return _key_caller(key)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _token_caller(token.strip(), request.path)
    return None


def remember(request: HttpRequest, caller: Caller | Problem | None) -> None:
    """Keep what `identify` found, so that a request is looked up once."""
    request.META[_CALLER] = caller


def caller_of(request: HttpRequest) -> Caller | None:
    """The caller that was found for this request.

    Raises:
        Problem: a credential was sent and is no good.
    """
    caller: Caller | Problem | None = request.META[_CALLER]
    if isinstance(caller, Problem):
        raise caller
    return caller


def known_caller(request: HttpRequest) -> Caller | None:
    """The caller, where a bad credential counts as none."""
    caller: Caller | Problem | None = request.META.get(_CALLER)
    return None if isinstance(caller, Problem) else caller


class ApiKeyAuth(APIKeyHeader):
    """An API key, as the documents say, or an access token with the scope, as they don't."""

    param_name = "X-API-Key"

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Caller:
        caller = caller_of(request)
        if caller is None:
            raise Problem(
                401,
                "Credentials are missing: send X-API-Key or Authorization: Bearer.",
                headers={"WWW-Authenticate": challenge()},
            )
        if not caller.may(self.scope):
            raise _insufficient(self.scope)
        return caller

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        raise NotImplementedError


def anyone(request: HttpRequest) -> Caller | str:
    """Public, but a credential that is sent has to be good."""
    return caller_of(request) or "anonymous"


def authenticated(request: HttpRequest) -> Caller:
    """The caller of an operation that `ApiKeyAuth` has let pass."""
    caller = caller_of(request)
    assert caller is not None
    return caller


def challenge(**members: str) -> str:
    """A `WWW-Authenticate` value (RFC 6750) that leads to the resource metadata (RFC 9728)."""
    metadata = f"{settings.SANDBOX_URL}/.well-known/oauth-protected-resource"
    return "Bearer " + ", ".join(
        f'{name}="{value}"' for name, value in {**members, "resource_metadata": metadata}.items()
    )


def require_role(caller: Caller, organization_id: str, *roles: str) -> None:
    """Let members of the organization pass who have one of the roles.

    Raises:
        Problem: another organization, or a role that is too low.
    """
    role = caller.roles.get(organization_id)
    if role is None:
        organization = Organization.objects.filter(id=organization_id).first()
        name = organization.name if organization else organization_id
        raise Problem(403, f"Wrong organization: {caller.name} is not a member of {name}.")
    if roles and role not in roles:
        raise Problem(403, f"Role mismatch: {caller.name} is {role}, and this takes {' or '.join(roles)}.")


def _key_caller(key: str) -> Caller:
    header = {"WWW-Authenticate": challenge()}
    if not api_keys.is_well_formed(key):
        raise Problem(401, "Malformed API key: the form is csb_<body>_<crc32>.", headers=header)
    stored = ApiKey.objects.filter(digest=api_keys.digest(key)).select_related("organization").first()
    if stored is None:
        raise Problem(401, "Unknown API key: keys of another environment do not work in this one.", headers=header)
    if not stored.is_active:
        raise Problem(403, "This API key is disabled; create a new one.")
    return Caller(
        limited_as=f"key:{stored.id}",
        name=f"API key ...{stored.last4}",
        minute_limit=stored.rate_limit_per_minute or 300,
        api_key=stored,
        roles={stored.organization_id: stored.role},
    )


def _token_caller(token: str, path: str) -> Caller:
    facts = read_access_token(token, path)
    if facts is None or facts.is_expired:
        reason = "expired" if facts else "unknown or revoked"
        raise Problem(
            401,
            f"The access token is {reason}.",
            headers={
                "WWW-Authenticate": challenge(error="invalid_token", error_description=f"The access token is {reason}.")
            },
        )
    return _token_holder(facts)


def _token_holder(facts: AccessTokenFacts) -> Caller:
    memberships = Membership.objects.filter(user_id=facts.user_id)
    return Caller(
        limited_as=f"user:{facts.user_id}" if facts.user_id is not None else f"client:{facts.client_id}",
        name=facts.username or facts.client_id,
        user_id=facts.user_id,
        client_id=facts.client_id,
        scopes=facts.scopes,
        roles={membership.organization_id: membership.role for membership in memberships},
    )


def _insufficient(scope: str) -> Problem:
    return Problem(
        403,
        f"Scope mismatch: this takes {scope}.",
        headers={"WWW-Authenticate": challenge(error="insufficient_scope", scope=scope)},
    )
