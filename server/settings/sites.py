"""Addresses in settings: the sites of Closient, and what may stand for a service's own."""

from __future__ import annotations

import difflib
from urllib.parse import urlsplit

from ...tools.formats.urls import InvalidUrlError, is_loopback, origin_of
from .model import SettingsError

SITES = {
    "production": "https://www.closient.com",
    "testing": "https://www.closient.dev",
    "local": "http://localhost:8000",
}


def site_origin(source: str, value: str) -> str:
    """The origin of a Closient site, by its name or its URL.

    Raises:
        SettingsError: neither; names the nearest site.
    """
    text = value.strip() or "production"
    if text in SITES:
        return SITES[text]
    if "://" not in text:
        near = difflib.get_close_matches(text, SITES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it is {', '.join(SITES)}, or a URL (https://...)."
        raise SettingsError(f"{source} {text[:80]!r} is no site: {hint}")
    origin = safe_origin(source, text)
    parts = urlsplit(text)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SettingsError(
            f"{source} {text.split('?')[0][:80]!r} has a path or a query; a site is scheme, host and port: {origin}"
        )
    return origin


def safe_origin(source: str, url: str) -> str:
    """The origin of a URL that a credential may go to: https, or plain http on this machine.

    Raises:
        SettingsError: it is not one.
    """
    try:
        origin = origin_of(url.strip())
    except InvalidUrlError as error:
        raise SettingsError(f"{source}: {error}.") from None
    if not origin.startswith("https://") and not is_loopback(origin):
        raise SettingsError(f"{source} {origin} is not https; plain http is for this machine only (127.0.0.1).")
    return origin
