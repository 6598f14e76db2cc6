"""URLs that credentials are sent to, or that contain credentials."""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from urllib.parse import quote_plus

import httpx2


def may_send_to(url: httpx2.URL, origins: AbstractSet[str]) -> bool:
    """Whether a credential for these origins may be sent to this URL."""
    return is_safe(url) and origin(url) in origins


def is_safe(url: httpx2.URL) -> bool:
    """Whether the connection is private: https, or http on this machine."""
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))


def has_invalid_character(text: str) -> bool:
    """Whether a URL contains a character that RFC 3986 does not allow."""
    return re.search(r"[^!-~]|[\"<>\\^`{|}]", text) is not None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: httpx2.URL) -> str:
    """The URL's origin, with the host in ASCII and without a default port."""
    name = url.raw_host.decode("ascii")
    host = f"[{name}]" if ":" in name else name
    return f"{url.scheme}://{host}" + ("" if url.port is None else f":{url.port}")


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
