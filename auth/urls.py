"""Where a credential may go."""

from __future__ import annotations

import ipaddress
from collections.abc import Set as AbstractSet

import httpx2


def may_send_to(url: httpx2.URL, origins: AbstractSet[str]) -> bool:
    """Whether a credential for these origins may go to this URL: one of them, and safe on the way."""
    return is_safe(url) and origin(url) in origins


def is_safe(url: httpx2.URL) -> bool:
    """Whether nobody in between can read along: https, or http that does not leave this machine."""
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: httpx2.URL) -> str:
    """Scheme, host as it goes over the wire, and port; httpx2 leaves default ports out."""
    name = url.raw_host.decode("ascii")
    host = f"[{name}]" if ":" in name else name
    return f"{url.scheme}://{host}" + ("" if url.port is None else f":{url.port}")
