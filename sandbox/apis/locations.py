"""The locations API: the stores of the caller's organization near a place."""

from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Schema

from ..data.models import Organization, Store
from .account import OrganizationRef
from .authentication import ApiKeyAuth, authenticated
from .openapi import new_api
from .places import PlaceOut, PlaceQuery, nearest
from .problems import ProblemError

api = new_api("locations", "Stores and other physical locations of organizations.")

READ = ApiKeyAuth("locations:read")


class LocationsReply(Schema):
    locations: list[PlaceOut] = Field(description="The nearest first.")
    organization: OrganizationRef


@api.get("/public/locations", response=LocationsReply, auth=READ, summary="Find locations near a place")
def list_public_locations(request: HttpRequest, query: Query[PlaceQuery]) -> dict[str, Any]:
    """Lists the locations of the organization that the API key belongs to; made for publishable keys in browsers."""
    caller = authenticated(request)
    organization = Organization.objects.filter(id__in=caller.roles).order_by("name").first()
    if organization is None:
        raise ProblemError(403, f"Wrong organization: {caller.name} is not a member of any organization.")
    stores = Store.objects.filter(retailer__organization_id=organization.id)
    return {
        "locations": [place for _, place in nearest(stores, query)],
        "organization": {"id": organization.id, "name": organization.name},
    }
