"""Signing in on another device (RFC 8628): requests, and the meaning of the responses. Pure functions."""

from __future__ import annotations

import re

from ..records import Client, Device, Server
from .discovery import ServerMetadataError, checked_url
from .http import Request, Response
from .rejections import Meaning, Rejection, read_rejection
from .tokens import as_seconds, identified

# Clocks of virtual machines may run fast, and polling too early makes the server slower.
_SLACK = 1.2
_DEFAULT_INTERVAL = 5.0
_SHORTEST_INTERVAL, _LONGEST_INTERVAL = 1.0, 60.0
_LONGEST_LIFETIME = 1800.0
_USER_CODE = re.compile(r"[!-~]([ -~]{0,38}[!-~])?")


def device_request(server: Server, client: Client, scopes: tuple[str, ...], resource: str | None) -> Request:
    """The device authorization request (RFC 8628 §3.1)."""
    assert server.device_authorization_endpoint
    parameters = {"scope": " ".join(scopes), "resource": resource or server.resource}
    form = {name: text for name, text in parameters.items() if text}
    return identified(server.device_authorization_endpoint, client, form)


def read_device(response: Response, server: Server, client: Client, scopes: tuple[str, ...], now: float) -> Device:
    """Read the codes and the URL for the user (RFC 8628 §3.2).

    Raises:
        ServerMetadataError: the response has none, or the URL is not allowed.
    """
    device_code, user_code = response.text("device_code"), response.text("user_code").strip()
    url = response.text("verification_uri") or response.text("verification_url")  # its name in the drafts
    if response.status != 200 or not device_code or not _USER_CODE.fullmatch(user_code):
        rejection = read_rejection("device", response, now, " without a code")
        raise ServerMetadataError(f"it answers {rejection.reason}", lasting=rejection.meaning is not Meaning.LATER)
    checked_url(url, "verification_uri", server.issuer)
    body = response.body or {}
    lifetime = as_seconds(body.get("expires_in")) or 600.0
    return Device(
        device_code=device_code,
        user_code=user_code,
        url=_complete_url(response, server) or url,
        interval=_bounded(as_seconds(body.get("interval")) or _DEFAULT_INTERVAL),
        scopes=scopes,
        expires_at=now + min(lifetime, _LONGEST_LIFETIME),
        server=server,
        client=client,
    )


def _complete_url(response: Response, server: Server) -> str:
    """The URL that contains the code, if there is a usable one (RFC 8628 §3.3.1)."""
    url = response.text("verification_uri_complete")
    try:
        return checked_url(url, "verification_uri_complete", server.issuer) if url else ""
    except ServerMetadataError:
        return ""


def next_interval(interval: float, rejection: Rejection) -> float | None:
    """How long to wait before the next poll, None if polling is over (RFC 8628 §3.5)."""
    if rejection.meaning is not Meaning.LATER:
        return None
    if rejection.error == "authorization_pending":
        return interval
    if rejection.error == "slow_down":
        return _bounded(interval + 5)
    return _bounded(max(interval * 2, rejection.retry_after or 0.0))


def pause(interval: float) -> float:
    """The interval in seconds of our clock, which may run fast."""
    return interval * _SLACK


def _bounded(interval: float) -> float:
    return min(max(interval, _SHORTEST_INTERVAL), _LONGEST_INTERVAL)
