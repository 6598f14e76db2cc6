"""The redirect URI of a sign-in: on this machine, by a loopback address (RFC 8252 §7.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

PATH = "/callback"
HOST = "127.0.0.1"


class InvalidRedirectError(ValueError):
    """A redirect URL that no browser could bring anybody back to us with; the text says why."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """A loopback address that a browser comes back to: `host` is 127.0.0.1 or localhost."""

    host: str
    port: int
    path: str


def checked_redirect(url: str) -> Redirect:
    """A redirect URI that the user registered, such as `http://127.0.0.1:8765/callback`.

    Raises:
        InvalidRedirectError: we cannot listen on it.
    """
    shown = repr(url[:200])
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidRedirectError(f"{shown} is no URL") from None
    if parts.scheme != "http" or parts.hostname not in (HOST, "localhost"):
        raise InvalidRedirectError(f"{shown} must begin with http://{HOST}: or http://localhost: followed by a port")
    if not port:
        raise InvalidRedirectError(f"{shown} needs a port, such as http://{parts.hostname}:8765{parts.path or PATH}")
    path = parts.path or "/"
    if url not in (f"http://{parts.hostname}:{port}{path}", f"http://{parts.hostname}:{port}"):
        raise InvalidRedirectError(f"{shown} may have a path, and nothing else besides host and port")
    if re.search(r"[^!-~]|[\"<>\\^`{|}]", path):
        raise InvalidRedirectError(f"{shown} holds a character that no URL has")
    return Redirect(parts.hostname, port, path)


def short_url(redirect_uri: str) -> str:
    """Where the listener for a redirect address leads a person on to the authorization server."""
    return f"http://{HOST}:{checked_redirect(redirect_uri).port}/"
