"""A user's machine, the authorization server where it signs in, and the browser tabs that were opened."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from closient_mcp.auth.oauth.http import HttpClient
from closient_mcp.auth.oauth.redirects import browser_cookie
from closient_mcp.auth.profile import Profile
from closient_mcp.auth.records import Pending, Record
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.sign_in.attempt import SignInAttempt
from closient_mcp.auth.sign_in.login import Login
from closient_mcp.auth.store.files import Files
from closient_mcp.auth.store.record_store import Store

from .limits import SECONDS
from .service import Received, Reply, Service

CODE = "the-authorization-code"
DISCOVERY = "/.well-known/oauth-authorization-server"


@dataclass(frozen=True)
class Shown:
    """What a browser got."""

    status: int
    headers: dict[str, str]
    text: str


def get(port: int, target: str, method: str = "GET", **headers: str) -> Shown:
    """What a browser gets that asks the listener."""
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request(method, target, headers={name.replace("_", "-"): text for name, text in headers.items()})
        response = connection.getresponse()
        reply = {name.lower(): value for name, value in response.getheaders()}
        return Shown(response.status, reply, response.read().decode())
    finally:
        connection.close()


@dataclass
class Desk:
    """A machine, the authorization server that it signs in at, and the tabs that were opened."""

    service: Service
    folder: Path
    now: float = 1_800_000_000.0
    granted: dict[str, Any] = field(default_factory=dict[str, Any])
    tabs: list[str] = field(default_factory=list[str])
    redaction: Redaction = field(default_factory=Redaction)

    def __post_init__(self) -> None:
        self.granted = {
            "access_token": "the-access-token",
            "refresh_token": "the-refresh-token",
            "token_type": "Bearer",
            "expires_in": 3600,
        }
        self.service.routes |= {
            DISCOVERY: Reply(self.metadata()),
            "/authorization": Reply("<form>"),
            "/register": Reply({"client_id": "registered-client"}, 201),
            "/token": self.token,
        }

    def metadata(self, **changes: Any) -> dict[str, Any]:
        url = self.service.url
        endpoints = {f"{name}_endpoint": f"{url}/{name}" for name in ("authorization", "token", "registration")}
        endpoints["registration_endpoint"] = f"{url}/register"
        return {"issuer": url, "response_types_supported": ["code"], **endpoints, **changes}

    def token(self, got: Received) -> Reply:
        """A refresh token that cannot be one is found fault with; a code is exchanged."""
        if b"grant_type=refresh_token" in got.body:
            return Reply({"error": "invalid_grant"}, 400)
        return Reply(self.granted)

    def session(self, **profile: Any) -> Session:
        """The sign-in as another process would use it."""
        url = self.service.url
        given = Profile("closient", url, frozenset({url}), "1", **profile)
        return Session(given, self.store(), HttpClient(trust_env=False), clock=lambda: self.now)

    def login(self, *, screen: bool = True, **profile: Any) -> Login:
        """Sign-ins as another process would lead them."""

        def open_browser(tab: str) -> bool:
            self.tabs.append(tab)
            return screen

        return Login(self.session(**profile), open_browser)

    def begin(self, *scopes: str, browser: bool = True, **profile: Any) -> tuple[Login, SignInAttempt]:
        login = self.login(**profile)
        attempt = login.start(scopes, browser=browser)
        assert attempt.ready.wait(SECONDS)
        return login, attempt

    def store(self) -> Store:
        return Store(Files(self.folder), "closient", self.service.url, lambda: "registered", self.redaction)

    def record(self) -> Record:
        return self.store().read()

    def asked(self, path: str) -> list[Received]:
        return [got for got in self.service.received if got.path == path]

    def exchanges(self) -> list[dict[str, str]]:
        """The forms with which codes were exchanged."""
        forms = [parse_qs(got.body.decode()) for got in self.asked("/token")]
        return [{name: values[0] for name, values in form.items()} for form in forms if "code" in form]


def query_of(attempt: SignInAttempt) -> dict[str, str]:
    """The authorization request that the browser is sent to make."""
    return {name: values[0] for name, values in parse_qs(urlsplit(attempt.destination.authorize_url).query).items()}


def port_of(attempt: SignInAttempt) -> int:
    return urlsplit(attempt.destination.url).port or 0


def come_back(attempt: SignInAttempt, answer: str = f"code={CODE}", state: str = "") -> Shown:
    """Follow the redirect with which the authorization server ends its part, in the browser that began the sign-in."""
    asked = query_of(attempt)
    return follow(asked["redirect_uri"], f"{answer}&state={quote(state or asked['state'])}", asked["state"])


def follow(redirect_uri: str, answer: str, state: str) -> Shown:
    """Follow a redirect to the last page, in the browser that began the sign-in with this state."""
    back = urlsplit(redirect_uri)
    port = back.port or 0
    cookie = f"closient-mcp-{port}={browser_cookie(state)}"
    shown = get(port, f"{back.path or '/'}?{answer}", cookie=cookie)
    return get(port, shown.headers["location"], cookie=cookie) if shown.status == 303 else shown


def ended(attempt: SignInAttempt) -> str:
    """How an attempt ended: in words, or nothing where it went well."""
    assert attempt.done.wait(SECONDS)
    error = attempt.report()
    return f"{error.message} {error.next_step}" if error else ""


def at_rest() -> bool:
    """Whether every sign-in's thread has gone, and the one that closes its listener."""
    while threads := [thread for thread in threading.enumerate() if thread.name == "closient-mcp-login"]:
        for thread in threads:
            if thread.ident is None:
                continue  # it is just being started
            thread.join(SECONDS)
            if thread.is_alive():
                return False
    return True


def leave(pending: Pending) -> None:
    """End a sign-in that nobody finishes."""
    with suppress(OSError):
        follow(pending.redirect_uri, f"error=access_denied&state={pending.state}", pending.state)


@contextmanager
def desk_in(service: Service, folder: Path) -> Generator[Desk]:
    """A desk that is left in order."""
    made = Desk(service, folder)
    yield made
    # The right state ends a sign-in that still waits.
    record = made.record()
    if record.pending:
        leave(record.pending)
    assert at_rest()
