from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from closient_mcp.tools.http.fetched import FetchError
from closient_mcp.tools.http.fetcher import Fetcher

from ...fakes.service import Reply, Service


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(trust_env=False, verify=False) as opened:
        yield opened


@pytest.fixture
def fetcher(client: httpx2.AsyncClient, service: Service) -> Fetcher:
    return Fetcher(client, frozenset({service.url}))


async def test_a_document_is_fetched_with_the_given_accept_header(fetcher: Fetcher, service: Service) -> None:
    service.routes["/d"] = Reply({"a": 1}, headers={"Content-Type": "application/json"})
    document = await fetcher.fetch(f"{service.url}/d", "application/linkset+json")
    assert (document.body, document.url) == (b'{"a": 1}', f"{service.url}/d")
    assert service.received[0].headers["accept"] == "application/linkset+json"


async def test_redirects_are_followed_and_the_final_url_returned(fetcher: Fetcher, service: Service) -> None:
    service.routes |= {"/d": Reply(status=301, headers={"Location": "/e"}), "/e": Reply(b"{}")}
    assert (await fetcher.fetch(f"{service.url}/d", "*/*")).url == f"{service.url}/e"


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(status=404), "HTTP 404 Not Found"),
        (Reply(status=500), "HTTP 500"),
        (Reply(status=302, headers={"Location": "/d"}), "redirects or retries"),
        (Reply(status=429, headers={"Retry-After": "0"}), "redirects or retries"),
        (Reply(status=429, headers={"Retry-After": "60"}), "HTTP 429"),
        (Reply(status=302, headers={"Location": "ftp://x"}), "not an http"),
        (Reply(b"not compressed at all", headers={"Content-Encoding": "gzip"}), "cannot be decompressed"),
        (Reply(b"\x1b\x00\x80", headers={"Content-Encoding": "br"}), "compressed as br, which was not accepted"),
    ],
)
async def test_fetch_errors_have_a_reason(fetcher: Fetcher, service: Service, reply: Reply, says: str) -> None:
    service.routes["/d"] = reply
    with pytest.raises(FetchError, match=says):
        await fetcher.fetch(f"{service.url}/d", "*/*")


async def test_rule_2_a_document_larger_than_the_limit_is_rejected(fetcher: Fetcher, service: Service) -> None:
    fetcher = replace(fetcher, max_bytes=2**20)
    service.routes["/d"] = Reply(b" " * (2**20 + 1))
    with pytest.raises(FetchError, match="larger than 1 MiB"):
        await fetcher.fetch(f"{service.url}/d", "*/*")


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/openapi.json",
        "https://192.168.1.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[fec0::1]/",
        "https://224.0.0.1/",
        "https://localhost/openapi.json",
        "http://127.0.0.1:1/",
    ],
)
async def test_rule_2_a_public_catalog_must_not_name_private_addresses(client: httpx2.AsyncClient, url: str) -> None:
    public = Fetcher(client, frozenset({"https://www.example.com"}))
    with pytest.raises(FetchError, match="private address"):
        await public.fetch(url, "*/*")


async def test_rule_2_a_redirect_to_a_private_address_is_rejected() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(302, headers={"location": "https://10.0.0.1/"})

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        public = Fetcher(client, frozenset({"https://www.example.com"}))
        with pytest.raises(FetchError, match=r"10\.0\.0\.1 has the private address"):
            await public.fetch("https://www.example.com/d", "*/*")


async def test_a_foreign_document_over_http_is_rejected(client: httpx2.AsyncClient) -> None:
    public = Fetcher(client, frozenset({"https://www.example.com"}))
    with pytest.raises(FetchError, match="must be https"):
        await public.fetch("http://93.184.216.34/openapi.json", "*/*")


async def test_an_unknown_host_is_reported(client: httpx2.AsyncClient) -> None:
    public = Fetcher(client, frozenset({"https://www.example.com"}))
    with pytest.raises(FetchError, match="cannot be reached"):
        await public.fetch("https://nowhere.invalid/openapi.json", "*/*")


@pytest.mark.parametrize("url", ["http://www.example.com/d", "http://www.example.com:6379/d"])
async def test_the_host_of_an_https_system_is_not_contacted_by_http(client: httpx2.AsyncClient, url: str) -> None:
    public = Fetcher(client, frozenset({"https://www.example.com"}))
    with pytest.raises(FetchError, match="must be https"):
        await public.fetch(url, "*/*")


async def test_a_short_retry_after_is_respected(fetcher: Fetcher, service: Service) -> None:
    replies = [Reply(status=503, headers={"Retry-After": "0"}), Reply(b"{}")]
    service.routes["/d"] = lambda _: replies.pop(0)
    assert (await fetcher.fetch(f"{service.url}/d", "*/*")).body == b"{}"
    assert len(service.received) == 2
