"""Closient's APIs: one per app, with its scopes and its own OpenAPI document. Needs no Django."""

from dataclasses import dataclass


@dataclass(frozen=True)
class App:
    """An API: its name in scopes, what it's about, and where it is if not under `<name>/api/v1`."""

    name: str
    subject: str
    title: str = ""
    base: str = ""
    version: str = "1.0.0"

    @property
    def heading(self) -> str:
        """The title of its document."""
        return self.title or f"{self.name.title()} API"

    @property
    def path(self) -> str:
        """Its base path, without slashes at the ends."""
        return self.base or f"{self.name}/api/v1"


APPS = {
    app.name: app
    for app in (
        App("account", "your profile, organizations, members and API keys"),
        App("agent", "conversations with Closient's assistant"),
        App("advertising", "sponsored placements, impressions and revenue share"),
        App("analytics", "scan events, search snapshots and brand engagement"),
        App("billing", "subscriptions, usage and plans"),
        App("brands", "brands and where their products are sold"),
        App("byos", "the search widget for your own site", title="Bring Your Own Search API", base="byos"),
        App("certifications", "certifications and claims of products"),
        App("compliance", "recalls and safety notices"),
        App("content", "how complete a product's data is"),
        App("dashboard", "scans, search demand and retail footprint of your brands"),
        App("epcis", "supply chain events", title="EPCIS 2.0 API", base="epcis/api/2.0", version="2.0.0"),
        App("integrations", "point-of-sale connections and webhooks"),
        App("locations", "stores and other physical locations"),
        App("notifications", "your inbox and notification channels"),
        App("offers", "offers of any kind"),
        App("products", "products, their attributes, GTINs and symbols"),
        App("resolver", "GS1 Digital Link resolution rules and links"),
        App("retailers", "retailers and their offers"),
        App("scanner", "scan sessions and captures"),
        App("search", "the catalog and offers nearby"),
        App("sustainability", "sustainability data of products"),
    )
}
