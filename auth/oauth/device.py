"""Signing in on another device (RFC 8628): what is asked, and what the answers mean. Functions of their inputs."""

from __future__ import annotations

import re

from ..records import Client, Device, Server
from .discovery import ServerMetadataError, checked_url
from .http import Request, Response
from .tokens import Denied, Inconclusive, identified

# The clocks of virtual machines run fast, and a server that is asked too early only gets slower.
_SLACK = 1.2
_USUAL_INTERVAL = 5.0
_SHORTEST_INTERVAL, _LONGEST_INTERVAL = 1.0, 60.0
_LONGEST_LIFETIME = 1800.0
_USER_CODE = re.compile(r"[!-~]([ -~]{0,38}[!-~])?")


class DeviceFlowError(Exception):
    """The server lets nobody sign in on another device, or not us, or not now; `lasting` is false if it may later."""

    def __init__(self, reason: str, *, lasting: bool = True) -> None:
        super().__init__(reason)
        self.lasting = lasting


def device_request(server: Server, client: Client, scopes: tuple[str, ...], resource: str | None = None) -> Request:
    """Ask for a code that a person can enter elsewhere (RFC 8628 §3.1)."""
    assert server.device_authorization_endpoint
    form = {"scope": " ".join(scopes)} if scopes else {}
    if resource:
        form["resource"] = resource
    return identified(server.device_authorization_endpoint, client, form)


def read_device(response: Response, server: Server, client: Client, scopes: tuple[str, ...], now: float) -> Device:
    """The codes, and where the person goes with theirs (RFC 8628 §3.2).

    Raises:
        DeviceFlowError: there are none.
    """
    if response.status == 429 or response.status >= 500 or response.body is None:
        raise DeviceFlowError(
            f"it answers {response.summary}", lasting=response.status != 429 and response.status < 500
        )
    if error := response.text("error"):
        said = response.text("error_description")[:300]
        raise DeviceFlowError(f'it answers "{error[:80]}"' + (f" ({said})" if said else ""))
    device_code, user_code = response.text("device_code"), response.text("user_code").strip()
    url = response.text("verification_uri") or response.text("verification_url")  # so called by the drafts
    if response.status != 200 or not device_code or not _USER_CODE.fullmatch(user_code):
        raise DeviceFlowError(f"it answers {response.summary} without a code")
    try:
        checked_url(url, "verification_uri")
    except ServerMetadataError as error:
        raise DeviceFlowError(str(error)) from None
    lifetime = _number(response, "expires_in") or 600.0
    return Device(
        device_code=device_code,
        user_code=user_code,
        url=_complete(response) or url,
        interval=_within(_number(response, "interval") or _USUAL_INTERVAL),
        scopes=scopes,
        expires_at=now + min(lifetime, _LONGEST_LIFETIME),
        server=server,
        client=client,
    )


def _complete(response: Response) -> str:
    """The URL with the code in it, where there is a usable one (RFC 8628 §3.3.1)."""
    url = response.text("verification_uri_complete")
    try:
        return checked_url(url, "verification_uri_complete") if url else ""
    except ServerMetadataError:
        return ""


def _number(response: Response, name: str) -> float:
    value = (response.body or {}).get(name)
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return number if 0 < number < 1e10 else 0.0


def next_interval(interval: float, verdict: Denied | Inconclusive) -> float | None:
    """How long to leave the server alone after this answer, nothing where the waiting is over (RFC 8628 §3.5)."""
    if isinstance(verdict, Inconclusive):
        return _within(max(interval * 2, verdict.retry_after or 0.0))
    if verdict.error == "slow_down":
        return _within(interval + 5)
    return interval if verdict.error == "authorization_pending" else None


def pause(interval: float) -> float:
    """The seconds to wait by a clock of ours that may run fast."""
    return interval * _SLACK


def _within(interval: float) -> float:
    return min(max(interval, _SHORTEST_INTERVAL), _LONGEST_INTERVAL)
