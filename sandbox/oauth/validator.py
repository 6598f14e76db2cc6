"""Validation of authorization and token requests: the toolkit's rules, and Closient's where they differ.

Django OAuth Toolkit 3.4 allows one grant type per application, and reports a different redirect URI as
`invalid_request`.
"""

import time
from typing import Any

from . import tokens
from .models import registered
from .toolkit import Application, InvalidGrantError, OAuth2Validator


class Validator(OAuth2Validator):
    """The toolkit's rules, except where Closient documents others."""

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Allow every grant type that the client registered."""
        return grant_type in registered(client.client_id).get("grant_types", [])

    def validate_response_type(
        self, client_id: str, response_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Allow the response types that the client registered."""
        return response_type in registered(client.client_id).get("response_types", [])

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        """Require PKCE of public clients."""
        return bool(Application.objects.filter(client_id=client_id, client_type="public").exists())

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Report a different redirect URI as `invalid_grant`."""
        if not super().confirm_redirect_uri(client_id, code, redirect_uri, client, *args, **kwargs):
            raise InvalidGrantError(description="redirect_uri differs from that of the authorization request.")
        return True

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Revoke the tokens of a code that is presented again (RFC 6749 section 4.1.2)."""
        tokens.revoke_redeemed(code)
        return super().validate_code(client_id, code, client, request, *args, **kwargs)

    def save_bearer_token(self, token: dict[str, str], request: Any, *args: Any, **kwargs: Any) -> Any:
        """Save the tokens, and which code gave them; a code gives an id_token, also without the scope `openid`."""
        saved = super().save_bearer_token(token, request, *args, **kwargs)
        if request.code:
            tokens.remember_redeemed(request.code, token)
            if "id_token" not in token:
                token["id_token"] = self._id_token(token, request)
        return saved

    def _id_token(self, token: dict[str, str], request: Any) -> str:
        """An id_token that identifies the user by `sub` alone."""
        claims = {"sub": str(request.user.pk), "aud": request.client_id, "iat": int(time.time())}
        nonce = self.get_authorization_code_nonce(request.client_id, request.code, request.redirect_uri, request)
        if nonce:
            claims["nonce"] = nonce
        return self.finalize_id_token(claims, token, None, request)

    def get_additional_claims(self, request: Any) -> dict[str, str]:
        """The user's name and email address for the id_token."""
        user = request.user
        return {"name": user.first_name, "preferred_username": user.username, "email": user.email}
