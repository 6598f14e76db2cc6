"""URLs and their origins."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit
from urllib.request import url2pathname

_IPV4_IN_IPV6 = [ipaddress.ip_network(text) for text in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/96")]
_ABSOLUTE = re.compile(r"https?://[^/]", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class InvalidUrlError(ValueError):
    """The URL cannot be used; the message says why."""


def origin_of(url: str) -> str:
    """Scheme, host and non-default port of an http(s) URL (RFC 6454 §6.2).

    Raises:
        InvalidUrlError: not http(s), an invalid host or port, or user information in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidUrlError(f"invalid URL {redact_url(url)[:200]!r}: {error}") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise InvalidUrlError(f"{redact_url(url)[:200]!r} is not an http(s) URL")
    if "@" in parts.netloc:
        raise InvalidUrlError(f"the URL of {parts.hostname} contains a user name, which is not supported")
    try:
        # As sent over the wire, so that each host has one spelling.
        name = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode()
    except UnicodeError:
        raise InvalidUrlError(f"invalid host name in {redact_url(url)[:200]!r}") from None
    host = f"[{name}]" if ":" in name else name
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def redact_url(url: str) -> str:
    """Remove user information, query and fragment, which may hold secrets; invalid URLs are accepted."""
    return re.split(r"[?#]", re.sub(r"//[^/?#]*@", "//", url))[0]


def has_origin(url: str, origins: frozenset[str]) -> bool:
    """Whether the URL has one of these origins; an invalid URL has none."""
    try:
        return origin_of(url) in origins
    except InvalidUrlError:
        return False


def resolve(base: str, reference: str) -> str:
    """Resolve a reference to an absolute http(s) URL without fragment (RFC 3986 §5).

    Raises:
        InvalidUrlError: as `origin_of`.
    """
    absolute = urlunsplit(_split(base, reference)._replace(fragment=""))
    origin_of(absolute)
    return absolute


def _split(base: str, reference: str) -> SplitResult:
    try:
        # Large catalogs have thousands of absolute URLs, which need no joining.
        return urlsplit(reference if _ABSOLUTE.match(reference) else urljoin(base, reference))
    except ValueError as error:
        raise InvalidUrlError(f"invalid URL {redact_url(reference)[:200]!r}: {error}") from None


def is_loopback_url(url: str) -> bool:
    """Whether the URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in _IPV4_IN_IPV6):
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)  # the embedded IPv4 address
        elif ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast


def is_file(url: str) -> bool:
    """Whether this is a `file:` URL."""
    return url.lower().startswith("file:")


def path_of(url: str) -> Path:
    """The path of a `file:` URL."""
    return Path(url2pathname(urlsplit(url).path))


def resolve_link(base: str, reference: str) -> str:
    """As `resolve`, but from a file a reference may also lead to another file on this machine.

    Raises:
        InvalidUrlError: as `resolve`.
    """
    if not is_file(base):
        return resolve(base, reference)
    target = _split(base, reference)
    if target.scheme != "file":
        return resolve(target.geturl(), "")
    if target.netloc not in ("", "localhost"):
        raise InvalidUrlError(f"{reference[:200]!r} is a file on another machine")
    return target._replace(fragment="", query="", netloc="").geturl()
