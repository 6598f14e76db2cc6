"""Fetching catalogs and documents: anonymous, bounded, and not from places that an outsider may only name.

What a caller could use is kept: the next `fetch` asks whether that is still what is there (RFC 9110 §13.1, RFC 9111
§4.3), and it stands in where no better answer can be had. It is kept under the URL that was asked for. Redirects
are followed anew each time, and the validators go to the URL that the body came from, no other.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import httpx2

from ..formats.json_values import JsonObject, as_text
from ..formats.urls import InvalidUrlError, is_loopback, is_public, origin_of, redact_url, resolve
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
from .messages import lower_case, read_capped
from .rate_limits import seconds_to_wait

logger = logging.getLogger(__name__)

_TIME = 20.0
_MAX_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_LONGEST_WAIT = 5.0
Used = TypeVar("Used")


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches what a system's catalog names. `home` are the system's own origins, `client` carries no credential.

    Where it is not `online`, there is only what was kept, and confirmed `within` so many seconds.
    """

    client: httpx2.AsyncClient
    home: frozenset[str]
    cache: Cache | None = None
    online: bool = True
    within: float | None = None

    def kept(self, url: str) -> Document | None:
        """The document as it was kept, without any network."""
        found = self.cache.read("document", self._key(url)) if self.cache else None
        if found is None or (self.within is not None and time.time() - found.confirmed > self.within):
            return None
        accept, etag, modified = (as_text(found.facts.get(name)) for name in ("accept", "etag", "modified"))
        validators = Validators(accept, etag, modified)
        return Document(found.body, as_text(found.facts.get("url")), found.confirmed, validators=validators)

    def keep(self, url: str, document: Document) -> None:
        """Keep what `fetch` gave for this URL, because it could be used; what was kept already is left as it is."""
        if self.cache is None or document.stale:
            return
        if document.validators is None:
            self.cache.forget("document", self._key(url))
            return
        self.cache.forget("missing", self._key(url))
        known, validators = self.kept(url), document.validators
        if known and (known.body, known.url, known.validators) == (document.body, document.url, validators):
            self.cache.confirm("document", self._key(url))
            return
        facts: JsonObject = {
            "url": document.url,
            "accept": validators.accept,
            "etag": validators.etag,
            "modified": validators.modified,
        }
        self.cache.write("document", self._key(url), facts, document.body)

    def _key(self, url: str) -> str:
        # With the origins: what one system may reach, another that only names it may not.
        return "\n".join([*sorted(self.home), url])

    async def fetch_as(self, url: str, accept: str, use: Callable[[Document], Used]) -> Used:
        """What `use`, in a thread, makes of a document, which is then kept.

        What it refuses (ValueError) does not replace a kept copy: that one is used in its place, and called stale.

        Raises:
            FetchError: as `fetch`.
            ValueError: of `use`, and nothing better is kept.
        """
        document = await self.fetch(url, accept)
        return await anyio.to_thread.run_sync(self._use, url, document, use)

    def _use(self, url: str, document: Document, use: Callable[[Document], Used]) -> Used:
        try:
            used = use(document)
        except ValueError as error:
            kept = None if document.stale or not self.online else self.kept(url)
            if kept is None or kept.body == document.body:
                self._note_missing(url, str(error))
                raise
            return use(replace(kept, stale=f"what is there now cannot be used: {error}"))
        if self.online:
            self.keep(url, document)
        return used

    def _note_missing(self, url: str, why: str) -> None:
        """Keep that there is nothing to be had, so that the next start need not wait to learn it."""
        if self.cache and self.online:
            self.cache.forget("document", self._key(url))
            self.cache.write("missing", self._key(url), {"why": why[:500]}, b"")

    async def fetch(self, url: str, accept: str) -> Document:
        """Fetch one document, following redirects to places that are as permitted as the first.

        Where that fails, it is the kept copy, and `stale` says why; not where the service says that it is gone.

        Raises:
            FetchError: the URL is not permitted, or no usable answer came, and nothing is kept.
        """
        kept = await anyio.to_thread.run_sync(self.kept, url) if self.cache else None
        if not self.online:
            return kept or self._raise_not_kept(url)
        try:
            return await self._fetch(url, accept, kept)
        except GoneError as error:
            self._note_missing(url, str(error))
            raise
        except FetchError as error:
            if kept is None:
                raise
            return replace(kept, stale=str(error))

    def _raise_not_kept(self, url: str) -> NoReturn:
        missing = self.cache.read("missing", self._key(url)) if self.cache else None
        if missing:
            raise GoneError(as_text(missing.facts.get("why")))
        raise NotCachedError("it was never read")

    async def _fetch(self, url: str, accept: str, kept: Document | None) -> Document:
        return await self._follow(url, lambda url: self._once(url, accept, kept))

    async def _follow(self, url: str, ask: Callable[[str], Awaitable[Document | str]]) -> Document:
        """What `ask` gets of a URL, or of the one that it says to ask instead, each as permitted as the first."""
        try:
            with anyio.fail_after(_TIME):
                for _ in range(_MAX_REDIRECTS + 1):
                    await self._permit(url)
                    found = await ask(url)
                    if isinstance(found, Document):
                        return found
                    url = found
        except TimeoutError:
            raise ConnectionFailedError(f"no answer within {_TIME:.0f} seconds") from None
        except InvalidUrlError as error:
            raise FetchError(str(error)) from None
        except httpx2.RequestError as error:
            reason = str(error).strip().rstrip(".")[:200] or type(error).__name__
            raise ConnectionFailedError(f"cannot be reached: {reason}") from error
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise FetchError(f"invalid URL: {error}") from None
        raise FetchError(f"redirected or put off more than {_MAX_REDIRECTS} times")

    async def links(self, url: str) -> Document:
        """The `Link` header of a URL as the body, by HEAD, or by GET where that names none.

        Raises:
            FetchError: the URL is not permitted, or no answer came, and nothing is kept.
        """
        place = f"{url}#links"  # no URL that is asked for has a fragment
        if not self.online:
            return self.kept(place) or self._raise_not_kept(place)
        try:
            found = await self._links(url)
        except FetchError as error:
            if kept := self.kept(place):
                return replace(kept, stale=str(error))
            raise
        self.keep(place, found)
        return found

    async def _links(self, url: str) -> Document:
        found = await self._follow(url, lambda url: self._links_by("HEAD", url))
        return found if found.body else await self._follow(url, lambda url: self._links_by("GET", url))

    async def _links_by(self, method: str, url: str) -> Document | str:
        async with self.client.stream(method, url, follow_redirects=False) as answer:
            headers = lower_case(answer)
        if answer.status_code in _REDIRECTS and "location" in headers:
            return resolve(url, headers["location"])
        return Document(headers.get("link", "").encode(), url, time.time(), validators=validators_of(headers, ""))

    async def _once(self, url: str, accept: str, kept: Document | None) -> Document | str:
        known = kept.validators if kept and kept.url == url else None
        # Another `Accept` may have another body under the same date (RFC 9110 §12.5.5).
        conditions = known.conditions() if known and known.accept == accept else {}
        headers = {"accept": accept, **conditions}
        async with self.client.stream("GET", url, headers=headers, follow_redirects=False) as answer:
            status, location = answer.status_code, answer.headers.get("location")
            logger.debug("GET %s: %s", redact_url(url), status)
            wait = seconds_to_wait(lower_case(answer)) if status in (429, 503) else None
            if wait is not None and wait <= _LONGEST_WAIT:
                # Asked again by the loop that also follows redirects, and as often at the most.
                await anyio.sleep(wait)
                return url
            if status in _REDIRECTS and location:
                return resolve(url, location)
            if status == 304 and kept and known and conditions:
                if known.agrees_with(answer.headers.get("etag", "")):
                    return replace(kept, confirmed=time.time())
                return await self._once(url, accept, None)  # it tells of another body (RFC 9111 §4.3.4)
            if status in (404, 410):
                raise GoneError(f"HTTP {status} {answer.reason_phrase}".strip())
            if status != 200:
                raise FetchError(f"HTTP {status} {answer.reason_phrase}".strip())
            body, cut = await read_capped(answer, MAX_BYTES)
            if cut:
                raise FetchError(f"larger than {MAX_BYTES // 2**20} MiB")
            return Document(body, url, time.time(), validators=validators_of(lower_case(answer), accept))

    async def _permit(self, url: str) -> None:
        """A document of a public catalog may not point into the private network (server-side request forgery)."""
        if origin_of(url) in self.home:
            return
        if not url.startswith("https://") and not is_loopback(url):
            raise FetchError("it is neither https nor on this machine")
        host = urlsplit(url).hostname or ""
        if host in {urlsplit(origin).hostname for origin in self.home}:
            return  # another port of the host where the system itself is, be it private or not
        for ip in await _urls_of(host):
            if not is_public(ip):
                raise FetchError(f"{host} is at the private address {ip}, where the system itself is not")


async def _urls_of(host: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        found = await anyio.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ConnectionFailedError(f"cannot be reached: {error.strerror or error}") from error
    return [str(entry[4][0]) for entry in found]
