"""The agent skills that Closient's quickstart names, written for the sandbox, and the index of its documentation."""

import hashlib
from dataclasses import dataclass

from django.conf import settings

from .apps import APPS

INDEX_SCHEMA = "https://schemas.agentskills.io/discovery/0.2.0/schema.json"


@dataclass(frozen=True)
class Skill:
    """A skill: a name, when to use it, and its steps."""

    name: str
    description: str
    steps: tuple[str, ...]

    @property
    def url(self) -> str:
        """Where its text is."""
        return f"{settings.SANDBOX_URL}/.well-known/agent-skills/{self.name}/SKILL.md"

    @property
    def text(self) -> str:
        """Its text: front matter, and the steps as a list."""
        steps = "\n".join(f"{number}. {step}" for number, step in enumerate(self.steps, 1))
        heading = self.name.replace("-", " ").capitalize()
        return f"---\nname: {self.name}\ndescription: {self.description}\n---\n\n# {heading}\n\n{steps}\n"


SKILLS = {
    skill.name: skill
    for skill in (
        Skill(
            "closient-api-quickstart",
            "Make a first call to Closient. Use it before any other skill.",
            (
                "Read `/.well-known/api-catalog`; every entry has an API and its OpenAPI document.",
                "Send an API key as `X-API-Key`, or register at `/oauth/register/` and sign in with PKCE.",
                "`GET /search/api/v1/search?q=trail+mix` needs no credential.",
                "`POST /search/api/v1/search/session` with a query, latitude and longitude finds offers nearby.",
            ),
        ),
        Skill(
            "closient-openapi-tour",
            "Find out which of the 22 APIs has what you need.",
            (
                "Read `/.well-known/api-catalog`.",
                "Read the `info.description` of each document, then the summaries of its operations.",
                "`search`, `products` and `resolver` answer most questions about products.",
            ),
        ),
        Skill(
            "local-product-search",
            "Find a product in stores near a place, the nearest first.",
            (
                "Ask for the place if you don't know it; never guess it.",
                "`POST /search/api/v1/search/session` with `query`, `latitude`, `longitude` and `radius_km`.",
                "Show name, store, distance and price of the first rows.",
                '`POST /search/api/v1/search/session/{session_id}/refine` narrows it: "cheaper", "within 2 km".',
            ),
        ),
        Skill(
            "resolve-gtin",
            "Find out what a GTIN or a GS1 Digital Link leads to.",
            (
                "Check the check digit and write the GTIN with 14 digits.",
                "`GET /01/{gtin}`, then `/10/{lot}` and `/21/{serial}` if you know them.",
                "`Accept: application/linkset+json` gives every link, `application/json` the product.",
            ),
        ),
        Skill(
            "check-product-availability",
            "Find out whether one product is in stock near a place.",
            (
                "`POST /search/api/v1/search/session` with the query `gtin:` and 14 digits, and the place.",
                "Read `offer.stock_status` and `offer.last_checked_at`; `unknown` is not `in_stock`.",
            ),
        ),
        Skill(
            "decode-gs1-ai",
            "Read the GTIN, lot, dates and serial number out of the text of a barcode.",
            (
                "A text with brackets, such as `(01)09506000134352(10)ABC`, names each AI before its value.",
                "Without brackets, fixed lengths follow the AI, and a group separator ends variable ones.",
                "`POST /products/api/v1/digital-link/parse` reads a Digital Link.",
            ),
        ),
        Skill(
            "build-gs1-digital-link",
            "Write a GS1 Digital Link for a product, a lot or an item.",
            (
                "Start with `/01/` and the GTIN in 14 digits.",
                "Add `/10/` and the lot, then `/21/` and the serial number, percent-encoded.",
                "An expiry date goes into the query: `?17=YYMMDD`.",
            ),
        ),
        Skill(
            "claim-brand",
            "Create a brand that belongs to your organization.",
            (
                "You need the scope `brands:write`, and must be owner or manager of the organization.",
                "`GET /brands/api/v1/brands?name=` shows whether it is there.",
                "`POST /brands/api/v1/brands` with `organization_id` and `name`; 409 means that it is.",
            ),
        ),
        Skill(
            "onboard-retailer",
            "Set a retailer up so that its offers are found nearby.",
            (
                "You need the scope `retailers:write`, and must be owner or manager of the organization.",
                "`POST /retailers/api/v1/organizations/{organization_id}/retailers` with its `name`.",
                "`POST /retailers/api/v1/organizations/{organization_id}/in-store-offers` for each of its offers.",
                "Search nearby for one of the products to see that its offer is found.",
            ),
        ),
    )
}


def index() -> dict[str, object]:
    """The index of the skills."""
    return {
        "$schema": INDEX_SCHEMA,
        "skills": [
            {
                "name": skill.name,
                "type": "skill-md",
                "description": skill.description,
                "url": skill.url,
                "digest": f"sha256:{hashlib.sha256(skill.text.encode()).hexdigest()}",
            }
            for skill in SKILLS.values()
        ],
    }


def llms_txt() -> str:
    """The documentation index in the form of llms.txt."""
    server = settings.SANDBOX_URL
    apis = [f"- [{app.heading}]({server}/{app.path}/openapi.json): {app.subject}" for app in APPS.values()]
    skills = [f"- [{skill.name}]({skill.url}): {skill.description}" for skill in SKILLS.values()]
    return "\n".join(
        [
            "# Closient sandbox",
            "",
            "> A Closient on this machine, with invented data.",
            "",
            "## APIs",
            "",
            f"- [API catalog]({server}/.well-known/api-catalog): every API and its OpenAPI document",
            *apis,
            "",
            "## Skills",
            "",
            *skills,
            "",
        ]
    )
