"""Dynamic client registration (RFC 7591): our metadata, and the server's response."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace

from ..profile import Grant
from ..records import Client, Server
from .discovery import same_origin
from .http import HttpClient, NoResponseError, Request, Response
from .redirects import HOST, InvalidRedirectError, checked_redirect, on_port
from .rejections import read_error
from .tokens import as_seconds

# The same for all installations and versions, so that servers recognize the software.
SOFTWARE_ID = "6f1f3a52-6c0e-4b5e-9d0f-0c1b8f5a7e21"
_CLIENT_ID = re.compile(r"[ -~]{1,1000}")  # RFC 6749 appendix A.1
# How long to wait after a 429: if the server does not say, and at most.
_DEFAULT_PAUSE, LONGEST_PAUSE = 60.0, 86_400.0
_METADATA_ERRORS = ("invalid_redirect_uri", "invalid_client_metadata", "invalid_request", "")
_METHODS = ("none", "client_secret_post", "client_secret_basic")
REGISTER_YOURSELF = "Register a client at the service yourself and set its client_id in the settings."
_USE_API_KEY = "Use an API key instead."


class RegistrationError(Exception):
    """The registration failed; the text says why, `next_step` what to do.

    `pause` is how many seconds to wait before another attempt, None if that would not help. `client` is one that was
    registered and cannot be used.
    """

    def __init__(
        self, reason: str, next_step: str, *, pause: float | None = None, client: Client | None = None
    ) -> None:
        super().__init__(reason)
        self.next_step = next_step
        self.pause = pause
        self.client = client


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a client is for: its grant, its redirect URI if it has one, and the scopes to request."""

    grant: Grant = "authorization_code"
    redirect_uri: str = ""
    scopes: tuple[str, ...] = ()

    def suits(self, client: Client) -> bool:
        """Whether the client was registered for this redirect URI."""
        return client.redirect_uri in ("", self.redirect_uri)


def registration_request(server: Server, purpose: Purpose, version: str) -> Request:
    """The registration of a native application (RFC 8252, RFC 7591 §2), or of a client that acts for itself."""
    document: dict[str, object] = {
        "client_name": "Closient MCP",
        "client_uri": "https://docs.closient.com/guides/mcp-install",
        "logo_uri": "https://www.closient.com/favicon.ico",
        "software_id": SOFTWARE_ID,
        "software_version": version,
        # A client that acts for itself needs a secret (RFC 6749 §4.4).
        "token_endpoint_auth_method": "client_secret_basic" if purpose.grant == "client_credentials" else "none",
        **_grant_metadata(purpose),
    }
    # All scopes that may ever be requested; each sign-in decides which.
    if scopes := dict.fromkeys((*server.scopes_supported, *purpose.scopes)):
        document["scope"] = " ".join(scopes)
    assert server.registration_endpoint
    return Request(server.registration_endpoint, document=document)


def _grant_metadata(purpose: Purpose) -> dict[str, object]:
    if purpose.grant == "authorization_code":
        return {
            "application_type": "native",
            "redirect_uris": [purpose.redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        }
    if purpose.grant == "device_code":  # RFC 8628 §7.1, without redirects
        types = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]
        return {"application_type": "native", "redirect_uris": [], "grant_types": types, "response_types": []}
    return {"grant_types": [purpose.grant]}


def register(server: Server, purpose: Purpose, version: str, http: HttpClient, now: float, *, fixed: bool) -> Client:
    """Register a client. `fixed`: the redirect URI is from the settings.

    Raises:
        RegistrationError: the server registered none that we can use.
        NoResponseError: it did not respond.
    """
    request = registration_request(server, purpose, version)
    response = http.send(request)
    while following := next_request(request, response, fixed=fixed):
        request, response = following, http.send(following)
    return read_registration(response, replace(purpose, redirect_uri=_redirect_of(request)), now)


def deregister(client: Client, server: Server, http: HttpClient) -> None:
    """End a registration (RFC 7592 §2.3), if the server gave a URL of its own for that."""
    if not client.registration_uri or not client.registration_token:
        return
    if any(same_origin(client.registration_uri, own) for own in (server.issuer, server.token_endpoint)):
        headers = {"authorization": f"Bearer {client.registration_token}"}
        with suppress(NoResponseError):  # an unused registration is harmless
            http.send(Request(client.registration_uri, headers=headers, method="DELETE"))


def next_request(last: Request, response: Response, *, fixed: bool = False) -> Request | None:
    """The registration to try next if the server rejected our metadata and we have an alternative.

    `fixed`: the redirect URI is from the settings.
    """
    if response.status not in (400, 422):
        return None
    error, metadata = response.text("error"), dict(last.document or {})
    redirect = _redirect_of(last)
    if "redirect_uris" not in metadata and error in ("invalid_client_metadata", "invalid_redirect_uri"):
        # RFC 7591 §2: the defaults include a response type for which a redirect URI is required.
        return replace(last, document={**metadata, "redirect_uris": [], "response_types": []})
    method = metadata["token_endpoint_auth_method"]
    if method == "none" and error == "invalid_client_metadata":
        return replace(last, document={**metadata, "token_endpoint_auth_method": "client_secret_basic"})
    if error in _METADATA_ERRORS and redirect.startswith(f"http://{HOST}:") and not fixed:
        # Against RFC 8252 §8.3, some servers accept the name only, and not all say so in the words of RFC 7591 §3.2.2.
        return replace(last, document={**metadata, "redirect_uris": [redirect.replace(HOST, "localhost", 1)]})
    return None


def _redirect_of(request: Request) -> str:
    """The redirect URI of a registration, if it has one."""
    return next(iter(Response(0, request.document).texts("redirect_uris")), "")


def read_registration(response: Response, purpose: Purpose, now: float) -> Client:
    """Read the registered client; the response takes precedence over our request (RFC 7591 §3.2.1).

    Raises:
        RegistrationError: the response contains no client that can be used.
    """
    if response.status not in (200, 201) or response.body is None:
        raise _error(response, now)
    method = response.text("token_endpoint_auth_method") or (
        "client_secret_basic" if response.text("client_secret") else "none"
    )
    if not _CLIENT_ID.fullmatch(response.text("client_id")):
        raise RegistrationError("the response has no client_id that can be used", REGISTER_YOURSELF)
    client = Client(
        client_id=response.text("client_id"),
        client_secret=response.text("client_secret") or None,
        auth_method=method,
        redirect_uri=_registered_redirect(response, purpose.redirect_uri),
        grant=purpose.grant,
        secret_expires_at=int(as_seconds(response.body.get("client_secret_expires_at"))),
        registration_uri=response.text("registration_client_uri") or None,
        registration_token=response.text("registration_access_token") or None,
    )
    if method not in _METHODS or (method != "none" and not client.client_secret):
        reason = f"it requires the client authentication method {method[:40]}"
        raise RegistrationError(reason, REGISTER_YOURSELF, client=client)
    if purpose.redirect_uri and not client.redirect_uri:
        raise RegistrationError("it registered another redirect URI", REGISTER_YOURSELF, client=client)
    return client


def _registered_redirect(response: Response, ours: str) -> str:
    """Our redirect URI as the server registered it, which may spell it differently; empty if it is not on this machine.

    RFC 8252 §7.3: the port may be any.
    """
    registered = response.texts("redirect_uris")
    if not ours or ours in registered or not isinstance((response.body or {}).get("redirect_uris"), list):
        return ours
    for url in registered:
        with suppress(InvalidRedirectError):
            return on_port(url, checked_redirect(ours).port)
    return ""


def _error(response: Response, now: float) -> RegistrationError:
    error, description = read_error(response.body or {})
    detail = f": {description or error}" if description or error else ""
    if response.status == 429:
        pause = min(response.retry_after(now) or _DEFAULT_PAUSE, LONGEST_PAUSE)
        return RegistrationError("it accepts no more registrations for now", "Try again later.", pause=pause)
    if response.is_busy:
        return RegistrationError(f"it answers {response.summary}{detail}", "Try again later.", pause=0.0)
    if response.status in (401, 403):
        reason = f"it does not allow applications to register ({response.summary}){detail}"
        return RegistrationError(reason, REGISTER_YOURSELF)
    if error == "invalid_redirect_uri":
        return RegistrationError(f"it does not allow redirects to this machine{detail}", _USE_API_KEY)
    return RegistrationError(f"it rejected the registration ({response.summary}){detail}", _USE_API_KEY)
