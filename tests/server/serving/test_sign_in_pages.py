"""Callers sign in to a system for themselves: each with their own account, and nobody through another's link."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ...fakes.http_server import HttpServer, serving, settings_in
from ...fakes.issuer import Issuer, running_issuer
from ...fakes.service import Received, Reply, document, operation
from ...fakes.web_browser import Browser

PUBLIC = "https://mcp.example.com"
ORDERS = document({"/orders": {"get": operation(operationId="list_orders", security=[{"oauth": []}])}})


def orders(got: Received) -> Reply:
    """The orders of whose token it is; 401 without one."""
    token = got.headers.get("authorization", "").removeprefix("Bearer access-")
    return Reply([{"of": token.partition("-")[0]}]) if token else Reply({}, 401)


@dataclass
class Team:
    """Our server, the issuer of its callers' tokens, and a system that they sign in to."""

    server: HttpServer
    issuer: Issuer
    upstream: Issuer

    def browser(self, at_issuer: str = "", upstream: str = "") -> Browser:
        """A browser that is signed in at the two."""
        browser = Browser(self.server.client, PUBLIC)
        if at_issuer:
            browser.sign_in_at(self.issuer.url, at_issuer)
        if upstream:
            browser.sign_in_at(self.upstream.url, upstream)
        return browser

    async def link(self, subject: str) -> str:
        """The link that a caller's assistant shows."""
        succeeded, message = await self.server.legacy_call(self.issuer.token(sub=subject), "acme_list_orders")
        assert not succeeded
        (link,) = re.findall(rf"{PUBLIC}/sign-in/\S+", message)
        return str(link)

    async def orders(self, subject: str) -> tuple[bool, str]:
        """What a call answers."""
        return await self.server.legacy_call(self.issuer.token(sub=subject), "acme_list_orders")


def settings_text(issuer: Issuer, upstream: Issuer) -> str:
    return (
        f'[http]\npublic_url = "{PUBLIC}"\nauth = {{ mode = "oauth", issuer = "{issuer.url}" }}\n'
        f'[systems.acme]\ndescription = "{upstream.url}/openapi.json"\n'
        'credential = { grant = "authorization_code", scopes = ["openid"] }\n'
    )


@dataclass
class Place:
    """Where a team's server runs, and the services that it knows."""

    home: Path
    issuer: Issuer
    upstream: Issuer

    @asynccontextmanager
    async def team(self) -> AsyncGenerator[Team]:
        """A server of the team, with the records of those before it."""
        async with serving(settings_in(self.home, settings_text(self.issuer, self.upstream))) as server:
            yield Team(server, self.issuer, self.upstream)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with running_issuer() as issuer, running_issuer() as upstream:
        issuer.open_to_browsers()
        upstream.open_to_browsers()
        upstream.service.routes |= {"/openapi.json": Reply(ORDERS), "/orders": orders}
        yield Place(tmp_path, issuer, upstream)


async def test_each_caller_signs_in_with_an_account_of_their_own(place: Place) -> None:
    async with place.team() as team:
        for subject, account in (("ann", "anna"), ("bob", "robert")):
            shown = await team.browser(subject, account).open(await team.link(subject))
            assert "You are signed in" in shown.text
            assert "acme at" in shown.text
            assert account in shown.text
        assert await team.orders("ann") == (True, '[{"of":"anna"}]')
        assert await team.orders("bob") == (True, '[{"of":"robert"}]')
        assert not (await team.orders("eve"))[0]
        assert team.upstream.service.count("/register") == 1
        assert team.issuer.service.count("/register") == 1
