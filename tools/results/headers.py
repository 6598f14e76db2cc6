"""The useful headers of a response, in short and without secrets in URLs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import accumulate
from urllib.parse import urlsplit, urlunsplit

from ..formats.json_values import JsonObject
from ..formats.link_header import read_links
from ..formats.text import one_line
from ..formats.words import words_of

_URLS = ("location", "content-location", "operation-location", "azure-asyncoperation")
_SHOWN = (
    *("etag", "last-modified", "allow", "preference-applied", "retry-after", "deprecation", "sunset", "warning"),
    *("ratelimit", "ratelimit-policy", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
    *("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
    *("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"),
    *("content-range", "x-total-count", "x-total", "x-total-pages", "total-count", "x-page", "x-per-page"),
    *("x-next-page", "x-prev-page", "x-has-more", "x-next-cursor", "x-pagination", "x-continuation-token"),
)
_REQUEST_IDS = ("x-request-id", "request-id", "x-requestid", "x-correlation-id", "x-amzn-requestid", "x-amz-request-id",
                "x-ms-request-id", "x-trace-id", "traceparent", "cf-ray")  # fmt: skip
_MAX_VALUE, _MAX_URL, _MAX_LINKS, _MAX_TOTAL = 200, 500, 6, 3_000
_PAGES = ("next", "prev", "previous", "last", "first")

# Words in the names of query parameters that carry secrets, and words that make a token one for paging.
_SECRET_WORDS = {"token", "secret", "signature", "sig", "password", "passwd", "pwd", "apikey", "auth", "authorization",
                 "credential", "credentials", "jwt", "assertion", "ticket", "key"}  # fmt: skip
_PAGING_WORDS = {"page", "next", "prev", "previous", "continuation", "cursor", "skip", "skiptoken", "sync", "start",
                "last", "after", "before", "offset", "marker", "resume", "partition", "row", "sort", "order", "first",
                "nextpage", "nexttoken", "pagetoken"}  # fmt: skip


def header_notes(headers: Mapping[str, str]) -> list[str]:
    """`name: value` of the headers for next steps: locations, versions, pages, limits."""
    notes = [f"{name}: {redacted_url(headers[name])}" for name in _URLS if headers.get(name)]
    notes += [f"link: {link}" for link in _links(headers.get("link", ""))]
    notes += [f"{name}: {one_line(headers[name], _MAX_VALUE)}" for name in _SHOWN if headers.get(name)]
    sizes = accumulate(map(len, notes))
    return [note for note, size in zip(notes, sizes, strict=True) if size <= _MAX_TOTAL]


def _links(header: str) -> list[str]:
    """The links, those to other pages first."""
    links = [(" ".join(link.relations), redacted_url(link.href)) for link in read_links(header)]
    ranked = sorted(links, key=lambda link: _PAGES.index(link[0]) if link[0] in _PAGES else len(_PAGES))
    return [f'<{url}>; rel="{one_line(relations, 60)}"' for relations, url in ranked[:_MAX_LINKS]]


def redacted_url(url: str) -> str:
    """A URL without user information and the values of parameters that look like secrets."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "an invalid URL"
    query = "&".join(_shown(pair) for pair in parts.query.split("&")[:50])
    fragment = _shown(parts.fragment)
    return one_line(
        urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query, fragment=fragment)), _MAX_URL
    )


def _shown(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}=[hidden]" if equals and _is_secret(name) else pair


def _is_secret(name: str) -> bool:
    words = words_of(re.sub(r"%[0-9A-Fa-f]{2}", " ", name))
    return not _SECRET_WORDS.isdisjoint(words) and _PAGING_WORDS.isdisjoint(words)


def request_id(headers: Mapping[str, str]) -> str:
    """The service's identifier of this request, or ''."""
    return next((one_line(headers[name], 100) for name in _REQUEST_IDS if headers.get(name)), "")


_REASON_WORDS = {"error", "errors", "message", "reason", "detail", "details", "description", "fault", "problem"}


def header_reason(headers: Mapping[str, str]) -> str:
    """The headers that say why a request failed, for responses without a body."""
    names = [name for name in headers if not _REASON_WORDS.isdisjoint(words := words_of(name)) and "id" not in words]
    notes = [f"{one_line(headers[name], 300)} ({one_line(name, 60)})" for name in names[:4] if headers[name].strip()]
    return "; ".join(notes)


_PARAMETER = re.compile(r'\b(error|error_description|scope)\s*=\s*(?:"((?:[^"\\]|\\.){0,400})"|([^\s",]{1,400}))')


def challenge(headers: Mapping[str, str]) -> JsonObject:
    """The `error`, `error_description` and `scope` of `WWW-Authenticate` (RFC 6750 §3)."""
    found: JsonObject = {}
    for name, quoted, plain in _PARAMETER.findall(headers.get("www-authenticate", "")[:4_000]):
        value = one_line(re.sub(r"\\(.)", r"\1", quoted) or plain, 300)
        if value:
            found.setdefault(name, value)
    return found
