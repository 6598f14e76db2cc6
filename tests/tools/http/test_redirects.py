"""Redirects are followed by our own hand, and only inside a system (RFC 9110 §15.4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import httpx2
import pytest

from closient_mcp.tools.errors import RefusedError
from closient_mcp.tools.http.messages import Request
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.results.responses import read_response

from ...fakes.service import Reply, Service, running_service


@pytest.fixture
async def sender(service: Service) -> AsyncIterator[Sender]:
    async with httpx2.AsyncClient(headers={"x-api-key": "key"}, trust_env=False, verify=False) as client:
        yield Sender(client, frozenset({service.url}), "acme")


def redirect(status: int, location: str) -> Reply:
    return Reply(b"moved", status, {"Location": location})


_SENT: Mapping[str, str] = {"content-type": "application/json", "content-language": "de", "x-kept": "1"}


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_307_and_308_keep_method_body_and_headers(
    service: Service, sender: Sender, status: int, method: str
) -> None:
    service.routes |= {"/a": redirect(status, "/b"), "/b": Reply({})}
    await sender.send(Request(method, f"{service.url}/a?q=1", _SENT, b'{"n":1}'))
    got = service.received[1]
    assert (got.method, got.path, got.query, got.body) == (method, "/b", "", b'{"n":1}')
    assert {name: got.headers[name] for name in _SENT} == _SENT


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (303, "POST", "GET"),
        (303, "PATCH", "GET"),
        (303, "DELETE", "GET"),
        (303, "HEAD", "HEAD"),
        (301, "POST", "GET"),
        (302, "PUT", "PUT"),
    ],
)
async def test_303_and_a_redirected_post_become_get(
    service: Service, sender: Sender, status: int, method: str, then: str
) -> None:
    service.routes |= {"/a": redirect(status, "/b"), "/b": Reply({})}
    content = None if method == "HEAD" else b"{}"
    await sender.send(Request(method, f"{service.url}/a", _SENT, content))
    got = service.received[1]
    assert (got.method, got.body) == (then, b"{}" if then == "PUT" else b"")
    assert got.headers["x-kept"] == "1"
    assert ("content-type" in got.headers) == ("content-language" in got.headers) == (then == "PUT")


@pytest.mark.parametrize(
    ("location", "arrives"),
    [
        ("c", "/x/c?"),
        ("../c?page=2", "/c?page=2"),
        ("?page=2", "/x/a?page=2"),
        ("/c#part", "/c?"),
        ("//{host}/c", "/c?"),
        ("http://{host}/c", "/c?"),
    ],
)
async def test_a_relative_location_is_resolved(service: Service, sender: Sender, location: str, arrives: str) -> None:
    host = service.url.removeprefix("http://")
    service.routes["/x/a"] = lambda got: Reply({}) if got.query else redirect(302, location.format(host=host))
    service.otherwise = Reply({})
    await sender.send(Request("GET", f"{service.url}/x/a"))
    assert [f"{got.path}?{got.query}" for got in service.received] == ["/x/a?", arrives]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_rule_1_a_redirect_to_another_origin_is_reported(service: Service, sender: Sender, status: int) -> None:
    with running_service({"/b": Reply({})}) as other:
        service.routes["/a"] = redirect(status, f"{other.url}/b?access_token=t&page=2")
        response = await sender.send(Request("POST", f"{service.url}/a", {"x-kept": "1"}, b"{}"))
        assert read_response(response, "acme").text.startswith(
            f"acme redirects (HTTP {status}) to {other.url}/b?access_token=[hidden]&page=2, which was not followed"
        )
        assert other.received == []


async def test_rule_1_a_redirect_through_another_origin_is_not_followed(service: Service, sender: Sender) -> None:
    with running_service() as other:
        other.routes["/b"] = redirect(302, f"{service.url}/c")
        service.routes |= {"/a": redirect(302, f"{other.url}/b"), "/c": Reply({})}
        assert (await sender.send(Request("GET", f"{service.url}/a"))).status == 302
        assert other.received == []
        assert len(service.received) == 1


@pytest.mark.parametrize("location", ["ftp://h/", "http://[/", "https://user:pw@h.example/", "javascript:alert(1)"])
async def test_a_redirect_to_an_invalid_or_foreign_url_is_returned(
    service: Service, sender: Sender, location: str
) -> None:
    service.routes["/a"] = redirect(302, location)
    response = await sender.send(Request("GET", f"{service.url}/a"))
    assert response.status == 302
    assert "was not followed" in read_response(response, "acme").text
    assert "user:pw" not in read_response(response, "acme").text


@pytest.mark.parametrize("status", [300, 304, 305, 306])
async def test_other_3xx_statuses_are_not_followed(service: Service, sender: Sender, status: int) -> None:
    service.routes["/a"] = Reply(b"", status, {"Location": "/b"})
    assert (await sender.send(Request("GET", f"{service.url}/a"))).status == status
    assert len(service.received) == 1


async def test_a_redirect_loop_of_two_urls_ends(service: Service, sender: Sender) -> None:
    service.routes |= {"/a": redirect(302, "/b"), "/b": redirect(307, "/a")}
    with pytest.raises(RefusedError, match="more than 4 times"):
        await sender.send(Request("GET", f"{service.url}/a"))
    assert len(service.received) == 5
