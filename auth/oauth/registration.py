"""Dynamic client registration (RFC 7591): what we say of ourselves, and what the server makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import httpx2

from ..profile import Grant
from ..records import Client, Server
from ..urls import may_send_to, origin
from .http import Request, Response

# Constant for all installations and versions, so that servers can tell that it is the same software.
SOFTWARE_ID = "6f1f3a52-6c0e-4b5e-9d0f-0c1b8f5a7e21"
# What a server that says "not now" is left alone for, where it does not say how long, and at most.
_USUAL_PAUSE, LONGEST_PAUSE = 60.0, 86_400.0
_METHODS = ("none", "client_secret_post", "client_secret_basic")
REGISTER_YOURSELF = "Register a client at the service yourself and set its client_id in the settings."


def is_document(client_id: str) -> bool:
    """Whether a client_id is the URL of a Client ID Metadata Document, which has a path."""
    parts = urlsplit(client_id)
    return parts.scheme == "https" and bool(parts.hostname) and parts.path not in ("", "/")


class RegistrationError(Exception):
    """The server did not register us usably; the text says why, `next_step` what to do.

    `pause` is how many seconds it wants to be left alone, where it may register us later.
    """

    def __init__(self, reason: str, next_step: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.next_step = next_step
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a client is for: its grant, where a browser comes back to, if one does, and the scopes to ask for."""

    grant: Grant = "authorization_code"
    redirect_uri: str = ""
    scopes: tuple[str, ...] = ()

    def suits(self, client: Client) -> bool:
        """Whether a browser comes back to where the client was registered for."""
        return client.redirect_uri in ("", self.redirect_uri)


def registration_request(server: Server, purpose: Purpose, version: str) -> Request:
    """The registration of a native application (RFC 8252, RFC 7591 §2), or of one that acts for itself."""
    document: dict[str, object] = {
        "client_name": "Closient MCP",
        "client_uri": "https://docs.closient.com/guides/mcp-install",
        "logo_uri": "https://www.closient.com/favicon.ico",
        "software_id": SOFTWARE_ID,
        "software_version": version,
        # A client that acts for itself is nobody without a secret (RFC 6749 §4.4).
        "token_endpoint_auth_method": "client_secret_basic" if purpose.grant == "client_credentials" else "none",
        **_registered_for(purpose),
    }
    # What may ever be asked for; what is asked for is decided at each sign-in.
    if scopes := dict.fromkeys((*server.scopes_supported, *purpose.scopes)):
        document["scope"] = " ".join(scopes)
    assert server.registration_endpoint
    return Request(server.registration_endpoint, document=document)


def _registered_for(purpose: Purpose) -> dict[str, object]:
    if purpose.grant == "authorization_code":
        return {
            "application_type": "native",
            "redirect_uris": [purpose.redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        }
    if purpose.grant == "device_code":  # RFC 8628 §7.1; nobody is redirected
        types = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]
        return {"application_type": "native", "redirect_uris": [], "grant_types": types, "response_types": []}
    return {"grant_types": [purpose.grant]}


def deregistration_request(client: Client, server: Server) -> Request | None:
    """The end of a registration (RFC 7592 §2.3), where the server gave a URL of its own for that."""
    if not client.registration_uri or not client.registration_token:
        return None
    own = {origin(httpx2.URL(url)) for url in (server.issuer, server.token_endpoint)}
    if not may_send_to(httpx2.URL(client.registration_uri), own):
        return None
    return Request(
        client.registration_uri, headers={"authorization": f"Bearer {client.registration_token}"}, method="DELETE"
    )


def second_request(first: Request, response: Response) -> Request | None:
    """What to try instead where the server finds fault with what we said of ourselves, and there is such a thing."""
    error, said = response.text("error") if response.status == 400 else "", dict(first.document or {})
    method = said["token_endpoint_auth_method"]
    if "redirect_uris" not in said and error in ("invalid_client_metadata", "invalid_redirect_uri"):
        # RFC 7591 §2: what is left out is the default, and with that a client has to have a redirect URL.
        return replace(first, document={**said, "redirect_uris": [], "response_types": []})
    if method == "none" and error == "invalid_client_metadata":
        return replace(first, document={**said, "token_endpoint_auth_method": "client_secret_basic"})
    return None


def read_registration(response: Response, purpose: Purpose, now: float) -> Client:
    """The client that the server made of us; what it says goes before what we asked for (RFC 7591 §3.2.1).

    Raises:
        RegistrationError: it made none that we could use.
    """
    if response.status not in (200, 201) or response.body is None:
        raise _refusal(response, now)
    method = response.text("token_endpoint_auth_method") or (
        "client_secret_basic" if response.text("client_secret") else "none"
    )
    if not response.text("client_id"):
        raise RegistrationError("its answer has no client_id", REGISTER_YOURSELF)
    if method not in _METHODS or (method != "none" and not response.text("client_secret")):
        raise RegistrationError(f"it wants clients to identify by {method[:40]}", REGISTER_YOURSELF)
    redirects = response.body.get("redirect_uris")
    if purpose.redirect_uri and isinstance(redirects, list) and purpose.redirect_uri not in redirects:
        raise RegistrationError("it registered another redirect URL", REGISTER_YOURSELF)
    expires = response.body.get("client_secret_expires_at")
    return Client(
        client_id=response.text("client_id"),
        client_secret=response.text("client_secret") or None,
        auth_method=method,
        redirect_uri=purpose.redirect_uri,
        grant=purpose.grant,
        secret_expires_at=expires if isinstance(expires, int) else 0,
        registration_uri=response.text("registration_client_uri") or None,
        registration_token=response.text("registration_access_token") or None,
    )


def _refusal(response: Response, now: float) -> RegistrationError:
    said = response.text("error_description") or response.text("detail") or response.text("error")
    told = f": {said[:200]}" if said else ""
    if response.status == 429:
        pause = min(response.retry_after(now) or _USUAL_PAUSE, LONGEST_PAUSE)
        return RegistrationError("it accepts no more registrations for now", "Try again later.", pause)
    if response.status in (401, 403):
        return RegistrationError(
            f"it lets no application register itself ({response.summary}){told}", REGISTER_YOURSELF
        )
    if response.text("error") == "invalid_redirect_uri":
        return RegistrationError(f"it accepts no redirect to this machine{told}", "Use an API key instead.")
    return RegistrationError(f"it refused the registration ({response.summary}){told}", "Use an API key instead.")
