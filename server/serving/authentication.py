"""Authenticates callers by bearer token (RFC 6750), and says where they get one (RFC 9728)."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from ...auth.oauth.http import HttpClient
from ...auth.secrets.redaction import Redaction
from ...tools.formats.urls import is_loopback_url
from ..callers.fixed_tokens import open_tokens
from ..callers.identity import SCOPE_KEY, InvalidTokenError, IssuerUnavailableError, Verifier
from ..callers.introspection import IntrospectedTokens
from ..callers.recent_tokens import RecentTokens
from ..callers.signed_tokens import SignedTokens
from ..settings.http_model import HttpSettings, OAuth, TokenAuth
from .asgi import AsgiApplication, Receive, Scope, Send, headers_of, respond

logger = logging.getLogger(__name__)

_WELL_KNOWN = "/.well-known/oauth-protected-resource"
_LONGEST_TOKEN = 16_384
_RETRY_SECONDS = 30


def verifier_of(auth: TokenAuth | OAuth, redaction: Redaction) -> Verifier:
    """What finds out whose token it is, as the settings say; may block while a command runs.

    Raises:
        SettingsError: a token of the settings cannot be used.
    """
    if isinstance(auth, TokenAuth):
        return open_tokens(auth.tokens, redaction)
    http = HttpClient(trust_env=not is_loopback_url(auth.issuer))
    if auth.introspection:
        return RecentTokens(IntrospectedTokens(auth, auth.introspection, http, redaction))
    return RecentTokens(SignedTokens(auth, http))


class Authentication:
    """Passes on requests with a valid token only, with the caller's identity; answers where callers get a token."""

    def __init__(self, app: AsgiApplication, settings: HttpSettings, verifier: Verifier) -> None:
        self._app = app
        self._settings = settings
        self._verifier = verifier
        self._required = settings.auth.required_scopes if isinstance(settings.auth, OAuth) else ()
        self._metadata_path, self._metadata_url = "", ""
        if isinstance(settings.auth, OAuth):
            parts = urlsplit(settings.resource)
            # RFC 9728 §3.1: between the host and the path.
            self._metadata_path = f"{_WELL_KNOWN}{parts.path}"
            self._metadata_url = f"{parts.scheme}://{parts.netloc}{self._metadata_path}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or 403 with a challenge to other requests, and 503 if tokens cannot be verified now."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._metadata_path and scope["path"] == self._metadata_path and scope["method"] in ("GET", "HEAD"):
            await respond(send, 200, self._metadata(), {"cache-control": "max-age=3600"})
            return
        token = _token(headers_of(scope, b"authorization"))
        if not token:
            await self._challenge(send, 401)
            return
        try:
            identity = await self._verifier.verify(token)
        except InvalidTokenError as error:
            await self._challenge(send, 401, "invalid_token", f"The token is not accepted: {error}.")
            return
        except IssuerUnavailableError as error:
            logger.warning("tokens cannot be verified: %s", error)
            body = {"error": "temporarily_unavailable", "error_description": "Tokens cannot be verified now."}
            await respond(send, 503, body, {"retry-after": str(_RETRY_SECONDS)})
            return
        if not identity.scopes.issuperset(self._required):
            needed = " ".join(self._required)
            await self._challenge(send, 403, "insufficient_scope", f"The token needs the scopes {needed}.")
            return
        await self._app({**scope, SCOPE_KEY: identity}, receive, send)

    def _metadata(self) -> dict[str, object]:
        """The metadata of the server as a protected resource (RFC 9728 §2)."""
        settings = self._settings
        assert isinstance(settings.auth, OAuth)
        by_rules = [rule.value for rule in settings.access if rule.claim == "scope"]
        return {
            "resource": settings.resource,
            "resource_name": "closient-mcp",
            "authorization_servers": [settings.auth.issuer],
            "scopes_supported": list(dict.fromkeys((*self._required, *by_rules))),
            "bearer_methods_supported": ["header"],
        }

    async def _challenge(self, send: Send, status: int, error: str = "", description: str = "") -> None:
        parameters = {
            "error": error,
            "error_description": description,
            "resource_metadata": self._metadata_url,
            "scope": " ".join(self._required),
        }
        shown = ", ".join(f'{name}="{value}"' for name, value in parameters.items() if value)
        body = {"error": error or "unauthorized", "error_description": description or "Send a bearer token."}
        await respond(send, status, body, {"www-authenticate": f"Bearer {shown}".strip()})


def _token(values: list[str]) -> str:
    """The token in the only Authorization header; '' without one."""
    if len(values) != 1:
        return ""
    scheme, _, token = values[0].partition(" ")
    token = token.strip()
    is_usable = token.isascii() and len(token) <= _LONGEST_TOKEN
    return token if scheme.lower() == "bearer" and is_usable else ""
