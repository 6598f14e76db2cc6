"""The supported scopes, and the default for requests without a scope."""

from typing import Any

from ..data.apps import APPS
from .models import registered
from .toolkit import BaseScopes

SCOPES = {
    "openid": "Know who you are",
    "profile": "See your name",
    "email": "See your e-mail address",
    "offline_access": "Keep access while you are away",
    **{f"{app.name}:read": f"Read {app.subject}" for app in APPS.values()},
    **{f"{app.name}:write": f"Change {app.subject}" for app in APPS.values()},
    "qr:generate": "Generate QR codes for GS1 Digital Links",
}
DEFAULT_SCOPE = "search:read products:read resolver:read"


class Scopes(BaseScopes):
    """All scopes are available to every client; its registered scopes are the default."""

    def get_all_scopes(self) -> dict[str, str]:
        """Every scope with its description."""
        return SCOPES

    def get_available_scopes(self, *args: Any, **kwargs: Any) -> list[str]:
        """Every scope, for every client."""
        return list(SCOPES)

    def get_default_scopes(self, application: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        """The scopes of a request without scopes."""
        scopes = str(registered(application.client_id).get("scope", "")) if application else ""
        return (scopes or DEFAULT_SCOPE).split()
