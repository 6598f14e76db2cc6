"""The toolkit's validator and scopes, with its habits mended where Closient documents others.

Django OAuth Toolkit 3.4 gives an application one grant type, reports another redirect address as
`invalid_request`, and knows no scopes of one application alone.
"""

from typing import Any

from .models import Registration
from .settings import SCOPES
from .toolkit import Application, BaseScopes, InvalidGrantError, OAuth2Validator


def is_public(client_id: str) -> bool:
    """Whether a client has no secret."""
    return bool(Application.objects.filter(client_id=client_id, client_type="public").exists())


def registered(client_id: str) -> dict[str, Any]:
    """What a client registered; nothing for one that did not."""
    registration = Registration.objects.filter(client_id=client_id).first()
    return registration.metadata if registration else {}


class Scopes(BaseScopes):
    """All scopes for everybody; what a client registered is what it gets when it asks for none."""

    def get_all_scopes(self) -> dict[str, str]:
        return SCOPES

    def get_available_scopes(self, *args: Any, **kwargs: Any) -> list[str]:
        return list(SCOPES)

    def get_default_scopes(self, application: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        scopes = str(registered(application.client_id).get("scope", "")) if application else ""
        return scopes.split() or ["search:read", "products:read", "resolver:read"]


class Validator(OAuth2Validator):
    """The toolkit's rules, and the documented ones where they differ."""

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        return grant_type in registered(client.client_id).get("grant_types", [])

    def validate_response_type(
        self, client_id: str, response_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        return response_type in registered(client.client_id).get("response_types", [])

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Any, *args: Any, **kwargs: Any
    ) -> bool:
        if not super().confirm_redirect_uri(client_id, code, redirect_uri, client, *args, **kwargs):
            raise InvalidGrantError(description="redirect_uri differs from that of the authorization.")
        return True

    def get_additional_claims(self, request: Any) -> dict[str, str]:
        user = request.user
        return {"name": user.first_name, "preferred_username": user.username, "email": user.email}
