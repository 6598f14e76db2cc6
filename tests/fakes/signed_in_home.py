"""A home folder with a sign-in in it, the authorization server that renews it, and an API that checks its tokens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx2

from closient_mcp.auth.background import finish
from closient_mcp.auth.bearer import BearerAuth
from closient_mcp.auth.oauth.http import HttpClient
from closient_mcp.auth.profile import Profile
from closient_mcp.auth.records import Client, Server, Tokens
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.store.backend import Records
from closient_mcp.auth.store.files import Files
from closient_mcp.auth.store.record_store import Store

from .limits import SECONDS
from .service import Received, Reply, Service

NOW = 1_800_000_000.0
API = "https://api.example.com"
REFRESH_THREAD = "closient-mcp-uninterrupted"


@dataclass
class Home:
    """A sign-in in a folder or elsewhere, and the authorization server that rotates its refresh token."""

    service: Service
    folder: Path
    now: float = NOW
    rotations: int = 0
    refused: list[str] = field(default_factory=list[str])
    began: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)
    records: Records | None = None

    def __post_init__(self) -> None:
        self.may_answer.set()
        self.service.routes |= {"/token": self.rotate, "/revoke": Reply({})}

    def rotate(self, got: Received) -> Reply:
        """Exchange the one refresh token that is good; the answer comes when the test lets it."""
        sent = parse_qs(got.body.decode())["refresh_token"][0]
        if sent != f"refresh-token-{self.rotations}":
            self.refused.append(sent)
            return Reply({"error": "invalid_grant"}, 400)
        self.rotations += 1
        self.began.set()
        assert self.may_answer.wait(SECONDS)
        return Reply(
            {
                "access_token": f"access-token-{self.rotations}",
                "refresh_token": f"refresh-token-{self.rotations}",
                "token_type": "Bearer",
                "expires_in": 3600,
            }
        )

    def store(self) -> Store:
        return Store(
            self.records or Files(self.folder), "closient", self.service.url, lambda: "registered", Redaction()
        )

    def session(self, **profile: Any) -> Session:
        """A session as another process would have it."""
        given = Profile("closient", self.service.url, frozenset({API}), "1", **profile)
        return Session(given, self.store(), HttpClient(trust_env=False), clock=lambda: self.now)

    def sign_in(
        self, *, age: float = 0.0, client: Client | None = None, asked: tuple[str, ...] = (), **tokens: Any
    ) -> None:
        """Leave tokens in the record that were obtained so long ago."""
        url = self.service.url
        given = {
            "access_token": "access-token-0",
            "refresh_token": "refresh-token-0",
            "scope": "a",
            "obtained_at": self.now - age,
            "expires_at": self.now - age + 3600,
        }
        server = Server(
            issuer=url,
            authorization_endpoint=f"{url}/authorize",
            token_endpoint=f"{url}/token",
            revocation_endpoint=f"{url}/revoke",
        )
        store = self.store()
        # A test may hold the lock of the file.
        with store.lock() if store.is_remote else nullcontext():
            signed_in = {"server": server, "client": client or Client(client_id="i"), "asked": asked}
            record = store.read().model_copy(update=signed_in)
            store.write(record.model_copy(update={"tokens": Tokens.model_validate({**given, **tokens})}))

    def kept(self) -> Tokens | None:
        return self.store().read().tokens

    def asked(self) -> int:
        """How often the token endpoint was asked."""
        return [got.path for got in self.service.received].count("/token")

    def fail(self, reply: Reply) -> None:
        self.service.routes["/token"] = reply


def no_refresh_is_left() -> bool:
    finish(SECONDS)
    return REFRESH_THREAD not in [thread.name for thread in threading.enumerate()]


async def until(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, SECONDS)


@dataclass
class Api:
    """An API that accepts some tokens, and what it got."""

    accepts: Callable[[str | None], int]
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    got: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])

    def client(self, session: Session) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer), auth=BearerAuth(session))

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        token = request.headers.get("authorization")
        self.got.append((request.content.decode(), token))
        return httpx2.Response(self.accepts(token), headers=self.headers, content=self.body)


def only(*tokens: str) -> Callable[[str | None], int]:
    return lambda header: 200 if header in [f"Bearer {token}" for token in tokens] else 401
