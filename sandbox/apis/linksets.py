"""The links of a product, and the linkset that lists them (RFC 9264, GS1 Digital Link)."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from ..data.models import CustomUrl, Product, ResolutionRule
from .recalls import is_open_for

VOCABULARY = "https://gs1.org/voc/"
_VOCABULARIES = (VOCABULARY, "https://www.gs1.org/voc/", "https://ref.gs1.org/voc/", "gs1:")

LINK_TYPES = {
    "pip": "Product information page",
    "productSustainabilityInfo": "Sustainability and recycling",
    "nutritionalInfo": "Nutrition facts",
    "allergenInfo": "Allergens",
    "certificationInfo": "Certifications",
    "recallStatus": "Recall status",
    "recipeInfo": "Recipes",
    "warranty": "Warranty",
}


@dataclass(frozen=True)
class Identified:
    """What a Digital Link identifies: a product, and optionally a variant, a lot and a serial number."""

    gtin: str
    variant: str | None = None
    lot: str | None = None
    serial: str | None = None


@dataclass(frozen=True)
class Link:
    type: str
    href: str
    title: str
    language: tuple[str, ...] = field(default=("en",))

    def target(self) -> dict[str, Any]:
        """The target object of a linkset."""
        return {
            "href": self.href,
            "title": self.title,
            "type": "text/html",
            "hreflang": list(self.language),
        }


def links_of(product: Product, identified: Identified) -> list[Link]:
    """All links of a product, the default link first."""
    page = f"{settings.SANDBOX_URL}/p/{product.gtin}"
    document = product.document
    found = [Link("pip", page, product.product_name)]
    if any(claim["category"] == "SUSTAINABILITY" for claim in document["claims"]):
        found.append(Link("productSustainabilityInfo", f"{page}#claims", LINK_TYPES["productSustainabilityInfo"]))
    if document["nutrition"]:
        found.append(Link("nutritionalInfo", f"{page}#nutrition", LINK_TYPES["nutritionalInfo"]))
    if document["contains_allergens"]:
        found.append(Link("allergenInfo", f"{page}#ingredients", LINK_TYPES["allergenInfo"]))
    if document["certifications"]:
        found.append(Link("certificationInfo", f"{page}#certifications", LINK_TYPES["certificationInfo"]))
    if any(is_open_for(recall, identified.lot) for recall in document["recalls"]):
        found.append(Link("recallStatus", f"{page}#recall", LINK_TYPES["recallStatus"]))
    if product.owner_id is not None:
        found = _with_rules(product, found, page)
    return found


def link_type(written: str) -> str:
    """The name of a link type, from a CURIE or a URL of a GS1 vocabulary."""
    for prefix in _VOCABULARIES:
        if written.startswith(prefix):
            return written.removeprefix(prefix)
    return written


def linkset(product: Product, anchor: str, links: list[Link]) -> dict[str, Any]:
    """The linkset document of a product."""
    context: dict[str, Any] = {"anchor": anchor, "itemDescription": product.product_name}
    for link in links:
        context.setdefault(VOCABULARY + link.type, []).append(link.target())
    context[VOCABULARY + "defaultLink"] = [links[0].target()]
    return {"linkset": [context]}


def _with_rules(product: Product, links: list[Link], page: str) -> list[Link]:
    """Apply the owner's resolution rules to the links; the first rule of a type wins."""
    ruled: dict[str, Link] = {}
    rules = ResolutionRule.objects.filter(gtin=product.gtin, organization_id=product.owner_id)
    for rule in sorted(rules, key=lambda rule: int(rule.document["order_index"])):
        name = link_type(rule.document["link_type"])
        custom = CustomUrl.objects.filter(id=rule.document["custom_url_id"]).first()
        ruled.setdefault(name, Link(name, custom.url if custom else page, LINK_TYPES.get(name, name)))
    kept = [ruled.pop(link.type, link) for link in links]
    return kept + list(ruled.values())
