"""Addresses: what an origin is, and which ones may be reached."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urljoin, urlsplit, urlunsplit

_EMBEDDING = [ipaddress.ip_network(text) for text in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/96")]
_WHOLE = re.compile(r"https?://[^/]", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class InvalidUrlError(ValueError):
    """A URL that cannot be used, with the reason."""


def origin_of(url: str) -> str:
    """Scheme, host and port of an http(s) address, the default port left out (RFC 6454 §6.2).

    Raises:
        InvalidUrlError: not http(s), no host, a port that is none, or a user name in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidUrlError(f"{_shown(url)!r} is not a URL: {error}") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise InvalidUrlError(f"{_shown(url)!r} is not an http(s) URL")
    if "@" in parts.netloc:
        raise InvalidUrlError(f"a URL with a user name in it is not accepted: host {parts.hostname}")
    try:
        # As it goes over the wire, so that one host has one spelling.
        name = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode()
    except UnicodeError:
        raise InvalidUrlError(f"{_shown(url)!r} has a host name that is none") from None
    host = f"[{name}]" if ":" in name else name
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def _shown(url: str) -> str:
    """A URL, as far as it can be one, without what may be a secret in it: its user's name, and its query."""
    return re.sub(r"//[^/?#]*@", "//", url).split("?")[0][:200]


def has_origin(url: str, origins: frozenset[str]) -> bool:
    """Whether the URL belongs to one of the origins; a malformed one belongs to none."""
    try:
        return origin_of(url) in origins
    except InvalidUrlError:
        return False


def resolve(base: str, reference: str) -> str:
    """The reference as an absolute URL, without its fragment (RFC 3986 §5).

    Raises:
        InvalidUrlError: as `origin_of`.
    """
    try:
        # A large catalog has thousands of whole URLs, for which joining changes nothing.
        target = urlsplit(reference if _WHOLE.match(reference) else urljoin(base, reference))
    except ValueError as error:
        raise InvalidUrlError(f"{reference[:200]!r} is not a URL: {error}") from None
    absolute = urlunsplit(target._replace(fragment=""))
    origin_of(absolute)
    return absolute


def is_loopback(url: str) -> bool:
    """Whether the URL names this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Whether an IP address (text, no name) is one of the public internet."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in _EMBEDDING):
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)  # an IPv4 address in the clothes of an IPv6 one
        elif ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast


def without_query(url: str) -> str:
    """The URL as it may be shown: a query can hold a secret, so it is left out."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="", fragment=""))


def is_file(url: str) -> bool:
    """Whether the URL is one of a file."""
    return url.lower().startswith("file:")


def resolve_link(base: str, reference: str) -> str:
    """The reference as an absolute URL; only a file may lead to a file, and only on this machine.

    Raises:
        InvalidUrlError: as `resolve`.
    """
    if not is_file(base):
        return resolve(base, reference)
    try:
        target = urlsplit(urljoin(base, reference))
    except ValueError as error:
        raise InvalidUrlError(f"{reference[:200]!r} is not a URL: {error}") from None
    if target.scheme != "file":
        return resolve(target.geturl(), "")
    if target.netloc not in ("", "localhost"):
        raise InvalidUrlError(f"{reference[:200]!r} is a file of another machine")
    return target._replace(fragment="", query="", netloc="").geturl()
