"""URLs that credentials are sent to, or that contain credentials."""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from enum import IntEnum
from urllib.parse import quote_plus, unquote, urlsplit

import httpx2

# RFC 6762 §3 and appendix G; RFC 8375.
_PRIVATE_NAMES = (
    ".local", ".internal", ".home.arpa", ".intranet", ".private", ".corp", ".home", ".lan", ".localdomain",
)  # fmt: skip
_IPV4_IN_IPV6 = [
    ipaddress.ip_network(text)
    for text in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/96")
]


def may_send_to(url: httpx2.URL, origins: AbstractSet[str]) -> bool:
    """Whether a credential for these origins may be sent to this URL."""
    return is_safe(url) and origin(url) in origins


def is_safe(url: httpx2.URL) -> bool:
    """Whether the connection is private: https, or http on this machine."""
    return url.scheme == "https" or (url.scheme == "http" and is_loopback_host(url.host))


def has_invalid_character(text: str) -> bool:
    """Whether a URL contains a character that RFC 3986 does not allow."""
    return re.search(r"[^!-~]|[\"<>\\^`{|}]", text) is not None


# For URLs there is `is_loopback_url` in tools/formats/urls.py: auth and tools do not import each other.
def is_loopback_host(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class NetworkScope(IntEnum):
    """Where a host is; the larger, the nearer to us."""

    PUBLIC = 0
    PRIVATE = 1
    LINK_LOCAL = 2
    LOOPBACK = 3


def network_scope(host: str) -> NetworkScope:
    """Where a host is.

    Every spelling of an IP address counts, and names that are for such networks only; other names are not resolved and
    count as public.
    """
    name = unquote(host).rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return NetworkScope.LOOPBACK
    ip = _ip_address(name)
    if ip is None:
        is_private = "." not in name or name.endswith(_PRIVATE_NAMES)
        return NetworkScope.PRIVATE if is_private else NetworkScope.PUBLIC
    if ip.is_global and not ip.is_multicast and not (ip.version == 6 and ip.is_site_local):
        return NetworkScope.PUBLIC
    if ip.is_loopback or ip.is_unspecified:
        return NetworkScope.LOOPBACK
    return NetworkScope.LINK_LOCAL if ip.is_link_local else NetworkScope.PRIVATE


def resolved_network_scope(host: str) -> NetworkScope:
    """As `network_scope`, of the nearest address that a name resolves to; never on the event loop."""
    with suppress(OSError, UnicodeError):
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return max(network_scope(host), *(network_scope(str(entry[4][0])) for entry in entries))
    return network_scope(host)


def _ip_address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))  # also 127.1, 0x7f000001 and 2130706433
    except (OSError, UnicodeError):
        pass
    try:
        ip = ipaddress.IPv6Address(name.split("%", 1)[0])
    except ValueError:
        return None
    if not ip.is_loopback and any(ip in network for network in _IPV4_IN_IPV6):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.sixtofour or ip


def origin(url: httpx2.URL) -> str:
    """The URL's origin, with the host in ASCII and without a default port."""
    name = url.raw_host.decode("ascii")
    host = f"[{name}]" if ":" in name else name
    return f"{url.scheme}://{host}" + ("" if url.port is None else f":{url.port}")


def server_at(url: str) -> str:
    """Identify the server at a URL by its host, and on this machine by its port, however these are spelled."""
    parts = httpx2.URL(url)
    if network_scope(parts.host) is not NetworkScope.LOOPBACK:
        return parts.host.rstrip(".").lower()
    return f"this machine:{parts.port or {'http': 80}.get(parts.scheme, 443)}"


def is_at(server: str, domain: str) -> bool:
    """Whether a server, as `server_at` identifies it, is this one or has a name in this domain, such as `.acme.com`."""
    return server == domain or (domain.startswith(".") and f".{server}".endswith(domain))


def is_client_document(client_id: str) -> bool:
    """Whether a client_id is the URL of a Client ID Metadata Document, which has a path."""
    parts = urlsplit(client_id)
    return parts.scheme == "https" and bool(parts.hostname) and parts.path not in ("", "/")


def with_query(url: httpx2.URL, parameters: Mapping[str, str]) -> httpx2.URL:
    """The URL with these parameters added to its query, encoded like a form."""
    added = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in parameters.items())
    present = url.query.decode("ascii")
    return url.copy_with(query=(f"{present}&{added}" if present else added).encode("ascii"))


def keep_queries_out_of_logs() -> None:
    """Have httpx2, which logs each request's whole URL, leave out the query from now on."""
    # Adding the same filter again changes nothing.
    logging.getLogger("httpx2").addFilter(_remove_queries)


def _remove_queries(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(
            argument.copy_with(query=None) if isinstance(argument, httpx2.URL) else argument for argument in record.args
        )
    return True
