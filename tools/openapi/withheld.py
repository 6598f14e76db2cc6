"""Described parameters that are not exposed, because closient-mcp sends them itself or agents must not set them."""

from __future__ import annotations

from ..formats.json_values import JsonObject
from ..formats.text import one_line
from ..problems import UnusableError
from .parameter_styles import Location
from .security import carries_credential, is_credential

# OpenAPI 3.1 §4.8.12.2 has their parameters ignored.
_OWN = {"accept", "content-type", "authorization"}
# The connection, the framing of messages (RFC 9110 §7.6.1, RFC 9112 §6), and cookies as a whole.
_CONNECTION = {"host", "cookie", "set-cookie", "connection", "keep-alive", "transfer-encoding", "te", "trailer",
               "expect", "upgrade", "content-length", "proxy-connection", "proxy-authorization"}  # fmt: skip
# They turn a request into another one, which may be of a higher tier.
_OVERRIDES = {"x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url"}


class WithheldHeaderError(UnusableError):
    """A header is not exposed; requests are complete without its parameter."""


def is_own(document: JsonObject, location: Location, name: str) -> bool:
    """Whether closient-mcp sends a parameter itself, as it does with credentials."""
    own = location == "header" and (_plain(name) in _OWN or _plain(name) == "x-api-key")
    return own or carries_credential(document, location, name)


def check_argument(location: Location, name: str) -> None:
    """Check that a parameter may be an argument.

    Raises:
        WithheldHeaderError: it is a header that must not be.
        UnusableError: it is a cookie with a credential.
    """
    shown = one_line(name, 60)
    if location == "header" and _plain(name) in _CONNECTION:
        raise WithheldHeaderError(f"header {shown!r} belongs to the connection, so it is not exposed")
    if location == "header" and _plain(name) in _OVERRIDES:
        raise WithheldHeaderError(f"header {shown!r} could change the method or path, so it is not exposed")
    if location == "cookie" and is_credential(name):
        raise UnusableError(f"cookie {shown!r} is a credential, and credentials are not exposed")


def _plain(name: str) -> str:
    """The name as servers compare it, which treat `_` as `-`, without a value that documents put after it."""
    return name.lower().partition(":")[0].strip().replace("_", "-")
