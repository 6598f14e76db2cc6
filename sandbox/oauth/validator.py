"""How requests for authorization and tokens are validated: as the toolkit does it, and as Closient documents it.

Django OAuth Toolkit 3.4 gives an application one grant type and reports another redirect URI as `invalid_request`.
"""

from typing import Any

from .models import registered
from .toolkit import Application, InvalidGrantError, OAuth2Validator


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

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        return bool(Application.objects.filter(client_id=client_id, client_type="public").exists())

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Any, *args: Any, **kwargs: Any
    ) -> bool:
        if not super().confirm_redirect_uri(client_id, code, redirect_uri, client, *args, **kwargs):
            raise InvalidGrantError(description="redirect_uri differs from that of the authorization.")
        return True

    def get_additional_claims(self, request: Any) -> dict[str, str]:
        user = request.user
        return {"name": user.first_name, "preferred_username": user.username, "email": user.email}
