"""Fetching catalogs and documents: without credentials, with limits, and not from private networks.

Documents that the caller could parse are cached under the requested URL. The next fetch revalidates them (RFC 9110
§13.1, RFC 9111 §4.3), and falls back to them if it fails. Redirects are followed each time, and validators are sent
only to the URL that the body came from.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import httpx2

from ..formats.json_values import as_text
from ..formats.urls import InvalidUrlError, is_loopback_url, is_public, origin_of, redact_url, resolve
from .cache import Cache
from .fetched import (
    MAX_BYTES,
    ConnectionFailedError,
    Document,
    FetchError,
    GoneError,
    NotCachedError,
    Validators,
    validators_of,
)
from .messages import REDIRECTS, Client, has_answer, headers_of, read_capped, reason_of
from .rate_limit_headers import seconds_to_wait

logger = logging.getLogger(__name__)

_TIMEOUT = 20.0
_MAX_REDIRECTS = 5
_MAX_WAIT = 5.0
_METADATA = ("url", "accept", "etag", "modified")
Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches a system's documents; `trusted_origins` are its own, and `client` has no credentials.

    If not `online`, only cached documents are returned that were confirmed in the last `max_age` seconds.
    A body of more than `max_bytes` is an error.
    """

    client: Client
    trusted_origins: frozenset[str]
    cache: Cache | None = None
    online: bool = True
    max_age: float | None = None
    max_bytes: int = MAX_BYTES

    def cached(self, url: str) -> Document | None:
        """The cached document without using the network."""
        entry = self.cache.read("document", self._key(url)) if self.cache else None
        if entry is None or (self.max_age is not None and time.time() - entry.confirmed > self.max_age):
            return None
        final_url, accept, etag, modified = (as_text(entry.metadata.get(name)) for name in _METADATA)
        return Document(entry.body, final_url, entry.confirmed, validators=Validators(accept, etag, modified))

    def store(self, url: str, document: Document) -> None:
        """Cache a document that `fetch` returned for this URL, or touch the entry if it is the same."""
        if self.cache is None or not self.online or document.stale:
            return
        key, validators = self._key(url), document.validators
        if validators is None:
            self.cache.delete("document", key)
            return
        self.cache.delete("missing", key)
        known = self.cached(url)
        if known and (known.body, known.url, known.validators) == (document.body, document.url, validators):
            self.cache.touch("document", key)
            return
        values = (document.url, validators.accept, validators.etag, validators.modified)
        self.cache.write("document", key, dict(zip(_METADATA, values, strict=True)), document.body)

    def _key(self, url: str) -> str:
        # Includes the origins: what one system may reach must not become visible to another.
        return "\n".join([*sorted(self.trusted_origins), url])

    def _store_missing(self, url: str, reason: str) -> None:
        """Cache that the document is unusable, so that the next start need not wait to find out."""
        if self.cache and self.online:
            self.cache.delete("document", self._key(url))
            self.cache.write("missing", self._key(url), {"why": reason[:500]}, b"")

    async def fetch_and_parse(self, url: str, accept: str, parse: Callable[[Document], Parsed]) -> Parsed:
        """Fetch a document, parse it in a thread, and cache it.

        If `parse` raises ValueError, the cached copy is parsed instead, and marked stale.

        Raises:
            FetchError: as `fetch`.
            ValueError: from `parse`, if there is no cached copy.
        """
        if not self.online:
            return await anyio.to_thread.run_sync(lambda: self._parse(url, self._from_cache(url), parse))
        document = await self.fetch(url, accept)
        return await anyio.to_thread.run_sync(self._parse, url, document, parse)

    def _parse(self, url: str, document: Document, parse: Callable[[Document], Parsed]) -> Parsed:
        try:
            parsed = parse(document)
        except ValueError as error:
            cached = None if document.stale or not self.online else self.cached(url)
            if cached is None or cached.body == document.body:
                self._store_missing(url, str(error))
                raise
            return parse(replace(cached, stale=f"the current document cannot be used: {error}"))
        self.store(url, document)
        return parsed

    async def fetch(self, url: str, accept: str) -> Document:
        """Fetch a document, or its cached copy (with `stale` set) unless the server says that it is gone.

        Raises:
            FetchError: the URL is not allowed, or there is no usable response and no cached copy.
        """
        return await self._fetch(url, lambda cached: self._follow_redirects(url, partial(self._get, accept, cached)))

    async def links(self, url: str) -> Document:
        """The `Link` header of a URL as a document, from HEAD, or from GET if that has none.

        Raises:
            FetchError: as `fetch`.
        """

        async def request(_: Document | None) -> Document:
            document = await self._follow_redirects(url, partial(self._get_links, "HEAD"))
            return document if document.body else await self._follow_redirects(url, partial(self._get_links, "GET"))

        key = f"{url}#links"  # requested URLs have no fragment
        document = await self._fetch(key, request)
        self.store(key, document)
        return document

    async def _fetch(self, url: str, request: Callable[[Document | None], Awaitable[Document]]) -> Document:
        if not self.online:
            return await anyio.to_thread.run_sync(self._from_cache, url)
        cached = await anyio.to_thread.run_sync(self.cached, url) if self.cache else None
        try:
            return await request(cached)
        except GoneError as error:
            self._store_missing(url, str(error))
            raise
        except FetchError as error:
            if cached is None:
                raise
            return replace(cached, stale=str(error))

    def _from_cache(self, url: str) -> Document:
        if cached := self.cached(url):
            return cached
        if missing := self.cache.read("missing", self._key(url)) if self.cache else None:
            raise GoneError(as_text(missing.metadata.get("why")))
        raise NotCachedError("it is not cached")

    async def _follow_redirects(self, url: str, request: Callable[[str], Awaitable[Document | str]]) -> Document:
        """Call `request` until it returns a document instead of the next URL; check that each URL is allowed."""
        try:
            with anyio.fail_after(_TIMEOUT):
                for _ in range(_MAX_REDIRECTS + 1):
                    await self._check_allowed(url)
                    result = await request(url)
                    if isinstance(result, Document):
                        return result
                    url = result
        except TimeoutError:
            raise ConnectionFailedError(f"no response within {_TIMEOUT:.0f} seconds") from None
        except InvalidUrlError as error:
            raise FetchError(str(error)) from None
        except httpx2.RequestError as error:
            if has_answer(error):
                raise FetchError(reason_of(error)) from error
            raise ConnectionFailedError(f"cannot be reached: {reason_of(error)}") from error
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise FetchError(f"invalid URL: {error}") from None
        raise FetchError(f"more than {_MAX_REDIRECTS} redirects or retries")

    async def _get_links(self, method: str, url: str) -> Document | str:
        async with self.client.stream(method, url, follow_redirects=False) as response:
            headers = headers_of(response)
        if response.status_code in REDIRECTS and "location" in headers:
            return resolve(url, headers["location"])
        return Document(headers.get("link", "").encode(), url, time.time(), validators=validators_of(headers, ""))

    async def _get(self, accept: str, cached: Document | None, url: str) -> Document | str:
        known = cached.validators if cached and cached.url == url else None
        # Representations for another `Accept` may share the date (RFC 9110 §12.5.5).
        conditions = known.conditions() if known and known.accept == accept else {}
        request_headers = {"accept": accept, **conditions}
        async with self.client.stream("GET", url, headers=request_headers, follow_redirects=False) as response:
            status, headers = response.status_code, headers_of(response)
            logger.debug("GET %s: %s", redact_url(url), status)
            wait = seconds_to_wait(headers) if status in (429, 503) else None
            if wait is not None and wait <= _MAX_WAIT:
                await anyio.sleep(wait)
                return url  # the loop that follows redirects retries, and limits both
            if status in REDIRECTS and headers.get("location"):
                return resolve(url, headers["location"])
            if status == 304 and cached and known and conditions:
                if known.matches(headers.get("etag", "")):
                    return replace(cached, confirmed=time.time())
                return await self._get(accept, None, url)  # it selects another body (RFC 9111 §4.3.4)
            if status != 200:
                raise (GoneError if status in (404, 410) else FetchError)(
                    f"HTTP {status} {response.reason_phrase}".strip()
                )
            body, cut = await read_capped(response, self.max_bytes)
            if cut:
                raise FetchError(f"larger than {self.max_bytes / 2**20:g} MiB")
            return Document(body, url, time.time(), validators=validators_of(headers, accept))

    async def _check_allowed(self, url: str) -> None:
        """Reject URLs in private networks: a public catalog must not name them (server-side request forgery)."""
        if origin_of(url) in self.trusted_origins:
            return
        if not url.startswith("https://") and not is_loopback_url(url):
            raise FetchError("its URL must be https, except on this machine")
        host = urlsplit(url).hostname or ""
        if host in {urlsplit(origin).hostname for origin in self.trusted_origins}:
            return  # another port of the system's own host, which may be private
        for address in await _ip_addresses(host):
            if not is_public(address):
                raise FetchError(
                    f"{host} has the private address {address}, which only the system's own hosts may have"
                )


async def _ip_addresses(host: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        entries = await anyio.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ConnectionFailedError(f"cannot be reached: {error.strerror or error}") from error
    return [str(entry[4][0]) for entry in entries]
