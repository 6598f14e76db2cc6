"""Tokens: how they are asked for, what an answer means, and when one is still good. Functions of their inputs."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from .records import Client, Server, Tokens
from .wire import Answer, Call

# A clock that fell back further than this no longer says anything about expiry.
_CLOCK_JUMP = 300.0
_LONGEST_MARGIN = 60.0
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


@dataclass(frozen=True, slots=True)
class Unclear:
    """Not an answer to go by: the server is busy or broken, or something else answered in its place."""

    reason: str
    retry_after: float | None = None


Verdict = Granted | Denied | Unclear


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


def exchange_request(server: Server, client: Client, code: str, verifier: str, redirect_uri: str) -> Call:
    """Code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5)."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    return _identified(server.token_endpoint, client, form)


def refresh_request(server: Server, client: Client, refresh_token: str) -> Call:
    """A refresh token for new tokens (RFC 6749 §6)."""
    return _identified(server.token_endpoint, client, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def revoke_request(server: Server, client: Client, tokens: Tokens) -> Call | None:
    """The end of a sign-in (RFC 7009 §2.1): the refresh token's, which takes the access tokens with it."""
    if server.revocation_endpoint is None:
        return None
    kind = "refresh_token" if tokens.refresh_token else "access_token"
    form = {"token": tokens.refresh_token or tokens.access_token, "token_type_hint": kind}
    return _identified(server.revocation_endpoint, client, form)


def _identified(url: str, client: Client, form: Mapping[str, str]) -> Call:
    """The call with the client's identity, in the way that it was registered with (RFC 6749 §2.3)."""
    if client.auth_method == "client_secret_basic" and client.client_secret:
        # §2.3.1: both are form-encoded before they are joined, or a colon in one would move the border.
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
        return Call(url, form, headers={"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})
    identity = {"client_id": client.client_id}
    if client.auth_method == "client_secret_post" and client.client_secret:
        identity["client_secret"] = client.client_secret
    return Call(url, {**form, **identity})


def read_tokens(answer: Answer, now: float, previous: Tokens | None = None) -> Verdict:
    """What a token endpoint's answer means (RFC 6749 §5); what a refresh leaves out stays as it was (§6)."""
    if answer.status == 429 or answer.status >= 500:
        return Unclear(f"HTTP {answer.status}", _seconds(answer.headers.get("retry-after")))
    if answer.body is None:
        return Unclear(f"HTTP {answer.status} with something that is not JSON, such as a web page")
    if error := answer.text("error"):
        return Denied(error, answer.text("error_description")[:300])
    access_token = answer.text("access_token")
    if answer.status not in (200, 201) or not access_token:
        return Unclear(f"HTTP {answer.status} without a token")
    kind = answer.text("token_type") or "bearer"
    if kind.lower() != "bearer":
        return Unclear(f"a token of the type {kind[:40]!r}, which is not one to send as Bearer")
    if not all(_VSCHARS.fullmatch(token) for token in (access_token, answer.text("refresh_token"))):
        return Unclear("a token with characters that no token has")
    lifetime = _seconds(answer.body.get("expires_in"))
    tokens = Tokens(
        access_token=access_token,
        refresh_token=answer.text("refresh_token") or (previous.refresh_token if previous else None),
        scope=answer.text("scope") or (previous.scope if previous else ""),
        obtained_at=now,
        expires_at=now + lifetime if lifetime and lifetime > 0 else None,
    )
    return Granted(tokens, answer.text("id_token"))


def _seconds(value: object) -> float | None:
    """Seconds as servers write them: 3600, "3600", "3600.0"; nothing for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < 1e10 else None
