"""Where a credential may go."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import httpx2

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def belongs(url: httpx2.URL, origins: AbstractSet[str]) -> bool:
    """Whether a credential for these origins may go to this address: one of them, and safe on the way."""
    return is_safe(url) and origin(url) in origins


def is_safe(url: httpx2.URL) -> bool:
    """Whether nobody in between can read along: https, or http that does not leave this machine."""
    return url.scheme == "https" or (url.scheme == "http" and url.host in _LOOPBACK)


def origin(url: httpx2.URL) -> str:
    """Scheme, host and port; httpx2 leaves default ports out."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}" + ("" if url.port is None else f":{url.port}")
