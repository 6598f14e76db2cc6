"""Tokens without a person: the password and client_credentials grants, across tasks, processes and refusals."""

from __future__ import annotations

import asyncio
import base64
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

import httpx2
import pytest

from closient_mcp.auth.background import finish
from closient_mcp.auth.bearer import BearerAuth
from closient_mcp.auth.errors import AuthError, SignInRequired, UnavailableError, UserActionRequired
from closient_mcp.auth.oauth.http import HttpClient, NoResponseError, Request
from closient_mcp.auth.profile import Endpoints, Profile
from closient_mcp.auth.records import Record
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.auth.secrets.references import SecretReference, from_environment, literal
from closient_mcp.auth.session.credentials import Credentials
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.sign_in.sign_out import sign_out
from closient_mcp.auth.store.files import Files
from closient_mcp.auth.store.record_store import Store

from ...fakes.limits import SECONDS
from ...fakes.service import Received, Reply, Sandbox, Service, running_service

PASSWORD = "pass&word+#%ü x=1"
SECRET = "client+secret/1&2"
NESTED = Reply(
    {"errors": [{"code": "400", "message": {"error": "invalid_grant", "error_description": "Bad credentials"}}]}, 400
)
FLAT = Reply({"error": "invalid_grant", "error_description": "Bad credentials"}, 400)
TEXT = Reply({"errors": [{"code": "400", "message": "Bad credentials"}]}, 400)
REUSED = Reply({"error": "invalid_grant", "error_description": "Invalid refresh token"}, 400)


@dataclass
class Shop:
    """A service with a token endpoint like Fluent's, and the machine that signs in there."""

    service: Service
    folder: Path
    now: float = 1_800_000_000.0
    password: str = PASSWORD
    lifetime: int | None = 1799
    forms: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    issued: int = 0
    good: str = ""
    guard: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.service.routes |= {"/oauth/token": self.token, "/api": self.api}

    def token(self, got: Received) -> Reply:
        """Password or single-use refresh token against tokens."""
        form = dict(parse_qsl((got.query or got.body.decode()), keep_blank_values=True))
        with self.guard:
            self.forms.append(form)
            if form["grant_type"] == "password" and form["password"] != self.password:
                return NESTED
            if form["grant_type"] == "refresh_token" and form["refresh_token"] != f"refresh-token-{self.issued}":
                return REUSED
            return self.grant()

    def grant(self) -> Reply:
        self.issued += 1
        self.good = f"access-token-{self.issued}"
        body: dict[str, Any] = {"access_token": self.good, "token_type": "bearer", "Retailer_id": 1, "Roles": []}
        ends = {} if self.lifetime is None else {"expires_in": self.lifetime}
        return Reply({**body, **ends, "refresh_token": f"refresh-token-{self.issued}", "scope": "api"})

    def api(self, got: Received) -> Reply:
        return Reply({"well": True}, 200 if got.headers.get("authorization") == f"Bearer {self.good}" else 401)

    def profile(self, **changes: Any) -> Profile:
        given: dict[str, Any] = {
            "grant": "password",
            "endpoints": Endpoints(token=f"{self.service.url}/oauth/token"),
            "client_id": literal("acme-client", "CLIENT"),
            "client_secret": literal(SECRET, "CLIENT_SECRET"),
            "username": literal("acme-user", "USERNAME"),
            "password": literal(PASSWORD, "PASSWORD"),
            "scopes": ("api",),
        }
        url = self.service.url
        return Profile("fluent", url, frozenset({url}), "1", **{**given, **changes})

    def session(self, **changes: Any) -> Session:
        """A session as another process would have it."""
        profile, redaction = self.profile(**changes), Redaction()
        identity = Credentials(profile, redaction).identity
        store = Store(Files(self.folder), "fluent", self.service.url, identity, redaction)
        return Session(profile, store, HttpClient(trust_env=False), clock=lambda: self.now)

    def record(self) -> Record:
        return self.session().store.read()

    def grants(self) -> list[str]:
        """What was asked for at the token endpoint, in order."""
        return [form["grant_type"] for form in self.forms]

    async def get(self, session: Session) -> httpx2.Response:
        async with httpx2.AsyncClient(auth=BearerAuth(session), verify=False, trust_env=False) as client:
            return await client.get(f"{self.service.url}/api")


@pytest.fixture
def shop(service: Service, tmp_path: Path) -> Iterator[Shop]:
    yield Shop(service, tmp_path / "credentials")
    finish(SECONDS)


def in_eight_processes(shop: Shop, work: Callable[[Session], Any], **changes: Any) -> list[Any]:
    """The same at the same moment in eight sessions that share nothing but the folder."""
    start = threading.Barrier(8)
    sessions = [shop.session(**changes) for _ in range(8)]

    def run(session: Session) -> Any:
        start.wait(SECONDS)
        return work(session)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(run, sessions))


def token_of(session: Session) -> str | None:
    return asyncio.run(session.token())


async def test_the_token_is_fetched_before_the_first_request_which_goes_once_and_with_it(shop: Shop) -> None:
    assert (await shop.get(shop.session())).status_code == 200
    assert [got.path for got in shop.service.received] == ["/oauth/token", "/api"]


async def test_rfc_6749_4_3_2_the_credentials_go_in_the_form_and_not_in_the_url(shop: Shop) -> None:
    await shop.session().token()
    (got,) = shop.service.received
    assert shop.forms == [
        {
            "grant_type": "password",
            "username": "acme-user",
            "password": PASSWORD,
            "scope": "api",
            "client_id": "acme-client",
            "client_secret": SECRET,
        }
    ]
    assert (got.method, got.query) == ("POST", "")
    assert "authorization" not in got.headers


async def test_a_client_that_is_to_identify_by_basic_does(shop: Shop) -> None:
    await shop.session(client_auth="client_secret_basic").token()
    pair = f"acme-client:{quote_plus(SECRET)}"
    assert shop.service.received[0].headers["authorization"] == f"Basic {base64.b64encode(pair.encode()).decode()}"
    assert not {"client_id", "client_secret"} & set(shop.forms[0])


async def test_without_a_client_there_is_nothing_said_of_one(shop: Shop) -> None:
    await shop.session(client_id=None, client_secret=None).token()
    assert set(shop.forms[0]) == {"grant_type", "username", "password", "scope"}


async def test_the_fixed_scopes_are_requested_and_none_where_there_are_none(shop: Shop) -> None:
    await shop.session(scopes=("retailer", "x")).token()
    shop.now += 7200
    await shop.session(scopes=None).token(rejected_token=shop.good)
    assert [form.get("scope") for form in shop.forms] == ["retailer x", None]


# The refresh token, which is good once


async def test_an_expired_token_is_renewed_by_its_refresh_token_and_the_password_stays_here(shop: Shop) -> None:
    session = shop.session()
    await session.token()
    for _ in range(3):
        shop.now += 1799
        assert await session.token() == shop.good
    assert shop.grants() == ["password", *["refresh_token"] * 3]
    assert {form["client_secret"] for form in shop.forms} == {SECRET}


def test_eight_processes_with_one_expiry_are_one_refresh_in_each_of_three_rounds(shop: Shop) -> None:
    token_of(shop.session())
    for number in range(3):
        shop.now += 1799
        assert set(in_eight_processes(shop, token_of)) == {f"access-token-{number + 2}"}
    assert shop.grants() == ["password", *["refresh_token"] * 3]


def test_eight_processes_that_start_together_are_one_login(shop: Shop) -> None:
    assert set(in_eight_processes(shop, token_of)) == {"access-token-1"}
    assert shop.grants() == ["password"]


@pytest.mark.parametrize(
    "refusal",
    [REUSED, NESTED, Reply({"errors": [{"message": "Invalid refresh token"}]}, 400), Reply({"error": "odd"}, 400)],
    ids=["flat", "nested", "text", "odd"],
)
def test_a_refresh_token_that_is_dead_causes_one_login_without_the_user(shop: Shop, refusal: Reply) -> None:
    token_of(shop.session())
    shop.now += 1799

    def refuse(got: Received) -> Reply:
        return refusal if b"grant_type=refresh_token" in got.body else shop.token(got)

    shop.service.routes["/oauth/token"] = refuse
    assert set(in_eight_processes(shop, token_of)) == {"access-token-2"}
    assert shop.grants() == ["password", "password"]


async def test_a_rejected_token_is_renewed_once_and_a_lifetime_that_was_not_told_is_the_servers_affair(
    shop: Shop,
) -> None:
    shop.lifetime = None
    session = shop.session()
    assert (await shop.get(session)).status_code == 200
    shop.now += 86_400
    assert (await shop.get(session)).status_code == 200
    assert shop.grants() == ["password"]
    shop.good = "another"
    assert (await shop.get(session)).status_code == 200
    assert shop.grants() == ["password", "refresh_token"]


async def test_a_server_that_gives_the_same_token_again_is_asked_once_and_requires_no_sign_in(
    shop: Shop,
) -> None:
    shop.service.routes["/oauth/token"] = Reply({"access_token": "same"})
    with pytest.raises(UserActionRequired, match="rejected a token") as caught:
        await shop.get(shop.session())
    assert not isinstance(caught.value, SignInRequired)
    assert [got.path for got in shop.service.received] == ["/oauth/token", "/api", "/oauth/token", "/api"]


@pytest.mark.parametrize("scopes", [None, ("api",)])
async def test_a_missing_permission_is_reported_and_requires_no_sign_in(
    shop: Shop, scopes: tuple[str, ...] | None
) -> None:
    challenge = {"www-authenticate": 'Bearer error="insufficient_scope", scope="retailer"'}
    shop.service.routes["/api"] = Reply({}, 403, challenge)
    with pytest.raises(UserActionRequired, match='the scope "retailer"') as caught:
        await shop.get(shop.session(scopes=scopes))
    assert not isinstance(caught.value, SignInRequired)
    assert "scopes" in caught.value.next_step


# Refusals


@pytest.mark.parametrize("refusal", [NESTED, FLAT, TEXT], ids=["nested", "flat", "text"])
def test_a_rejected_password_is_tried_once_by_eight_processes_and_five_calls_each(shop: Shop, refusal: Reply) -> None:
    shop.service.routes["/oauth/token"] = refusal

    def call_on_and_on(session: Session) -> set[str]:
        reason: set[str] = set()
        for _ in range(5):
            with pytest.raises(UserActionRequired) as caught:
                token_of(session)
            reason.add(f"{caught.value.message} {caught.value.next_step}")
        return reason

    for reason in in_eight_processes(shop, call_on_and_on):
        assert all("rejected the username or the password" in one and "not sent again" in one for one in reason)
    assert len(shop.service.received) == 1


def test_a_password_that_was_changed_is_tried_again_and_a_logout_has_the_same_one_tried_once_more(shop: Shop) -> None:
    shop.password = "another-password"
    for _ in range(2):
        with pytest.raises(UserActionRequired):
            token_of(shop.session())
    sign_out(shop.session())
    with pytest.raises(UserActionRequired):
        token_of(shop.session())
    assert len(shop.forms) == 2
    assert token_of(shop.session(password=literal("another-password", "PASSWORD"))) == "access-token-1"
    assert shop.record().history.bad_credentials == ""
    assert len(shop.forms) == 3


def test_rule_1_neither_a_password_nor_what_would_find_it_out_is_written(shop: Shop) -> None:
    shop.password = "another-password"
    with pytest.raises(UserActionRequired):
        token_of(shop.session())
    shop.password = PASSWORD
    sign_out(shop.session())
    token_of(shop.session())
    shop.password = "another-password"
    shop.now += 1799
    shop.issued += 1
    with pytest.raises(UserActionRequired):
        token_of(shop.session())
    first, second = (Credentials(shop.profile(), Redaction()).fingerprint() for _ in range(2))
    assert first != second
    assert shop.record().history.bad_credentials
    written_down = b"".join(path.read_bytes() for path in shop.folder.iterdir())
    for secret in (PASSWORD, SECRET, "acme-user"):
        assert secret.encode() not in written_down
        assert quote(secret).encode() not in written_down


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply({"error": "invalid_client", "error_description": "Bad client credentials"}, 401), "rejected the client"),
        (Reply({"errors": [{"code": "401", "message": "Bad client credentials"}]}, 401), "rejected the client"),
        (Reply({"error": "unauthorized_client"}, 400), "rejected the client"),
        (Reply({"error": "invalid_scope", "error_description": "Invalid scope: x"}, 400), "Invalid scope: x"),
        (Reply({"error": "unsupported_grant_type"}, 400), "unsupported_grant_type"),
    ],
)
def test_another_rejection_does_not_pass_for_a_wrong_password(shop: Shop, reply: Reply, reason: str) -> None:
    shop.service.routes["/oauth/token"] = reply
    for _ in range(2):
        with pytest.raises(UserActionRequired, match=reason):
            token_of(shop.session())
    assert len(shop.service.received) == 2
    assert shop.record().history.bad_credentials == ""


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply({"errors": [{"code": "400", "message": "Invalid username or password"}]}, 400), "Invalid username"),
        (Reply({"error": "access_denied", "error_description": "Bad credentials"}, 403), "rejected the username"),
        (Reply({"error": "unauthorized", "error_description": "Bad credentials"}, 401), "rejected the username"),
        (Reply({"error": "invalid_request"}, 400), "issued no token for the username"),
        (
            Reply({"detail": "Unauthorized"}, 401),
            "issued no token for the username or the password: HTTP 401 .* .Unauthorized",
        ),
        (Reply({"errors": []}, 400), "HTTP 400"),
        (Reply({"errors": [{"message": {"odd": 1}}]}, 400), "HTTP 400"),
        (Reply({"errors": ["x"]}, 403), "HTTP 403"),
    ],
)
def test_whatever_a_rejection_is_called_the_password_is_not_sent_again(shop: Shop, reply: Reply, reason: str) -> None:
    shop.service.routes["/oauth/token"] = reply
    with pytest.raises(UserActionRequired, match=reason) as caught:
        token_of(shop.session())
    assert "not sent again until they change" in caught.value.next_step
    for _ in range(3):
        with pytest.raises(UserActionRequired, match="rejected the username or the password"):
            token_of(shop.session())
    assert len(shop.service.received) == 1
    assert shop.record().history.bad_credentials


@pytest.mark.parametrize(
    "reply",
    [
        Reply({}, 503),
        Reply("<html>a portal</html>"),
        Reply({"ok": True}),
        Reply("<html>who are you?</html>", 403),
        Reply({"access_token": "a", "token_type": "mac"}),
        Reply("", 307, {"location": "/elsewhere"}),
    ],
    ids=repr,
)
def test_a_password_is_sent_once_where_the_response_is_unclear_and_garbage_is_never_kept(
    shop: Shop, reply: Reply
) -> None:
    shop.service.routes["/oauth/token"] = reply
    with pytest.raises(AuthError, match="issued no token"):
        token_of(shop.session())
    assert len(shop.service.received) == 1
    assert (shop.record().tokens, shop.record().history.bad_credentials) == (None, "")


def test_a_token_with_a_little_life_left_is_used_where_no_new_one_is_to_be_had(shop: Shop) -> None:
    token_of(shop.session(grant="client_credentials"))
    shop.now += 1750
    shop.service.routes["/oauth/token"] = Reply({}, 503, {"retry-after": "9"})
    assert token_of(shop.session(grant="client_credentials")) == "access-token-1"


def test_a_missing_password_is_reported_with_its_place_and_nothing_is_sent(shop: Shop) -> None:
    with pytest.raises(UserActionRequired, match="FLUENT_PASSWORD is not set") as caught:
        token_of(shop.session(password=from_environment("FLUENT_PASSWORD", {})))
    assert "Set FLUENT_PASSWORD" in caught.value.next_step
    assert shop.service.received == []


def test_no_one_waits_for_the_lock_while_a_password_is_fetched_from_its_place(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closient_mcp.auth.store.files._PATIENCE", 0.5)

    def read() -> str:
        with shop.session().store.lock():
            return PASSWORD

    assert token_of(shop.session(password=SecretReference("a place", read))) == "access-token-1"


def test_scopes_that_the_settings_name_again_are_had_at_the_next_start(shop: Shop) -> None:
    assert [token_of(shop.session()) for _ in range(2)] == ["access-token-1"] * 2
    assert token_of(shop.session(scopes=("api", "more"))) == "access-token-2"
    assert shop.forms[-1]["grant_type"] == "password"
    assert shop.forms[-1]["scope"] == "api more"
    assert token_of(shop.session(scopes=("api", "more"))) == "access-token-2"


def test_a_client_repeats_a_token_request_with_an_unclear_response(shop: Shop) -> None:
    answers = [Reply("busy", 503), shop.grant()]
    shop.service.routes["/oauth/token"] = lambda _: answers.pop(0)
    assert token_of(shop.session(grant="client_credentials")) == "access-token-1"
    assert answers == []


def test_rule_1_what_goes_to_this_machine_goes_through_no_proxy(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_service() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        call = Request(f"{shop.service.url}/oauth/token", {"grant_type": "password", "password": "x"})
        answer = HttpClient(trust_env=True).send(call)
        assert answer.status == 400
        assert proxy.received == []


def test_another_user_or_client_has_tokens_of_their_own(shop: Shop) -> None:
    tokens = [
        token_of(shop.session(**changes))
        for changes in ({}, {"username": literal("other", "U")}, {"client_id": literal("other", "C")}, {})
    ]
    assert tokens == ["access-token-1", "access-token-2", "access-token-3", "access-token-1"]


def test_a_username_and_a_client_id_are_words_like_others_and_a_password_is_not(shop: Shop) -> None:
    session = shop.session()
    token_of(session)
    reason = session.store.redaction.hide(f"acme-user acme-client {PASSWORD} {SECRET}")
    assert reason == "acme-user acme-client [secret] [secret]"


def test_a_client_that_may_not_refresh_has_new_tokens_for_its_password(shop: Shop) -> None:
    token_of(shop.session())
    shop.now += 1799

    def refuse(got: Received) -> Reply:
        refused = Reply({"error": "unauthorized_client"}, 400)
        return refused if b"grant_type=refresh_token" in got.body else shop.token(got)

    shop.service.routes["/oauth/token"] = refuse
    assert token_of(shop.session()) == "access-token-2"


def test_a_wrong_client_at_a_refresh_is_reported_and_ends_no_sign_in(shop: Shop) -> None:
    token_of(shop.session())
    shop.now += 1799
    shop.service.routes["/oauth/token"] = Reply({"error": "invalid_client"}, 401)
    with pytest.raises(UserActionRequired, match="rejected the client_id"):
        token_of(shop.session())
    assert len(shop.service.received) == 2
    assert shop.record().tokens


# In the query, by setting only


def test_rule_1_credentials_in_the_query_appear_nowhere_but_at_the_server(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx2", "httpcore2"):
        caplog.set_level(logging.DEBUG, name)
    session = shop.session(in_query=True)
    shown = [token_of(session)]
    shop.now += 1799
    shown.append(token_of(session))
    first, second = shop.service.received
    assert (first.method, first.body, second.body) == ("POST", b"", b"")
    assert (shop.forms[0]["password"], shop.forms[1]["refresh_token"]) == (PASSWORD, "refresh-token-1")
    assert "HTTP Request: POST" in caplog.text
    shop.password = "another"
    with pytest.raises(AuthError) as refused:
        token_of(shop.session(in_query=True, username=literal("another-user", "U")))
    shop.service.routes["/oauth/token"] = lambda got: Reply({"error": "odd", "error_description": got.query}, 400)
    with pytest.raises(AuthError) as repeated:
        token_of(shop.session(in_query=True, username=literal("third-user", "U")))
    gone = Endpoints(token="http://127.0.0.1:9/oauth/token")
    with pytest.raises(AuthError) as unreachable:
        token_of(shop.session(in_query=True, endpoints=gone))
    for caught in (refused, repeated, unreachable):
        error: BaseException | None = caught.value
        while error is not None:
            request = getattr(error, "_request", None)
            shown += [str(error), repr(vars(error)), str(request and request.url)]
            error = error.__cause__ or error.__context__
    text = caplog.text + "\n".join(str(one) for one in shown)
    for secret in (PASSWORD, SECRET, "refresh-token-1"):
        for form in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret)):
            assert form not in text


def test_rule_1_a_call_that_was_not_answered_leaves_nothing_of_its_query_in_the_traceback() -> None:
    with pytest.raises(NoResponseError) as caught:
        HttpClient(trust_env=False).send(Request("http://127.0.0.1:9/oauth/token", query={"password": PASSWORD}))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("in_query", [True, False])
def test_rule_1_credentials_are_never_sent_on_to_where_a_redirect_leads(shop: Shop, in_query: bool) -> None:
    with running_service() as other:
        shop.service.routes["/oauth/token"] = Reply("", 307, {"location": f"{other.url}/oauth/token"})
        with pytest.raises(UnavailableError):
            token_of(shop.session(in_query=in_query))
        assert other.received == []


# For the client itself


def test_rfc_6749_4_4_a_client_gets_a_token_for_itself_and_no_refresh_token_is_kept(shop: Shop) -> None:
    session = shop.session(grant="client_credentials", username=None, password=None, client_auth="client_secret_post")
    assert token_of(session) == "access-token-1"
    assert shop.forms == [
        {"grant_type": "client_credentials", "scope": "api", "client_id": "acme-client", "client_secret": SECRET}
    ]
    tokens = session.store.read().tokens
    assert tokens
    assert tokens.refresh_token is None
    shop.now += 1799
    assert token_of(session) == "access-token-2"
    assert shop.grants() == ["client_credentials"] * 2


def test_eight_processes_are_one_token_for_the_client(shop: Shop) -> None:
    for number in range(2):
        assert set(in_eight_processes(shop, token_of, grant="client_credentials")) == {f"access-token-{number + 1}"}
        shop.now += 1799
    assert shop.grants() == ["client_credentials"] * 2


async def test_a_rejected_token_of_a_client_is_fetched_again_once(shop: Shop) -> None:
    session = shop.session(grant="client_credentials")
    await shop.get(session)
    shop.good = "another"
    assert (await shop.get(session)).status_code == 200
    assert shop.grants() == ["client_credentials"] * 2


def register(shop: Shop, **members: Any) -> None:
    """Let the service publish its endpoints and register clients."""
    url = shop.service.url
    named = {"token_endpoint": f"{url}/oauth/token", "registration_endpoint": f"{url}/register"}
    grants = {"grant_types_supported": ["client_credentials"]}
    shop.service.routes |= {
        "/.well-known/oauth-authorization-server": Reply({"issuer": url, **named, **grants, **members}),
        "/register": Reply({"client_id": "registered", "client_secret": "registered-secret"}, 201),
    }


REGISTERED: dict[str, Any] = {
    "grant": "client_credentials",
    "endpoints": Endpoints(),
    "client_id": None,
    "client_secret": None,
    "scopes": None,
}


def test_rfc_7591_without_a_client_one_is_registered_for_itself_once_and_kept(shop: Shop) -> None:
    register(shop)
    assert set(in_eight_processes(shop, token_of, **REGISTERED)) == {"access-token-1"}
    (asked,) = [got.json() for got in shop.service.received if got.path == "/register"]
    assert asked["grant_types"] == ["client_credentials"]
    assert asked["token_endpoint_auth_method"] != "none"
    assert "redirect_uris" not in asked
    assert "response_types" not in asked
    client = shop.session(**REGISTERED).store.read().client
    assert client
    assert client.client_secret == "registered-secret"
    (path,) = shop.folder.glob("*.json")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_client_is_registered_where_the_settings_say_and_not_where_the_server_does(shop: Shop) -> None:
    register(shop)
    shop.service.routes["/own-register"] = Reply({"client_id": "own", "client_secret": "own-registered"}, 201)
    ends = Endpoints(registration=f"{shop.service.url}/own-register")
    token_of(shop.session(**{**REGISTERED, "endpoints": ends}))
    paths = [got.path for got in shop.service.received]
    assert "/own-register" in paths
    assert "/register" not in paths


def test_a_client_that_the_server_forgot_is_registered_again_and_only_once(shop: Shop) -> None:
    register(shop)
    token_of(shop.session(**REGISTERED))
    shop.now += 1799
    shop.service.routes["/oauth/token"] = Reply({"error": "invalid_client"}, 401)
    with pytest.raises(UserActionRequired, match="rejected a client that it had itself registered"):
        token_of(shop.session(**REGISTERED))
    assert [got.path for got in shop.service.received].count("/register") == 2


def test_rule_1_a_token_endpoint_that_is_named_later_is_not_told_the_secret(shop: Shop) -> None:
    register(shop)
    token_of(shop.session(**REGISTERED))
    shop.now += 1799
    with running_service() as other:
        register(shop, token_endpoint=f"{other.url}/token")
        assert token_of(shop.session(**REGISTERED)) == "access-token-2"
        assert other.received == []


def test_closients_own_server_registers_a_client_for_itself_and_gives_it_a_token(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    profile = Profile("closient", sandbox.url, frozenset({sandbox.url}), "1", grant="client_credentials")
    store = Store(Files(tmp_path), "closient", sandbox.url, Credentials(profile, Redaction()).identity, Redaction())
    session = Session(profile, store, HttpClient(trust_env=False))

    async def call() -> int:
        async with httpx2.AsyncClient(auth=BearerAuth(session), verify=False, trust_env=False) as client:
            return (await client.get(f"{sandbox.url}/search/api/v1/products/?q=milk")).status_code

    status = asyncio.run(call())
    tokens = session.store.read().tokens
    assert status != 401
    assert tokens
    assert tokens.scope
    assert sandbox.count("POST", "/oauth/register/") == 1


# Run by the user


def test_a_rejected_password_is_tried_again_if_the_user_asks_for_it(shop: Shop) -> None:
    shop.password = "another"
    with pytest.raises(UserActionRequired):
        token_of(shop.session())
    shop.password = PASSWORD
    with pytest.raises(UserActionRequired, match="rejected the username"):
        shop.session().refresh()
    shop.session().refresh(interactive=True)
    assert shop.record().tokens
    assert shop.grants() == ["password", "password"]


def test_signing_out_drops_the_tokens_and_revokes_where_the_settings_say_how(shop: Shop) -> None:
    token_of(shop.session())
    assert "does not support revoking" in sign_out(shop.session())
    assert shop.record().tokens is None
    token_of(shop.session())
    shop.service.routes["/revoke"] = Reply("")
    url = shop.service.url
    ends = Endpoints(token=f"{url}/oauth/token", revocation=f"{url}/revoke")
    assert "is revoked" in sign_out(shop.session(endpoints=ends))
    assert dict(parse_qsl(shop.service.received[-2].body.decode()))["token"] == "refresh-token-2"


def test_signing_out_needs_no_secret(shop: Shop) -> None:
    token_of(shop.session())
    url = shop.service.url
    ends = Endpoints(token=f"{url}/oauth/token", revocation=f"{url}/revoke")
    reason = sign_out(shop.session(endpoints=ends, client_secret=from_environment("GONE", {})))
    assert "did not confirm it" in reason
    assert "GONE is not set" in reason
    assert shop.record().tokens is None
