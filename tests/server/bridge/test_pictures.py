"""Pictures for a view: those that can be had at once, within limits; the others are left out."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator

import httpx2
import pytest

from closient_mcp.server.bridge import pictures
from closient_mcp.server.bridge.pictures import inline_pictures
from closient_mcp.tools.http.fetcher import Fetcher

from ...fakes.images import GIF, JPEG, WEBP, png
from ...fakes.limits import SECONDS
from ...fakes.service import Received, Reply, Service


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine gets all pictures too."""
    monkeypatch.setattr(pictures, "SECONDS", SECONDS)


@pytest.fixture
async def fetcher(service: Service) -> AsyncIterator[Fetcher]:
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        yield Fetcher(client, frozenset({service.url}))


async def test_pictures_are_named_as_in_the_result(fetcher: Fetcher, service: Service) -> None:
    service.routes |= {"/a": Reply(png()), "/b": Reply(JPEG), "/c": Reply(status=302, headers={"Location": "/d"}),
                       "/d": Reply(WEBP)}  # fmt: skip
    found = await inline_pictures(["/a", f"{service.url}/b", "/c", "/a"], service.url, fetcher)
    assert {url: data.split(",")[0] for url, data in found.items()} == {
        "/a": "data:image/png;base64",
        f"{service.url}/b": "data:image/jpeg;base64",
        "/c": "data:image/webp;base64",
    }
    assert service.count("/a") == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b'<svg xmlns="http://www.w3.org/2000/svg"/>', headers={"Content-Type": "image/svg+xml"}),
        Reply(b"<script>", headers={"Content-Type": "image/png"}),
        Reply(GIF),
        Reply(png()[:-6]),
        Reply(png(2_001, 1)),
        Reply(png() + bytes(200_000)),
        Reply(png(), 404),
        Reply(status=302, headers={"Location": "https://10.0.0.1/a.png"}),
        Reply(status=302, headers={"Location": "file:///etc/passwd"}),
    ],
    ids=["svg", "html", "gif", "damaged", "wide", "large", "missing", "private", "file"],
)
async def test_rule_2_what_is_no_small_picture_is_left_out(fetcher: Fetcher, service: Service, reply: Reply) -> None:
    service.routes |= {"/bad": reply, "/good": Reply(png())}
    assert list(await inline_pictures(["/bad", "/good"], service.url, fetcher)) == ["/good"]


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/a.png", "https://[::1]/a.png", "http://192.0.2.1/a.png", "javascript:1", "//[", ""]
)
async def test_rule_2_a_url_that_leads_to_no_public_host_is_not_fetched(
    fetcher: Fetcher, service: Service, url: str
) -> None:
    assert await inline_pictures([url], service.url, fetcher) == {}
    assert [request.path for request in service.received if request.path != "/"] == []


async def test_all_pictures_together_are_limited(
    fetcher: Fetcher, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "SECONDS", SECONDS)
    large = png() + bytes(190_000)
    urls = [f"/{number}" for number in range(30)]
    service.routes |= {url: Reply(large) for url in urls}
    assert list(await inline_pictures(urls, service.url, fetcher)) == ["/0", "/1", "/2"]
    assert len(service.received) == 24


async def test_what_takes_too_long_is_left_out(
    fetcher: Fetcher, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()

    def never(_: Received) -> Reply:
        assert over.wait(SECONDS)
        return Reply(png())

    monkeypatch.setattr(pictures, "SECONDS", 0.05)
    service.routes["/slow"] = never
    assert await inline_pictures(["/slow"], service.url, fetcher) == {}
    over.set()
