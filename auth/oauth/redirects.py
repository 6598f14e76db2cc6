"""Redirect URIs, which use a loopback address (RFC 8252 §7.3)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ..urls import has_invalid_character

PATH = "/callback"
HOST = "127.0.0.1"


class InvalidRedirectError(ValueError):
    """The redirect URI cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """The parts of a redirect URI; `host` is 127.0.0.1 or localhost."""

    host: str
    port: int
    path: str


def checked_redirect(url: str) -> Redirect:
    """Parse a redirect URI that the user registered, such as `http://127.0.0.1:8765/callback`.

    Raises:
        InvalidRedirectError: we cannot listen on it.
    """
    shown = repr(url[:200])
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidRedirectError(f"{shown} is not a URL") from None
    if parts.scheme != "http" or parts.hostname not in (HOST, "localhost"):
        raise InvalidRedirectError(f"{shown} must begin with http://{HOST}: or http://localhost: followed by a port")
    if not port:
        raise InvalidRedirectError(f"{shown} needs a port, such as http://{parts.hostname}:8765{parts.path or PATH}")
    path = parts.path or "/"
    if url not in (f"http://{parts.hostname}:{port}{path}", f"http://{parts.hostname}:{port}"):
        raise InvalidRedirectError(f"{shown} may have a host, a port and a path, nothing else")
    if has_invalid_character(path):
        raise InvalidRedirectError(f"{shown} contains a character that is not allowed in URLs")
    return Redirect(parts.hostname, port, path)


def on_port(url: str, port: int) -> str:
    """A redirect URI with another port, which it need not have had.

    Raises:
        InvalidRedirectError: we cannot listen on it.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidRedirectError(f"{url[:200]!r} is not a URL") from None
    moved = parts._replace(netloc=f"{parts.hostname}:{port}").geturl()
    checked_redirect(moved)
    return moved


def short_url(redirect_uri: str) -> str:
    """The URL at which the listener for a redirect URI redirects users to the authorization server."""
    return f"http://{HOST}:{checked_redirect(redirect_uri).port}/"
