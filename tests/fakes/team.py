"""A team whose members call our server over HTTP, each with an account of their own at a system."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import httpx2
import pytest

from closient_mcp.auth.secrets.sealing import Sealer
from closient_mcp.server.bridge.stored_sign_ins import StoredSignIns

from .http_server import HttpServer, serving, settings_in
from .open_issuer import OpenIssuer, running_open_issuer
from .service import Received, Reply, document, operation
from .web_browser import Browser

PUBLIC = "https://mcp.example.com"
TOOL = "acme_list_orders"
ORDERS = document({"/orders": {"get": operation(operationId="list_orders", security=[{"oauth": []}])}})
TOKENS = {"ann": "a" * 32, "bob": "b" * 32}
TOKEN_AUTH = '{ mode = "token", tokens = [{ env = "ANN" }, { env = "BOB" }] }'


def orders(got: Received) -> Reply:
    """The orders of whose token it is; 401 without one."""
    token = got.headers.get("authorization", "").removeprefix("Bearer access-")
    return Reply([{"of": token.partition("-")[0]}]) if token else Reply({}, 401)


@dataclass
class Team:
    """A server of the team's, whose pages may be those of `others` too."""

    server: HttpServer
    place: Place
    others: tuple[httpx2.AsyncClient, ...] = ()

    def browser(self, at_issuer: str = "", upstream: str = "") -> Browser:
        """A browser whose user is signed in at the issuer and the system under these names."""
        browser = Browser(cycle([self.server.client, *self.others]), PUBLIC)
        if at_issuer:
            browser.sign_in_at(self.place.issuer.url, at_issuer)
        if upstream:
            browser.sign_in_at(self.place.upstream.url, upstream)
        return browser

    async def call(self, subject: str) -> tuple[bool, str]:
        """What a call of a client of 2025-11-25 answers."""
        return await self.server.legacy_call(self.token(subject), TOOL)

    async def link(self, subject: str) -> str:
        """The link that a caller's assistant shows."""
        succeeded, message = await self.call(subject)
        assert not succeeded
        (link,) = re.findall(rf"{PUBLIC}/sign-in/\S+", message)
        return str(link)

    def token(self, subject: str) -> str:
        """What a caller's client authenticates with."""
        return TOKENS[subject] if self.place.auth == TOKEN_AUTH else self.place.issuer.token(sub=subject)


@dataclass
class Place:
    """Where a team's servers run, the issuer of their callers' tokens, and the system that they sign in to."""

    home: Path
    issuer: OpenIssuer
    upstream: OpenIssuer
    auth: str = ""
    credential: str = '{ grant = "authorization_code", scopes = ["openid"] }'
    environ: dict[str, str] = field(default_factory=lambda: {name.upper(): token for name, token in TOKENS.items()})

    @asynccontextmanager
    async def team(self) -> AsyncGenerator[Team]:
        """A server, with the records of those before it."""
        auth = self.auth or f'{{ mode = "oauth", issuer = "{self.issuer.url}" }}'
        text = (
            f'[http]\npublic_url = "{PUBLIC}"\nauth = {auth}\n'
            f'[systems.acme]\ndescription = "{self.upstream.url}/openapi.json"\ncredential = {self.credential}\n'
        )
        async with serving(settings_in(self.home, text, **self.environ)) as server:
            yield Team(server, self)


def share_keys(patched: pytest.MonkeyPatch) -> None:
    """Have all servers seal with the same key, as those do that have one store."""

    def sealer(_: StoredSignIns) -> Sealer:
        return Sealer([b"k" * 32])

    patched.setattr(StoredSignIns, "sealer", sealer)


@contextmanager
def place_at(home: Path) -> Generator[Place]:
    """An issuer and a system on ports of their own."""
    with running_open_issuer() as issuer, running_open_issuer() as upstream:
        upstream.service.routes |= {"/openapi.json": Reply(ORDERS), "/orders": orders}
        yield Place(home, issuer, upstream)
