"""Closient's 22 APIs and where each is."""

APPS = (
    "account", "agent", "advertising", "analytics", "billing", "brands", "byos", "certifications", "compliance",
    "content", "dashboard", "epcis", "integrations", "locations", "notifications", "offers", "products", "resolver",
    "retailers", "scanner", "search", "sustainability",
)  # fmt: skip
BASES = {app: f"{app}/api/v1" for app in APPS} | {"byos": "byos", "epcis": "epcis/api/2.0"}
