"""Tokens: how they are asked for, what an answer means, and when one is still good. Functions of their inputs."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast
from urllib.parse import quote_plus

from ..records import Client, Server, Tokens
from .http import Request, Response

# A clock that fell back further than this no longer says anything about expiry.
_CLOCK_JUMP = 300.0
_LONGEST_MARGIN = 60.0
# What Spring Security's authorization server, Fluent's, calls the codes of RFC 6749 §5.2 where it leaves them out.
_PHRASES = {
    "bad credentials": "invalid_grant",
    "invalid refresh token": "invalid_grant",
    "bad client credentials": "invalid_client",
}
# RFC 6749 appendix A.12, A.17.
_VSCHARS = re.compile(r"[ -~]*")


@dataclass(frozen=True, slots=True)
class Granted:
    """The server gave tokens; `id_token` is not yet verified."""

    tokens: Tokens
    id_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Denied:
    """The server said no for good: `error` is its code (RFC 6749 §5.2)."""

    error: str
    description: str = ""

    @property
    def ends_client(self) -> bool:
        """Whether it is the client that is refused, and not what it asks for."""
        return self.error in ("invalid_client", "unauthorized_client")


@dataclass(frozen=True, slots=True)
class Inconclusive:
    """Not an answer to go by: the server is busy or broken, or something else answered in its place.

    `is_granted` says that it gave a token of some kind: it has done what it was asked, and asking again is in vain.
    `is_refused` says that it is a no of some kind, in words that nobody knows, `is_elsewhere` that no token endpoint
    is at this URL, or not any more.
    """

    reason: str
    retry_after: float | None = None
    is_granted: bool = False
    is_refused: bool = False
    is_elsewhere: bool = False


Verdict = Granted | Denied | Inconclusive


def is_usable(tokens: Tokens | None, now: float) -> bool:
    """Whether the access token can be sent; a little before its end it no longer is.

    The margin is a tenth of the lifetime, so that a token of thirty seconds is not expired at birth.
    """
    if tokens is None:
        return False
    if tokens.expires_at is None:
        return True
    if now < tokens.obtained_at - _CLOCK_JUMP:
        return False
    margin = min(_LONGEST_MARGIN, (tokens.expires_at - tokens.obtained_at) / 10)
    return now < tokens.expires_at - margin


@dataclass(frozen=True, slots=True)
class TokenRequestOptions:
    """What some servers want besides: a `resource` (RFC 8707 §2.2), everything in the query, or `scope` again.

    `scope` is what was granted: servers with a password grant, such as Fluent's, want it named at a refresh too.
    """

    resource: str | None = None
    in_query: bool = False
    scope: str = ""


_NONE = TokenRequestOptions()


def exchange_request(
    server: Server, client: Client, code: str, verifier: str, redirect_uri: str, options: TokenRequestOptions = _NONE
) -> Request:
    """Code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5); without a verifier where there was no challenge."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if verifier:
        form["code_verifier"] = verifier
    return _token_request(server, client, form, options)


def refresh_request(
    server: Server, client: Client, refresh_token: str, options: TokenRequestOptions = _NONE
) -> Request:
    """A refresh token for new tokens (RFC 6749 §6)."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **_scope(tuple(options.scope.split()))}
    return _token_request(server, client, form, options)


def password_request(
    server: Server,
    client: Client,
    username: str,
    password: str,
    scopes: tuple[str, ...],
    options: TokenRequestOptions = _NONE,
) -> Request:
    """A user's name and password for tokens (RFC 6749 §4.3.2)."""
    form = {"grant_type": "password", "username": username, "password": password, **_scope(scopes)}
    return _token_request(server, client, form, options)


def client_credentials_request(
    server: Server, client: Client, scopes: tuple[str, ...], options: TokenRequestOptions = _NONE
) -> Request:
    """A token for the client itself (RFC 6749 §4.4.2)."""
    return _token_request(server, client, {"grant_type": "client_credentials", **_scope(scopes)}, options)


def _scope(scopes: tuple[str, ...]) -> dict[str, str]:
    return {"scope": " ".join(scopes)} if scopes else {}


def device_token_request(
    server: Server, client: Client, device_code: str, options: TokenRequestOptions = _NONE
) -> Request:
    """Whether the person has decided on the other device, and if so the tokens (RFC 8628 §3.4)."""
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": device_code}
    return _token_request(server, client, form, options)


def _token_request(server: Server, client: Client, form: dict[str, str], options: TokenRequestOptions) -> Request:
    if options.resource:
        form["resource"] = options.resource
    request = identified(server.token_endpoint, client, form)
    return replace(request, form=None, query=request.form) if options.in_query else request


def revoke_request(server: Server, client: Client, tokens: Tokens) -> Request | None:
    """The end of a sign-in (RFC 7009 §2.1): the refresh token's, which takes the access tokens with it."""
    if server.revocation_endpoint is None:
        return None
    kind = "refresh_token" if tokens.refresh_token else "access_token"
    form = {"token": tokens.refresh_token or tokens.access_token, "token_type_hint": kind}
    return identified(server.revocation_endpoint, client, form)


def identified(url: str, client: Client, form: Mapping[str, str]) -> Request:
    """The call with the client's identity, in the way that it was registered with (RFC 6749 §2.3)."""
    if client.auth_method == "client_secret_basic" and client.client_secret:
        # §2.3.1: both are form-encoded before they are joined, or a colon in one would move the border.
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
        return Request(url, form, headers={"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})
    identity = {"client_id": client.client_id} if client.client_id else {}
    if client.auth_method == "client_secret_post" and client.client_secret:
        identity["client_secret"] = client.client_secret
    return Request(url, {**form, **identity})


def read_tokens(response: Response, now: float, previous: Tokens | None = None) -> Verdict:
    """What a token endpoint's answer means (RFC 6749 §5); what a refresh leaves out stays as it was (§6)."""
    if response.status == 429 or response.status >= 500:
        return Inconclusive(response.summary, response.retry_after(now))
    if response.status in (301, 308, 404, 405, 410) and not response.text("error"):
        return Inconclusive(response.summary, is_elsewhere=True)
    if response.body is None:
        return Inconclusive(f"{response.summary} with something that is not JSON, such as a web page")
    if denied := _denied(response):
        return denied
    access_token = response.text("access_token")
    if response.status not in (200, 201) or not access_token:
        return Inconclusive(f"{response.summary} without a token", is_refused=response.status in (400, 401, 403))
    kind = response.text("token_type") or "bearer"
    if kind.lower() != "bearer":
        return Inconclusive(f"a token of the type {kind[:40]!r}, which is not one to send as Bearer", is_granted=True)
    if not all(_VSCHARS.fullmatch(token) for token in (access_token, response.text("refresh_token"))):
        return Inconclusive("a token with characters that no token has", is_granted=True)
    lifetime = _seconds(response.body.get("expires_in"))
    tokens = Tokens(
        access_token=access_token,
        refresh_token=response.text("refresh_token") or (previous.refresh_token if previous else None),
        scope=response.text("scope") or (previous.scope if previous else ""),
        obtained_at=now,
        expires_at=now + lifetime if lifetime and lifetime > 0 else None,
    )
    return Granted(tokens, response.text("id_token"))


def _denied(response: Response) -> Denied | None:
    """The no in an answer: as RFC 6749 §5.2 writes it, or wrapped as `{"errors": [{"message": ...}]}`."""
    if error := response.text("error"):
        return Denied(error, response.text("error_description")[:300])
    errors = (response.body or {}).get("errors")
    first = cast(list[object], errors)[0] if isinstance(errors, list) and errors else None
    message = cast(dict[str, object], first).get("message") if isinstance(first, dict) else None
    if isinstance(message, dict):
        inner = Response(response.status, cast(dict[str, object], message))
        error = inner.text("error")
        return Denied(error, inner.text("error_description")[:300]) if error else None
    if isinstance(message, str) and message:
        known = (code for words, code in _PHRASES.items() if message.lower().startswith(words))
        return Denied(next(known, "unknown_error"), message[:300])
    return None


def _seconds(value: object) -> float | None:
    """Seconds as servers write them: 3600, "3600", "3600.0"; nothing for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < 1e10 else None
