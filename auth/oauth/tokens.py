"""Token requests, the meaning of their responses, and the expiry of tokens. Pure functions."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast
from urllib.parse import quote_plus

from ..records import Client, Server, Tokens
from .http import Request, Response, cleaned, scopes_in
from .rejections import Meaning, Rejection, RequestKind, read_rejection

# A clock that was set back further than this no longer says anything about expiry.
_CLOCK_JUMP = 300.0
_LONGEST_MARGIN = 60.0
_MOST_DETAILS = 10
_DETAIL = re.compile(r"\w{1,40}", re.ASCII)
_NO_DETAIL = re.compile(r"token|secret|password|key|code|assertion|session|jti|nonce|scope|expire", re.IGNORECASE)
# RFC 6749 appendix A.12, A.17.
_VSCHARS = re.compile(r"[ -~]*")


@dataclass(frozen=True, slots=True)
class Granted:
    """The server issued tokens; `id_token` is not verified yet."""

    tokens: Tokens
    id_token: str = field(default="", repr=False)


# RFC 6749 §4.1.3, §4.3.2, §4.4.2, §6; RFC 8628 §3.4.
_GRANT_TYPES: dict[RequestKind, str] = {
    "exchange": "authorization_code",
    "refresh": "refresh_token",
    "password": "password",
    "client_credentials": "client_credentials",
    "device": "urn:ietf:params:oauth:grant-type:device_code",
}

Verdict: TypeAlias = Granted | Rejection


def is_usable(tokens: Tokens | None, now: float) -> bool:
    """Whether the access token can be sent, and does not expire soon.

    The margin is a tenth of the lifetime, so that a token of thirty seconds is not expired when issued.
    """
    if tokens is None:
        return False
    if tokens.expires_at is None:
        return True
    if now < tokens.obtained_at - _CLOCK_JUMP:
        return False
    margin = min(_LONGEST_MARGIN, (tokens.expires_at - tokens.obtained_at) / 10)
    return now < tokens.expires_at - margin


def token_request(
    kind: RequestKind,
    server: Server,
    client: Client,
    form: Mapping[str, str],
    *,
    resource: str | None = None,
    in_query: bool = False,
) -> Request:
    """A token request; empty parameters are left out.

    `resource` is where the token will be used (RFC 8707 §2.2). `in_query`: all parameters are sent in the query.
    """
    parameters = {"grant_type": _GRANT_TYPES[kind], **form, "resource": resource or server.resource}
    request = identified(server.token_endpoint, client, {name: text for name, text in parameters.items() if text})
    return replace(request, form=None, query=request.form) if in_query else request


def revoke_requests(server: Server, client: Client, tokens: Tokens) -> list[Request]:
    """The revocation of both tokens: that of the refresh token need not include the access token (RFC 7009 §2.1)."""
    if server.revocation_endpoint is None:
        return []
    kinds = {"refresh_token": tokens.refresh_token, "access_token": tokens.access_token}
    forms = [{"token": token, "token_type_hint": kind} for kind, token in kinds.items() if token]
    return [identified(server.revocation_endpoint, client, form) for form in forms]


def identified(url: str, client: Client, form: Mapping[str, str]) -> Request:
    """A request with client authentication by the registered method (RFC 6749 §2.3)."""
    if client.auth_method == "client_secret_basic" and client.client_secret:
        # §2.3.1: both are form-encoded before they are joined, because they may contain a colon.
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
        return Request(url, form, headers={"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})
    identity = {"client_id": client.client_id} if client.client_id else {}
    if client.auth_method == "client_secret_post" and client.client_secret:
        identity["client_secret"] = client.client_secret
    return Request(url, {**form, **identity})


def read_tokens(request: RequestKind, response: Response, now: float, previous: Tokens | None = None) -> Verdict:
    """Read a token endpoint's response (RFC 6749 §5); what a refresh leaves out stays as in `previous` (§6)."""
    access_token = response.text("access_token")
    if response.status not in (200, 201) or not access_token or response.text("error"):
        return read_rejection(request, response, now, " without a token")
    kind = response.text("token_type") or "bearer"
    if kind.lower() != "bearer":
        return Rejection(
            Meaning.MISCONFIGURED, summary=f"a token of type {kind[:40]!r}, which cannot be sent as Bearer"
        )
    if not all(_VSCHARS.fullmatch(token) for token in (access_token, response.text("refresh_token"))):
        return Rejection(Meaning.MISCONFIGURED, summary="a token with characters that are not allowed in tokens")
    refresh_token = response.text("refresh_token") or (previous.refresh_token if previous else None)
    scope = scopes_in(response.text("scope") or " ".join(response.texts("scope")))
    lifetime = as_seconds((response.body or {}).get("expires_in"))
    tokens = Tokens(
        access_token=access_token,
        refresh_token=refresh_token,
        scope=scope or (previous.scope if previous else ""),
        obtained_at=now,
        expires_at=now + lifetime if lifetime else None,
        reusable=previous is not None and refresh_token == previous.refresh_token,
        details={**(previous.details if previous else {}), **_details(response)},
    )
    return Granted(tokens, response.text("id_token"))


def _details(response: Response) -> dict[str, str]:
    """The other members of the response, without anything that may be secret."""
    details: dict[str, str] = {}
    for name, value in (response.body or {}).items():
        values = cast(list[object], value) if isinstance(value, list) else [value]
        text = ", ".join(str(each) for each in values if isinstance(each, str | int) and not isinstance(each, bool))
        if _DETAIL.fullmatch(name) and not _NO_DETAIL.search(name) and text and len(details) < _MOST_DETAILS:
            details[name] = cleaned(text)[:100].strip()
    return details


def as_seconds(value: object) -> float:
    """Read a number of seconds such as 3600, "3600" or "3600.0"; 0 if it is not a positive number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return seconds if 0 < seconds < 1e10 else 0.0
