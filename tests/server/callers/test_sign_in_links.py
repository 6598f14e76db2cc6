"""Links and cookies of sign-ins: whose they are, how long, and what is not one of them."""

from __future__ import annotations

import pytest

from closient_mcp.auth.secrets.sealing import Sealer
from closient_mcp.server.callers.sign_in_links import SECONDS, SignInLinks

PUBLIC = "https://mcp.example.com"
NOW = 1_800_000_000.0


def links(key: bytes = b"k" * 32, now: float = NOW, public_url: str = PUBLIC) -> SignInLinks:
    """The links of a server with this key, at this time."""
    return SignInLinks(public_url, Sealer([key]), lambda: now)


def handle_of(made: SignInLinks) -> str:
    return made.url("a1", "acme", ("orders:read", "openid")).removeprefix(f"{PUBLIC}/sign-in/")


def test_a_link_names_its_caller_system_and_scopes_to_every_server_with_the_key() -> None:
    link = links().read(handle_of(links()))
    assert link
    assert (link.caller, link.system, link.scopes) == ("a1", "acme", ("orders:read", "openid"))


def test_each_link_is_another() -> None:
    first, second = links().read(handle_of(links())), links().read(handle_of(links()))
    assert first
    assert second
    assert first.id != second.id


@pytest.mark.parametrize(
    "reader",
    [links(now=NOW + SECONDS), links(key=b"x" * 32)],
    ids=["after it has expired", "with another key"],
)
def test_a_link_is_not_read(reader: SignInLinks) -> None:
    assert reader.read(handle_of(links())) is None


def test_a_cookie_of_one_kind_is_none_of_another_and_no_link() -> None:
    cookie = links().cookie("identity", "handle", "state")
    assert links().read_cookie("identity", cookie) == ["handle", "state"]
    assert links().read_cookie("sign-in", cookie) is None
    assert links().read(cookie) is None
    assert links(now=NOW + SECONDS).read_cookie("identity", cookie) is None
    assert links().read_cookie("identity", handle_of(links())) is None


def test_only_a_cookie_over_https_has_the_prefix_that_needs_it() -> None:
    assert links().cookie_name("state").startswith("__Host-")
    assert links(public_url="http://127.0.0.1:8000").cookie_name("state").startswith("closient-mcp-")
    assert links().cookie_name("state") != links().cookie_name("other")
