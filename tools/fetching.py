"""Fetching catalogs and documents: anonymous, bounded, and not from places that an outsider may only name."""

from __future__ import annotations

import ipaddress
import logging
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import anyio
import httpx2

from .addresses import BadAddress, is_loopback, is_public, origin_of, resolve, without_query
from .pacing import seconds_to_wait
from .sending import lower_case, read_capped

logger = logging.getLogger(__name__)

MAX_BYTES = 32 * 1024 * 1024
_TIME = 20.0
_MAX_REDIRECTS = 5
_LONGEST_WAIT = 5.0


class NotFetched(Exception):
    """A document could not be had; the text says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """What was fetched: the body, and the address that it finally came from."""

    body: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches what a system's catalog names. `home` are the system's own origins, `client` carries no credential."""

    client: httpx2.AsyncClient
    home: frozenset[str]

    async def fetch(self, address: str, accept: str) -> Document:
        """Fetch one document, following redirects to places that are as permitted as the first.

        Raises:
            NotFetched: the address is not permitted, or no usable answer came.
        """
        try:
            with anyio.fail_after(_TIME):
                for _ in range(_MAX_REDIRECTS + 1):
                    await self._permit(address)
                    found = await self._once(address, accept)
                    if isinstance(found, Document):
                        return found
                    address = found
        except TimeoutError:
            raise NotFetched(f"no answer within {_TIME:.0f} seconds") from None
        except BadAddress as error:
            raise NotFetched(str(error)) from None
        except httpx2.RequestError as error:
            reason = str(error).strip().rstrip(".")[:200] or type(error).__name__
            raise NotFetched(f"cannot be reached: {reason}") from error
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise NotFetched(f"its address is none: {error}") from None
        raise NotFetched(f"redirected or put off more than {_MAX_REDIRECTS} times")

    async def links(self, address: str) -> Document:
        """The `Link` header of an address as the body, by HEAD, or by GET where that names none.

        Raises:
            NotFetched: the address is not permitted, or no answer came.
        """
        found = Document(b"", address)
        try:
            with anyio.fail_after(_TIME):
                for method in ("HEAD", "GET"):
                    found = await self._links_by(method, address)
                    if found.body:
                        break
        except TimeoutError:
            raise NotFetched(f"no answer within {_TIME:.0f} seconds") from None
        except BadAddress as error:
            raise NotFetched(str(error)) from None
        except (httpx2.RequestError, httpx2.InvalidURL, UnicodeError) as error:
            raise NotFetched(f"cannot be reached: {str(error)[:200]}") from error
        return found

    async def _links_by(self, method: str, address: str) -> Document:
        for _ in range(_MAX_REDIRECTS + 1):
            await self._permit(address)
            async with self.client.stream(method, address, follow_redirects=False) as answer:
                headers = lower_case(answer)
            if answer.status_code not in (301, 302, 303, 307, 308) or "location" not in headers:
                return Document(headers.get("link", "").encode(), address)
            address = resolve(address, headers["location"])
        return Document(b"", address)

    async def _once(self, address: str, accept: str) -> Document | str:
        headers = {"accept": accept}
        async with self.client.stream("GET", address, headers=headers, follow_redirects=False) as answer:
            status, location = answer.status_code, answer.headers.get("location")
            logger.debug("GET %s: %s", without_query(address), status)
            wait = seconds_to_wait(lower_case(answer)) if status in (429, 503) else None
            if wait is not None and wait <= _LONGEST_WAIT:
                # Asked again by the loop that also follows redirects, and as often at the most.
                await anyio.sleep(wait)
                return address
            if status in (301, 302, 303, 307, 308) and location:
                return resolve(address, location)
            if status != 200:
                raise NotFetched(f"HTTP {status} {answer.reason_phrase}".strip())
            body, cut = await read_capped(answer, MAX_BYTES)
            if cut:
                raise NotFetched(f"larger than {MAX_BYTES // 2**20} MiB")
            return Document(body, address)

    async def _permit(self, address: str) -> None:
        """A document of a public catalog may not point into the private network (server-side request forgery)."""
        if origin_of(address) in self.home:
            return
        if not address.startswith("https://") and not is_loopback(address):
            raise NotFetched("it is neither https nor on this machine")
        host = urlsplit(address).hostname or ""
        if host in {urlsplit(origin).hostname for origin in self.home}:
            return  # another port of the host where the system itself is, be it private or not
        for ip in await _addresses_of(host):
            if not is_public(ip):
                raise NotFetched(f"{host} is at the private address {ip}, where the system itself is not")


async def _addresses_of(host: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        found = await anyio.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotFetched(f"cannot be reached: {error.strerror or error}") from error
    return [str(entry[4][0]) for entry in found]
