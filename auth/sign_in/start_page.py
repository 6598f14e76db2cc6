"""Where the user is sent to sign in, and whether they could expect that server."""

from __future__ import annotations

import httpx2

from ..oauth.discovery import same_origin
from ..profile import Profile
from ..records import Pending
from ..urls import origin
from .pages import Page


def unexpected_server(profile: Profile, url: str) -> str:
    """The server at which users enter their password, if only the service names it; empty if they expect it."""
    named = any(same_origin(url, own) for own in (profile.issuer, *profile.origins))
    return origin(httpx2.URL(url)) if profile.finds_issuer and not named else ""


def start_page(profile: Profile, pending: Pending) -> Page:
    """Send the user to the server, or ask them first if they could not expect it."""
    server = unexpected_server(profile, pending.server.authorization_endpoint)
    if not server:
        return Page(302, location=pending.url)
    text = f"{profile.issuer} wants you to sign in at {server}."
    next_step = "Continue only if you trust that server."
    return Page(200, f"Sign in at {server}", text, next_step, location=pending.url)
