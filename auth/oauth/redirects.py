"""Redirect URIs, which use a loopback address (RFC 8252 §7.3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..urls import has_invalid_character

PATH = "/callback"
HOST = "127.0.0.1"
_HOSTS = {HOST: HOST, "localhost": "localhost", "::1": "[::1]"}


class InvalidRedirectError(ValueError):
    """The redirect URI cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where a response goes: to `host` on this machine, as in URLs, or to a page whose URL the user pastes."""

    host: str
    port: int
    path: str
    is_pasted: bool = False


def checked_redirect(url: str) -> Redirect:
    """Parse a redirect URI that the user registered, such as `http://127.0.0.1:8765/callback`, or an https URL.

    Raises:
        InvalidRedirectError: we cannot listen on it, and it is not an https URL.
    """
    shown = repr(url[:200])
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidRedirectError(f"{shown} is not a URL") from None
    if parts.scheme == "https" and parts.hostname and not parts.fragment and "@" not in parts.netloc:
        if has_invalid_character(url):
            raise InvalidRedirectError(f"{shown} contains a character that is not allowed in URLs")
        return Redirect(HOST, 0, PATH, is_pasted=True)
    host = _HOSTS.get(parts.hostname or "")
    if parts.scheme != "http" or not host:
        raise InvalidRedirectError(
            f"{shown} must be an https URL, or begin with http://{HOST}: or http://localhost: followed by a port"
        )
    if not port:
        raise InvalidRedirectError(f"{shown} needs a port, such as http://{host}:8765{parts.path or PATH}")
    path = parts.path or "/"
    if url not in (f"http://{host}:{port}{path}", f"http://{host}:{port}"):
        raise InvalidRedirectError(f"{shown} may have a host, a port and a path, nothing else")
    if has_invalid_character(path):
        raise InvalidRedirectError(f"{shown} contains a character that is not allowed in URLs")
    return Redirect(host, port, path)


def on_port(url: str, port: int) -> str:
    """A redirect URI with another port, which it need not have had.

    Raises:
        InvalidRedirectError: we cannot listen on it.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidRedirectError(f"{url[:200]!r} is not a URL") from None
    moved = parts._replace(netloc=f"{_HOSTS.get(parts.hostname or '', parts.hostname)}:{port}").geturl()
    if checked_redirect(moved).is_pasted:
        raise InvalidRedirectError(f"{url[:200]!r} is not on this machine")
    return moved


def is_pasted(redirect_uri: str | None) -> bool:
    """Whether the user has to paste the URL of the response, because it goes to a page elsewhere."""
    return redirect_uri is not None and checked_redirect(redirect_uri).is_pasted


def path_for(issuer: str) -> str:
    """A redirect path of this issuer's own: another server's response is not taken for its (RFC 9700 §4.4.2)."""
    return f"{PATH}/{_digest(issuer)[:8]}"


def start_url(redirect_uri: str, state: str) -> str:
    """The URL at which the listener for a redirect URI, if it has one, starts a sign-in; it cannot be guessed."""
    redirect = checked_redirect(redirect_uri)
    return "" if redirect.is_pasted else f"http://{redirect.host}:{redirect.port}{start_path(state)}"


def start_path(state: str) -> str:
    """The path of `start_url`, from which the state cannot be inferred."""
    return f"/{_digest(f'start {state}')[:20]}"


def browser_cookie(state: str) -> str:
    """What the browser that started a sign-in is known by; it cannot be inferred from the URLs of the sign-in."""
    return _digest(f"browser {state}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
