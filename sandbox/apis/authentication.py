"""Identify the caller by API key or access token, and check what it may do."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyHeader

from ..data import api_keys
from ..data.models import ApiKey, Membership, Organization
from ..oauth.tokens import AccessTokenFacts, read_access_token
from .problems import ProblemError

_CALLER = "closient.caller"
# The roles that may change what an organization owns.
WRITERS = ("OWNER", "MANAGER")


@dataclass(frozen=True)
class Caller:
    """A caller with a valid credential."""

    limited_as: str
    name: str
    minute_limit: int = 300
    api_key: ApiKey | None = None
    user_id: int | None = None
    client_id: str | None = None
    scopes: frozenset[str] | None = None
    roles: dict[str, str] = field(default_factory=dict[str, str])

    def may(self, scope: str) -> bool:
        """Whether the credential covers this scope; API keys have no scopes, and publishable keys only read."""
        if self.scopes is not None:
            return scope in self.scopes
        return self.api_key is None or self.api_key.prefix != "cpk" or scope.endswith(":read")


def identify(request: HttpRequest) -> Caller | None:
    """The caller behind a request, or None for one without a credential.

    Raises:
        ProblemError: a credential was sent and is invalid.
    """
    key = request.headers.get("X-API-Key")
    if key is not None:
        return _key_caller(key)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _token_caller(token.strip(), request.path)
    return None


def remember(request: HttpRequest, caller: Caller | ProblemError | None) -> None:
    """Store the result of `identify`, so that each request is looked up once."""
    request.META[_CALLER] = caller


def caller_of(request: HttpRequest) -> Caller | None:
    """The caller of this request, as `remember` stored it.

    Raises:
        ProblemError: a credential was sent and is invalid.
    """
    caller: Caller | ProblemError | None = request.META[_CALLER]
    if isinstance(caller, ProblemError):
        raise caller
    return caller


def known_caller(request: HttpRequest) -> Caller | None:
    """The caller, or None without a valid credential."""
    caller: Caller | ProblemError | None = request.META.get(_CALLER)
    return None if isinstance(caller, ProblemError) else caller


class ApiKeyAuth(APIKeyHeader):
    """Accepts an API key, as documented, or an access token with the scope, which is not documented."""

    param_name = "X-API-Key"

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Caller:
        """The caller; the request ends with 401 or 403 if there is none who may call."""
        caller = caller_of(request)
        if caller is None:
            raise missing_credential()
        if not caller.may(self.scope):
            raise _insufficient(self.scope)
        return caller

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Unused: `__call__` does the work, because a token is also accepted."""
        raise NotImplementedError


def missing_credential() -> ProblemError:
    """The 401 problem for a request without a credential."""
    return ProblemError(
        401,
        "Credentials are missing: send X-API-Key or Authorization: Bearer.",
        headers={"WWW-Authenticate": challenge()},
    )


def anyone(request: HttpRequest) -> Caller | str:
    """Public, but a credential that is sent must be valid."""
    return caller_of(request) or "anonymous"


def authenticated(request: HttpRequest) -> Caller:
    """The caller of an operation that `ApiKeyAuth` protects."""
    caller = caller_of(request)
    assert caller is not None
    return caller


def challenge(**members: str) -> str:
    """A `WWW-Authenticate` value (RFC 6750) that points to the resource metadata (RFC 9728)."""
    metadata = f"{settings.SANDBOX_URL}/.well-known/oauth-protected-resource"
    return "Bearer " + ", ".join(
        f'{name}="{value}"' for name, value in {**members, "resource_metadata": metadata}.items()
    )


def require_role(caller: Caller, organization_id: str, *roles: str) -> None:
    """Require membership in the organization, and one of the roles if any are named.

    Raises:
        ProblemError: the caller is not a member, or has none of the roles.
    """
    role = caller.roles.get(organization_id)
    if role is None:
        organization = Organization.objects.filter(id=organization_id).first()
        name = organization.name if organization else organization_id
        raise ProblemError(403, f"Wrong organization: {caller.name} is not a member of {name}.")
    if roles and role not in roles:
        raise ProblemError(403, f"Role mismatch: {caller.name} is {role}, and this requires {' or '.join(roles)}.")


def _key_caller(key: str) -> Caller:
    header = {"WWW-Authenticate": challenge()}
    if not api_keys.is_well_formed(key):
        raise ProblemError(401, "Malformed API key: the form is csb_<body>_<crc32>.", headers=header)
    stored = ApiKey.objects.filter(digest=api_keys.digest(key)).select_related("organization").first()
    if stored is None:
        raise ProblemError(401, "Unknown API key: keys of another environment do not work in this one.", headers=header)
    if not stored.is_active:
        raise ProblemError(403, "This API key is disabled; create a new one.")
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
        raise ProblemError(
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


def _insufficient(scope: str) -> ProblemError:
    return ProblemError(
        403,
        f"Scope mismatch: this requires {scope}.",
        headers={"WWW-Authenticate": challenge(error="insufficient_scope", scope=scope)},
    )
