"""The account API: who is calling, and the organizations, members and keys around them."""

from datetime import datetime
from typing import Any, Literal

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Schema

from ..data import api_keys
from ..data.models import ApiKey, Membership, Organization, short_id
from .authentication import WRITERS, ApiKeyAuth, Caller, authenticated, require_role
from .openapi import Body, new_api
from .pagination import PageQuery, Pagination, paginated
from .problems import ProblemError, found_or_404

api = new_api("account", "Users, organizations, memberships, API keys and preferences.")

READ = ApiKeyAuth("account:read")
WRITE = ApiKeyAuth("account:write")
_KEY_LIMIT = 300


class OrganizationRef(Schema):
    id: str
    name: str


class KeyRef(Schema):
    id: str
    description: str
    role: str
    created: datetime
    metadata: dict[str, str]


class WhoAmI(Schema):
    user_id: str | None
    email: str | None
    organizations: list[OrganizationRef]
    metadata: dict[str, str]
    api_key: KeyRef | None


class Preference(Schema):
    trait: str
    trait_label: str
    category: Literal["ALLERGEN", "DIETARY", "RELIGIOUS", "SOURCING"]
    stance: Literal["AVOID", "REQUIRE", "PREFER", "NEUTRAL"]


class OrganizationOut(Schema):
    id: str
    name: str
    country: str
    is_brand: bool
    metadata: dict[str, str]


class OrganizationPage(Schema):
    data: list[OrganizationOut]
    pagination: Pagination


class MemberOut(Schema):
    id: str
    user_email: str
    user_name: str
    user_metadata: dict[str, str]
    role: str
    role_display: str


class MemberPage(Schema):
    data: list[MemberOut]
    pagination: Pagination


class MemberQuery(PageQuery):
    role: Literal["owner", "manager", "billing", "editor", "viewer"] | None = Field(
        None, description="Only members with this role."
    )
    q: str | None = Field(None, max_length=100, description="Part of the name or e-mail address.")


class KeyOut(Schema):
    id: str
    name: str
    description: str
    role: str
    masked_key: str
    is_active: bool
    rate_limit_per_minute: int
    created: datetime
    metadata: dict[str, str]


class CreatedKey(Schema):
    id: str
    name: str
    description: str
    role: str
    created: datetime
    key: str = Field(description="The key itself, which is shown only now.")
    metadata: dict[str, str]


class KeyIn(Body):
    name: str = Field(..., min_length=1, max_length=100, pattern=r"\S")
    description: str = Field("", max_length=255)
    role: Literal["manager", "editor", "readonly"] = Field("readonly", description="What the key may do.")


class KeyPatch(Body):
    """Members that are left out keep their value."""

    name: str | None = Field(None, min_length=1, max_length=100, pattern=r"\S")
    description: str | None = Field(None, max_length=255)


class KeyPage(Schema):
    data: list[KeyOut]
    pagination: Pagination


_PREFERENCES = {
    "alice": [
        {"trait": "peanuts", "trait_label": "Peanuts", "category": "ALLERGEN", "stance": "AVOID"},
        {"trait": "organic", "trait_label": "Organic", "category": "SOURCING", "stance": "PREFER"},
    ]
}


@api.get("/whoami", response=WhoAmI, auth=READ, summary="Get the caller's own identity", tags=["account"])
def whoami(request: HttpRequest) -> dict[str, Any]:
    """Returns the user and organizations behind the credential, and the API key if it is one."""
    caller = authenticated(request)
    user = _user(caller)
    organizations = Organization.objects.filter(id__in=caller.roles).order_by("name")
    return {
        "user_id": str(user.pk) if user else None,
        "email": user.email if user else None,
        "organizations": [{"id": item.id, "name": item.name} for item in organizations],
        "metadata": {},
        "api_key": {
            "id": caller.api_key.id,
            "description": caller.api_key.description,
            "role": caller.api_key.role.lower(),
            "created": caller.api_key.created,
            "metadata": {},
        }
        if caller.api_key
        else None,
    }


@api.get("/preferences", response=list[Preference], auth=READ, summary="List dietary preferences", tags=["account"])
def list_preferences(request: HttpRequest) -> list[dict[str, str]]:
    """Lists what the user avoids, requires and prefers; empty for new users. Takes a user's access token."""
    user = _user(authenticated(request))
    if user is None:
        raise ProblemError(403, "Preferences are a person's: this requires an access token of a user.")
    return _PREFERENCES.get(user.username, [])


@api.get(
    "/organizations",
    response=OrganizationPage,
    auth=READ,
    summary="List the caller's organizations",
    tags=["account"],
)
def list_organizations(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """Lists the organizations that the caller is a member of."""
    organizations = Organization.objects.filter(id__in=authenticated(request).roles).order_by("name")
    return paginated([_organization(item) for item in organizations], query)


@api.get(
    "/organizations/{organization_id}",
    response=OrganizationOut,
    auth=READ,
    summary="Get an organization",
    tags=["account"],
)
def get_organization(request: HttpRequest, organization_id: str) -> dict[str, Any]:
    """Returns an organization that the caller is a member of."""
    require_role(authenticated(request), organization_id)
    return _organization(Organization.objects.get(id=organization_id))


@api.get(
    "/organizations/{organization_id}/members",
    response=MemberPage,
    auth=READ,
    summary="List the members of an organization",
    tags=["account"],
)
def list_members(
    request: HttpRequest,
    organization_id: str,
    query: Query[MemberQuery],
) -> dict[str, Any]:
    """Lists who belongs to an organization, and in which role."""
    require_role(authenticated(request), organization_id)
    memberships = Membership.objects.filter(organization_id=organization_id).select_related("user")
    members: list[dict[str, Any]] = [
        {
            "id": item.id,
            "user_email": item.user.email,
            "user_name": item.user.first_name,
            "user_metadata": {},
            "role": item.role.lower(),
            "role_display": item.role.title(),
        }
        for item in memberships.order_by("user__username")
        if query.role in (None, item.role.lower())
        and (query.q is None or query.q.casefold() in f"{item.user.first_name} {item.user.email}".casefold())
    ]
    return paginated(members, query)


@api.get(
    "/organizations/{organization_id}/api-keys",
    response=KeyPage,
    auth=READ,
    summary="List the API keys of an organization",
    tags=["account"],
)
def list_api_keys(request: HttpRequest, organization_id: str, query: Query[PageQuery]) -> dict[str, Any]:
    """Lists an organization's API keys, masked: a key is shown whole only when it is created."""
    require_role(authenticated(request), organization_id, *WRITERS)
    keys = ApiKey.objects.filter(organization_id=organization_id).order_by("name", "id")
    return paginated([_key(key) for key in keys], query)


@api.post(
    "/organizations/{organization_id}/api-keys",
    response={201: CreatedKey},
    auth=WRITE,
    summary="Create an API key",
    tags=["account"],
)
def create_api_key(request: HttpRequest, organization_id: str, body: KeyIn) -> tuple[int, dict[str, Any]]:
    """Creates a business key of an organization and returns it whole, once."""
    require_role(authenticated(request), organization_id, *WRITERS)
    key = api_keys.make_random("csb")
    digest = api_keys.digest(key)
    stored = ApiKey.objects.create(
        id=short_id(f"key {digest}"),
        digest=digest,
        prefix="csb",
        last4=key[-4:],
        name=body.name.strip(),
        description=body.description,
        role=body.role.upper(),
        is_active=True,
        rate_limit_per_minute=_KEY_LIMIT,
        created=timezone.now(),
        organization_id=organization_id,
    )
    return 201, {**_key(stored), "key": key}


@api.patch(
    "/organizations/{organization_id}/api-keys/{key_id}",
    response=KeyOut,
    auth=WRITE,
    summary="Update an API key",
    tags=["account"],
)
def update_api_key(request: HttpRequest, organization_id: str, key_id: str, body: KeyPatch) -> dict[str, Any]:
    """Changes the name or the description of a key."""
    stored = _own_key(request, organization_id, key_id)
    if body.name is not None:
        stored.name = body.name.strip()
    if body.description is not None:
        stored.description = body.description
    stored.save()
    return _key(stored)


@api.delete(
    "/organizations/{organization_id}/api-keys/{key_id}",
    response={204: None},
    auth=WRITE,
    summary="Revoke an API key",
    tags=["account"],
)
def revoke_api_key(request: HttpRequest, organization_id: str, key_id: str) -> tuple[int, None]:
    """Revokes a key for good: requests with it are rejected from now on."""
    stored = _own_key(request, organization_id, key_id)
    stored.is_active = False
    stored.save()
    return 204, None


def _own_key(request: HttpRequest, organization_id: str, key_id: str) -> ApiKey:
    require_role(authenticated(request), organization_id, *WRITERS)
    stored = ApiKey.objects.filter(id=key_id, organization_id=organization_id).first()
    return found_or_404(stored, f"There is no API key with the id {key_id}.")


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "description": key.description,
        "role": key.role.lower(),
        "masked_key": f"{key.prefix}_...{key.last4}",
        "is_active": key.is_active,
        "rate_limit_per_minute": key.rate_limit_per_minute,
        "created": key.created,
        "metadata": {},
    }


def _user(caller: Caller) -> User | None:
    return User.objects.filter(pk=caller.user_id).first() if caller.user_id is not None else None


def _organization(organization: Organization) -> dict[str, Any]:
    return {
        "id": organization.id,
        "name": organization.name,
        "country": "CA",
        "is_brand": True,
        "metadata": {},
    }
