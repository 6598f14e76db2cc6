"""The resolver's API: the rules by which Digital Links are resolved."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Schema

from ..data.models import CustomUrl, Product, ResolutionRule
from .authentication import ApiKeyAuth, authenticated, require_role
from .openapi import Body, new_api
from .pagination import PageQuery, Pagination, paginated
from .problems import ProblemError, found_or_404

api = new_api(
    "resolver",
    "Rules and custom URLs that decide where a GS1 Digital Link leads to.",
)

READ = ApiKeyAuth("resolver:read")
WRITE = ApiKeyAuth("resolver:write")

ScopeType = Literal["ORGANIZATION", "BRAND", "PRODUCT", "BATCH", "SERIAL"]


class RuleOut(Schema):
    id: str
    scope_type: ScopeType
    scope_id: str
    order_index: int
    enabled: bool
    destination_type: Literal["HOSTED_PAGE", "CUSTOM_URL"]
    on_custom_url_dead: Literal["SKIP_RULE", "FALLBACK_TO_HOSTED"]
    custom_url: str | None
    link_type: str
    organization_id: str
    product_id: str | None
    absolute_start_at: datetime | None
    absolute_end_at: datetime | None
    annual_start_mmdd: str
    annual_end_mmdd: str
    days_of_week: list[int]
    time_of_day_start: str | None
    time_of_day_end: str | None
    timezone: str
    location_countries: list[str]
    location_regions: list[str]
    location_cities: list[str]
    metadata: dict[str, str]
    created: datetime
    modified: datetime


class RulePage(Schema):
    data: list[RuleOut]
    pagination: Pagination


class RuleQuery(PageQuery):
    scope_type: ScopeType | None = Field(None, description="Only rules of this scope.")
    enabled: bool | None = Field(None, description="Only enabled, or only disabled rules.")


class CustomUrlIn(Body):
    url: str = Field(..., pattern="^https?://", max_length=2048, description="Where the link leads to.")


class CustomUrlOut(Schema):
    id: str
    url: str
    status: Literal["UNKNOWN", "ALIVE", "DEAD"]
    organization_id: str
    created: datetime
    modified: datetime
    last_checked_at: datetime | None


@api.get(
    "/organizations/{organization_id}/resolution-rules",
    response=RulePage,
    auth=READ,
    summary="List resolution rules",
    tags=["resolver"],
)
def list_resolution_rules(
    request: HttpRequest,
    organization_id: str,
    query: Query[RuleQuery],
) -> dict[str, Any]:
    """Lists an organization's rules in the order in which they are tried."""
    require_role(authenticated(request), organization_id)
    rules = [_rule(rule) for rule in ResolutionRule.objects.filter(organization_id=organization_id)]
    matching = [
        rule
        for rule in sorted(rules, key=lambda rule: int(rule["order_index"]))
        if query.scope_type in (None, rule["scope_type"]) and query.enabled in (None, rule["enabled"])
    ]
    return paginated(matching, query)


@api.get(
    "/resolution-rules/{rule_id}",
    response=RuleOut,
    auth=READ,
    summary="Get a resolution rule",
    tags=["resolver"],
)
def get_resolution_rule(request: HttpRequest, rule_id: str) -> dict[str, Any]:
    """Returns one rule; a rule of another organization counts as missing."""
    rule = ResolutionRule.objects.filter(id=rule_id).first()
    if rule is None or rule.organization_id not in authenticated(request).roles:
        raise ProblemError(404, f"There is no resolution rule {rule_id}.")
    return _rule(rule)


@api.put(
    "/organizations/{organization_id}/custom-urls/{custom_url_id}",
    response=CustomUrlOut,
    auth=WRITE,
    summary="Update a custom URL",
    tags=["resolver"],
)
def update_custom_url(
    request: HttpRequest, organization_id: str, custom_url_id: str, body: CustomUrlIn
) -> dict[str, Any]:
    """Changes where the rules that use this custom URL lead to."""
    require_role(authenticated(request), organization_id, "OWNER", "MANAGER", "EDITOR")
    found = CustomUrl.objects.filter(id=custom_url_id, organization_id=organization_id).first()
    custom = found_or_404(found, f"There is no custom URL {custom_url_id}.")
    custom.url = body.url
    custom.modified = timezone.now()
    custom.save()
    return {
        "id": custom.id,
        "url": custom.url,
        "status": "UNKNOWN",
        "organization_id": custom.organization_id,
        "created": custom.created,
        "modified": custom.modified,
        "last_checked_at": None,
    }


def _rule(rule: ResolutionRule) -> dict[str, Any]:
    custom = CustomUrl.objects.filter(id=rule.document["custom_url_id"]).first()
    product = Product.objects.filter(gtin=rule.gtin).first()
    return {
        "id": rule.id,
        "scope_type": "PRODUCT",
        "scope_id": product.id if product else rule.gtin,
        "order_index": rule.document["order_index"],
        "enabled": True,
        "destination_type": "CUSTOM_URL" if custom else "HOSTED_PAGE",
        "on_custom_url_dead": "FALLBACK_TO_HOSTED",
        "custom_url": custom.url if custom else None,
        "link_type": rule.document["link_type"],
        "organization_id": rule.organization_id,
        "product_id": product.id if product else None,
        "absolute_start_at": None,
        "absolute_end_at": None,
        "annual_start_mmdd": "",
        "annual_end_mmdd": "",
        "days_of_week": [],
        "time_of_day_start": None,
        "time_of_day_end": None,
        "timezone": "UTC",
        "location_countries": [],
        "location_regions": [],
        "location_cities": [],
        "metadata": {},
        "created": rule.document["created"],
        "modified": rule.document["created"],
    }
