"""A client of one's own at a server that describes itself nowhere, as at Close: endpoints, secret, redirect, scopes."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import httpx2
import pytest

from closient_mcp.auth.background import finish
from closient_mcp.auth.bearer import BearerAuth
from closient_mcp.auth.errors import SignInRequired, UserActionRequired
from closient_mcp.auth.oauth.discovery import ServerMetadataError, configured_server
from closient_mcp.auth.oauth.http import HttpClient
from closient_mcp.auth.oauth.redirects import InvalidRedirectError, Redirect, checked_redirect, on_port, start_url
from closient_mcp.auth.profile import ClientAuth, Endpoints, Profile
from closient_mcp.auth.records import Record
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.auth.secrets.references import SecretReference, from_environment, literal
from closient_mcp.auth.session.credentials import Credentials
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.sign_in.attempt import SignInAttempt
from closient_mcp.auth.sign_in.login import Login
from closient_mcp.auth.sign_in.sign_out import sign_out
from closient_mcp.auth.store.files import Files
from closient_mcp.auth.store.record_store import Store

from ...fakes.desk import at_rest, come_back, ended, query_of
from ...fakes.limits import SECONDS
from ...fakes.service import Received, Reply, Service, running_service

SECRET = "close/secret+1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Crm:
    """A service that authorizes at one host and gives tokens at another, and a machine that signs in there."""

    app: Service
    api: Service
    folder: Path
    redirect_uri: str
    now: float = 1_800_000_000.0
    rotations: int = 0
    granted: dict[str, Any] = field(default_factory=dict[str, Any])
    tabs: list[str] = field(default_factory=list[str])
    attempts: list[SignInAttempt] = field(default_factory=list[SignInAttempt])

    def __post_init__(self) -> None:
        self.api.routes |= {"/oauth2/token/": self.token, "/oauth2/revoke/": Reply("")}

    def token(self, got: Received) -> Reply:
        """A code, or the one refresh token that is good, against tokens."""
        form = dict(parse_qsl(got.body.decode()))
        if form.get("refresh_token", f"rt-number-{self.rotations}") != f"rt-number-{self.rotations}":
            return Reply({"error": "invalid_grant"}, 400)
        self.rotations += 1
        tokens = {
            "token_type": "Bearer",
            "access_token": f"at-number-{self.rotations}",
            "expires_in": 3600,
            "refresh_token": f"rt-number-{self.rotations}",
            "scope": "all.full_access offline_access",
            "organization_id": "orga_abc",
        }
        return Reply({name: value for name, value in {**tokens, **self.granted}.items() if value is not None})

    def session(self, **changes: Any) -> Session:
        given: dict[str, Any] = {
            "endpoints": Endpoints(
                authorization=f"{self.app.url}/oauth2/authorize/",
                token=f"{self.api.url}/oauth2/token/",
                revocation=f"{self.api.url}/oauth2/revoke/",
            ),
            "client_id": literal("oa2client_1", "CLOSE_CLIENT_ID"),
            "client_secret": literal(SECRET, "CLOSE_CLIENT_SECRET"),
            "client_auth": "client_secret_post",
            "scopes": (),
            "redirect_uri": self.redirect_uri,
        }
        url, redaction = self.api.url, Redaction()
        profile = Profile("close", url, frozenset({url}), "1", **{**given, **changes})
        identity = Credentials(profile, redaction).identity
        store = Store(Files(self.folder), "close", url, identity, redaction)
        return Session(profile, store, HttpClient(trust_env=False), clock=lambda: self.now)

    def begin(self, *scopes: str, interactive: bool = False, **changes: Any) -> tuple[Session, SignInAttempt]:
        session = self.session(**changes)

        def open_browser(tab: str) -> bool:
            self.tabs.append(tab)
            return True

        attempt = Login(session, open_browser).start(scopes, interactive=interactive)
        self.attempts.append(attempt)
        assert attempt.ready.wait(SECONDS)
        return session, attempt

    def sign_in(self, *scopes: str, **changes: Any) -> tuple[Session, dict[str, str]]:
        """Sign in to the end; gives the authorization request too."""
        session, attempt = self.begin(*scopes, **changes)
        query = query_of(attempt)
        come_back(attempt)
        assert ended(attempt) == ""
        assert at_rest()
        return session, query

    def record(self) -> Record:
        return self.session().store.read()

    def forms(self) -> list[dict[str, str]]:
        """What was sent to the token host."""
        return [dict(parse_qsl(got.body.decode())) for got in self.api.received]


@pytest.fixture
def crm(service: Service, tmp_path: Path) -> Iterator[Crm]:
    with running_service() as app:
        made = Crm(app, service, tmp_path / "credentials", f"http://127.0.0.1:{free_port()}/callback")
        yield made
        for attempt in made.attempts:
            attempt.finish()  # so that a test that failed holds up no other
        assert at_rest()
        finish(SECONDS)


def test_explicit_endpoints_are_used_and_nothing_is_looked_up(crm: Crm) -> None:
    session, attempt = crm.begin()
    assert attempt.destination.authorize_url.startswith(f"{crm.app.url}/oauth2/authorize/?")
    come_back(attempt)
    assert ended(attempt) == ""
    crm.now += 3600
    assert asyncio.run(session.token()) == "at-number-2"
    assert "is revoked" in sign_out(session)
    assert [got.path for got in crm.api.received] == ["/oauth2/token/"] * 2 + ["/oauth2/revoke/"] * 2
    assert crm.app.received == []


def test_the_secret_goes_in_the_body_of_exchange_refresh_and_revocation(crm: Crm) -> None:
    session, _ = crm.sign_in()
    crm.now += 3600
    asyncio.run(session.token())
    sign_out(session)
    assert [form["client_secret"] for form in crm.forms()] == [SECRET] * 4
    assert [form.get("grant_type") for form in crm.forms()] == ["authorization_code", "refresh_token", None, None]
    assert not any("authorization" in got.headers for got in crm.api.received)


def test_what_the_settings_leave_out_is_looked_up_and_what_they_say_goes_first(crm: Crm) -> None:
    url, elsewhere = crm.api.url, f"{crm.app.url}/authorize"
    endpoints = {f"{name}_endpoint": f"{url}/oauth2/{name}/" for name in ("authorization", "token", "revocation")}
    metadata = {"issuer": url, "response_types_supported": ["code"], **endpoints}
    crm.api.routes["/.well-known/oauth-authorization-server"] = Reply(metadata)
    session, attempt = crm.begin(endpoints=Endpoints(authorization=elsewhere))
    assert attempt.destination.authorize_url.startswith(f"{elsewhere}?")
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    server = session.store.read().server
    assert server
    assert server.token_endpoint == f"{url}/oauth2/token/"


def test_rule_1_a_document_that_appears_later_redirects_no_refresh_token(crm: Crm) -> None:
    session, _ = crm.sign_in()
    with running_service() as other:
        endpoints = {f"{name}_endpoint": f"{other.url}/{name}" for name in ("authorization", "token")}
        metadata = {"issuer": crm.api.url, "response_types_supported": ["code"], **endpoints}
        crm.api.routes["/.well-known/oauth-authorization-server"] = Reply(metadata)
        crm.now += 3600
        assert asyncio.run(session.token()) == "at-number-2"
        assert other.received == []


def test_rule_1_no_one_is_sent_to_a_sign_in_that_moved_unless_the_user_says_so(crm: Crm) -> None:
    url = crm.api.url
    endpoints = {f"{name}_endpoint": f"{url}/oauth2/{name}/" for name in ("authorization", "token")}
    metadata = {"issuer": url, "response_types_supported": ["code"], **endpoints}
    crm.api.routes["/.well-known/oauth-authorization-server"] = Reply(metadata)
    session, _ = crm.sign_in(endpoints=Endpoints())
    sign_out(session)
    crm.api.routes["/.well-known/oauth-authorization-server"] = Reply(
        {**metadata, "token_endpoint": f"{crm.app.url}/token"}
    )
    _, attempt = crm.begin(endpoints=Endpoints())
    assert f"moved from {url} to {crm.app.url}" in ended(attempt)
    assert len(crm.tabs) == 1
    assert at_rest()
    _, interactive = crm.begin(endpoints=Endpoints(), interactive=True)
    assert len(crm.tabs) == 2
    come_back(interactive, "error=x")


@pytest.mark.parametrize(
    "url", ["http://evil.example/a", "javascript:alert(1)", "https://u:p@h/", "file:///etc/passwd", "x"]
)
@pytest.mark.parametrize("name", ["authorization", "token", "revocation", "registration"])
def test_rule_1_an_endpoint_of_the_settings_is_https_or_this_machine_too(name: str, url: str) -> None:
    with pytest.raises(ServerMetadataError):
        configured_server("https://as.example", Endpoints(**{name: url}))


@pytest.mark.parametrize(
    ("setting", "methods", "secret", "sent"),
    [
        (None, None, SECRET, "client_secret_basic"),
        (None, ["client_secret_post", "client_secret_basic"], SECRET, "client_secret_basic"),
        (None, ["none", "client_secret_post"], SECRET, "client_secret_post"),
        (None, ["private_key_jwt"], SECRET, "client_secret_basic"),
        ("client_secret_post", ["client_secret_basic"], SECRET, "client_secret_post"),
        ("none", ["client_secret_basic"], SECRET, "none"),
        (None, ["client_secret_post"], None, "none"),
    ],
)
def test_rfc_6749_2_3_a_client_identifies_as_the_settings_say_else_as_the_server_does(
    crm: Crm, setting: ClientAuth | None, methods: list[str] | None, secret: str | None, sent: str
) -> None:
    url = crm.api.url
    crm.api.routes["/.well-known/oauth-authorization-server"] = Reply(
        {
            "issuer": url,
            "response_types_supported": ["code"],
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/oauth2/token/",
            **({"token_endpoint_auth_methods_supported": methods} if methods else {}),
        }
    )
    given = literal(secret, "S") if secret else None
    crm.sign_in(endpoints=Endpoints(), client_auth=setting, client_secret=given)
    got, form = crm.api.received[-1], crm.forms()[-1]
    pair = f"oa2client_1:{quote_plus(SECRET)}"
    basic = f"Basic {base64.b64encode(pair.encode()).decode()}"
    assert (got.headers.get("authorization") == basic) is (sent == "client_secret_basic")
    assert (form.get("client_secret") == SECRET) is (sent == "client_secret_post")
    assert ("client_id" in form) is (sent != "client_secret_basic")


def test_rule_1_the_secret_is_opened_before_anybody_is_sent_anywhere_off_the_event_loop_and_never_written(
    crm: Crm,
) -> None:
    opened: list[str] = []

    def read() -> str:
        opened.append(threading.current_thread().name)
        return SECRET

    reference = SecretReference("a place", read)
    assert asyncio.run(crm.session(client_secret=reference).token()) is None
    assert opened == []
    session, attempt = crm.begin(client_secret=reference)
    come_back(attempt)
    assert ended(attempt) == ""
    assert len(opened) == 1
    assert opened[0] != "MainThread"
    for path in crm.folder.iterdir():
        assert SECRET.encode() not in path.read_bytes()
    assert SECRET not in repr(session.store.read()) + repr(session.profile)


def test_a_client_id_that_is_not_there_is_reported_with_its_place(crm: Crm) -> None:
    missing = from_environment("CLOSE_CLIENT_ID", {})
    with pytest.raises(UserActionRequired, match="CLOSE_CLIENT_ID is not set"):
        asyncio.run(crm.session(client_id=missing).token())
    _, attempt = crm.begin(client_id=missing)
    assert "CLOSE_CLIENT_ID is not set" in ended(attempt)
    assert crm.tabs == []


def test_another_client_has_nothing_of_the_former_ones_and_the_former_one_keeps_it(crm: Crm) -> None:
    crm.sign_in()
    other = crm.session(client_id=literal("oa2client_2", "CLOSE_CLIENT_ID"))
    assert asyncio.run(other.token()) is None
    assert other.store.read().client is None
    assert asyncio.run(crm.session().token()) == "at-number-1"


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply({"error": "invalid_client"}, 401), "rejected the client_id or client_secret"),
        (Reply({"error": "invalid_grant"}, 400), "rejected the code"),
    ],
)
def test_a_rejected_exchange_is_reported(crm: Crm, reply: Reply, message: str) -> None:
    _, attempt = crm.begin()
    crm.api.routes["/oauth2/token/"] = reply
    come_back(attempt)
    assert message in ended(attempt)
    assert crm.record().tokens is None


# PKCE, resource, scopes


def test_the_request_asks_for_no_scope_where_the_registration_decides(crm: Crm) -> None:
    _, query = crm.sign_in("contacts:read")
    assert set(query) == {
        "client_id",
        "response_type",
        "redirect_uri",
        "state",
        "code_challenge",
        "code_challenge_method",
    }


def test_without_pkce_neither_challenge_nor_verifier_is_sent(crm: Crm) -> None:
    _, query = crm.sign_in(pkce=False)
    assert not {"code_challenge", "code_challenge_method"} & set(query)
    assert "code_verifier" not in crm.forms()[0]


def test_rfc_8707_2_a_resource_goes_along_with_every_request(crm: Crm) -> None:
    session, query = crm.sign_in(resource="https://api.example.com/")
    crm.now += 3600
    asyncio.run(session.token())
    assert [query["resource"], *(form["resource"] for form in crm.forms())] == ["https://api.example.com/"] * 3


def test_fixed_scopes_are_requested_exactly_and_offline_access_is_not_added(crm: Crm) -> None:
    url = crm.api.url
    endpoints = {f"{name}_endpoint": f"{url}/oauth2/{name}/" for name in ("authorization", "token")}
    scopes = {"scopes_supported": ["offline_access", "a"]}
    crm.api.routes["/.well-known/oauth-authorization-server"] = Reply(
        {"issuer": url, "response_types_supported": ["code"], **endpoints, **scopes}
    )
    _, query = crm.sign_in("c", endpoints=Endpoints(), scopes=("a", "b"))
    assert query["scope"] == "a b"
    assert "prompt" not in query


def test_openid_core_11_a_fixed_offline_access_is_requested_with_consent_too(crm: Crm) -> None:
    _, query = crm.sign_in(scopes=("a", "offline_access"))
    assert (query["scope"], query["prompt"]) == ("a offline_access", "consent")


@pytest.mark.parametrize("scopes", [(), ("a",)])
def test_what_operations_want_opens_no_second_sign_in_where_the_scopes_are_fixed(
    crm: Crm, scopes: tuple[str, ...]
) -> None:
    crm.granted = {"scope": "whatever"}
    crm.sign_in("read", scopes=scopes)
    _, again = crm.begin("read", "write", scopes=scopes)
    assert ended(again) == ""
    assert len(crm.tabs) == 1


def test_scopes_that_the_settings_name_again_are_requested_at_the_next_sign_in(crm: Crm) -> None:
    crm.sign_in(scopes=("a",))
    _, query = crm.sign_in(scopes=("a", "b"))
    assert query["scope"] == "a b"
    assert len(crm.tabs) == 2


@pytest.mark.parametrize(("scopes", "again"), [(None, True), ((), False), (("a",), False)])
def test_a_missing_permission_is_requested_only_where_asking_can_bring_it(
    crm: Crm, scopes: tuple[str, ...] | None, again: bool
) -> None:
    session, _ = crm.sign_in(scopes=scopes)
    challenge = {"www-authenticate": 'Bearer error="insufficient_scope", scope="admin"'}
    crm.api.routes["/api"] = Reply({}, 403, challenge)

    async def call() -> None:
        async with httpx2.AsyncClient(auth=BearerAuth(session), verify=False, trust_env=False) as client:
            await client.get(f"{crm.api.url}/api")

    with pytest.raises(UserActionRequired, match='the scope "admin"') as caught:
        asyncio.run(call())
    assert isinstance(caught.value, SignInRequired) is again


def test_an_id_token_that_no_one_requested_and_no_one_can_check_is_not_looked_at(crm: Crm) -> None:
    crm.granted = {"id_token": "a.b.c"}
    session, _ = crm.sign_in()
    assert session.store.read().user == ""


# No refresh token


def warning(crm: Crm) -> str:
    tokens = crm.record().tokens
    assert tokens
    return crm.session().messages.no_refresh_token(tokens)


def test_a_sign_in_without_a_refresh_token_works_and_gives_a_warning(crm: Crm) -> None:
    crm.granted = {"refresh_token": None}
    crm.sign_in()
    assert "offline_access" in warning(crm)
    crm.now += 3600
    assert asyncio.run(crm.session().token()) is None
    crm.granted = {}
    crm.sign_in()
    assert warning(crm) == ""


# The redirect URL that was registered manually


@pytest.mark.parametrize("path", ["/callback", "/cb", "/", "/a/b.c/"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_rfc_6749_3_1_2_3_a_fixed_redirect_is_sent_exactly_as_it_was_given(crm: Crm, host: str, path: str) -> None:
    redirect_uri = f"http://{host}:{free_port()}{path}"
    _, query = crm.sign_in(redirect_uri=redirect_uri)
    assert (query["redirect_uri"], crm.forms()[0]["redirect_uri"]) == (redirect_uri, redirect_uri)


def test_a_fixed_port_that_is_taken_is_reported_and_no_other_is_used(crm: Crm) -> None:
    port = checked_redirect(crm.redirect_uri).port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        _, attempt = crm.begin()
        message = ended(attempt)
    assert f"Cannot listen on port {port}, which is registered for close's client" in message
    assert "redirect_uri" in message
    assert crm.tabs == []
    assert at_rest()


def test_a_sign_in_whose_process_died_is_taken_over_on_the_fixed_port(crm: Crm) -> None:
    session, dead = crm.begin()
    left = session.store.read()
    come_back(dead, "error=x")
    assert ended(dead)
    assert at_rest()
    session.store.write(left)
    _, heir = crm.begin()
    assert (heir.destination.url, heir.destination.authorize_url) == (
        dead.destination.url,
        dead.destination.authorize_url,
    )
    assert len(crm.tabs) == 1
    come_back(heir)
    assert ended(heir) == ""


def test_a_sign_in_that_was_begun_for_another_redirect_is_begun_again(crm: Crm) -> None:
    session, dead = crm.begin()
    left = session.store.read()
    come_back(dead, "error=x")
    assert ended(dead)
    assert at_rest()
    session.store.write(left)
    _, query = crm.sign_in(redirect_uri=f"http://127.0.0.1:{free_port()}/other")
    assert query["redirect_uri"].endswith("/other")


@pytest.mark.parametrize(
    ("url", "redirect"),
    [
        ("http://127.0.0.1:8765/callback", Redirect("127.0.0.1", 8765, "/callback")),
        ("http://localhost:8765/cb", Redirect("localhost", 8765, "/cb")),
        ("http://localhost:1", Redirect("localhost", 1, "/")),
        ("https://example.com/callback/close", Redirect("127.0.0.1", 0, "/callback", is_pasted=True)),
        ("https://127.0.0.1:8765/cb?a=b", Redirect("127.0.0.1", 0, "/callback", is_pasted=True)),
    ],
)
def test_a_redirect_to_this_machine_with_a_port_or_to_an_https_page_can_be_used(url: str, redirect: Redirect) -> None:
    assert checked_redirect(url) == redirect


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https:///cb", "must be an https URL, or begin with"),
        ("https://u:p@example.com/cb", "must be an https URL"),
        ("https://example.com/cb#a", "must be an https URL"),
        ("https://example.com/c b", "a character"),
        ("http://example.com:8765/cb", "begin with"),
        ("http://[::2]:8765/cb", "begin with"),
        ("http://127.0.0.2:8765/cb", "begin with"),
        ("127.0.0.1:8765", "begin with"),
        ("", "begin with"),
        ("http://127.0.0.1/cb", "needs a port"),
        ("http://localhost:0/cb", "needs a port"),
        ("http://localhost:99999/cb", "is not a URL"),
        ("http://localhost:x/cb", "is not a URL"),
        ("http://[", "is not a URL"),
        ("http://u:p@localhost:1/cb", "nothing else"),
        ("http://localhost:1/cb?a=b", "nothing else"),
        ("http://localhost:1/cb#a", "nothing else"),
        ("http://LOCALHOST:1/cb", "nothing else"),
        ("http://localhost:1/a b", "a character"),
        ("http://localhost:1/\x1b[2J", "a character"),
    ],
)
def test_another_redirect_cannot_and_the_reason_is_reported(url: str, message: str) -> None:
    with pytest.raises(InvalidRedirectError, match=message):
        checked_redirect(url)


@pytest.mark.parametrize(
    ("url", "moved", "start"),
    [
        ("http://[::1]/cb", "http://[::1]:5000/cb", "http://[::1]:5000/"),
        ("http://localhost:80/cb", "http://localhost:5000/cb", "http://localhost:5000/"),
        ("http://127.0.0.1", "http://127.0.0.1:5000", "http://127.0.0.1:5000/"),
    ],
)
def test_rfc_8252_7_3_a_redirect_to_this_machine_is_used_with_another_port(url: str, moved: str, start: str) -> None:
    assert on_port(url, 5000) == moved
    assert start_url(moved, "state").startswith(start)


# A page of the user's own

OWN_PAGE = "https://example.com/callback/close"


def test_a_response_that_ends_at_a_page_of_the_users_own_is_pasted(crm: Crm) -> None:
    session = crm.session(redirect_uri=OWN_PAGE)
    login = Login(session, lambda tab: tab not in crm.tabs)
    attempt = login.start((), interactive=True)
    crm.attempts.append(attempt)
    assert attempt.ready.wait(SECONDS)
    assert attempt.destination.url == ""
    query = query_of(attempt)
    assert query["redirect_uri"] == OWN_PAGE
    assert attempt.opened
    assert login.paste(attempt, f"{OWN_PAGE}?code=c&state={query['state']}")
    assert ended(attempt) == ""
    assert crm.forms()[-1]["redirect_uri"] == OWN_PAGE
    assert asyncio.run(session.token()) == "at-number-1"


def test_a_call_says_which_command_accepts_the_url_of_a_page_of_the_users_own(crm: Crm) -> None:
    _, attempt = crm.begin(redirect_uri=OWN_PAGE)
    assert f"ends at {OWN_PAGE}. Run `closient-mcp login close` in a terminal" in ended(attempt)
    assert crm.tabs == []


# A Client ID Metadata Document (draft-ietf-oauth-client-id-metadata-document)

DOCUMENT = "https://app.example/oauth/client.json"


def reading_documents(crm: Crm, *, reads: bool | None) -> dict[str, Any]:
    """What the profile is changed by, so that the server's own metadata counts."""
    url = crm.api.url
    metadata = {
        "issuer": url,
        "response_types_supported": ["code"],
        "authorization_endpoint": f"{url}/authorize",
        "token_endpoint": f"{url}/oauth2/token/",
    }
    values = {} if reads is None else {"client_id_metadata_document_supported": reads}
    crm.api.routes["/.well-known/oauth-authorization-server"] = Reply({**metadata, **values})
    changes: dict[str, Any] = {"endpoints": Endpoints(), "client_id": literal(DOCUMENT, "client_id")}
    return {**changes, "client_secret": None, "client_auth": None, "redirect_uri": None}


def test_a_client_metadata_document_is_the_client_itself_without_registration_or_secret(crm: Crm) -> None:
    _, query = crm.sign_in(**reading_documents(crm, reads=True))
    form = crm.forms()[-1]
    assert (query["client_id"], form["client_id"]) == (DOCUMENT, DOCUMENT)
    assert query["redirect_uri"].startswith("http://127.0.0.1:")
    assert "client_secret" not in form


@pytest.mark.parametrize("reads", [False, None])
def test_a_server_that_reads_no_client_metadata_documents_is_reported_before_a_browser_opens(
    crm: Crm, reads: bool | None
) -> None:
    _, attempt = crm.begin(**reading_documents(crm, reads=reads))
    assert "does not read client metadata documents" in ended(attempt)
    assert DOCUMENT in ended(attempt)
    assert crm.tabs == []
    assert "Leave client_id out to register" in ended(attempt)


def test_a_secret_is_never_sent_with_a_client_metadata_document(crm: Crm) -> None:
    changes = reading_documents(crm, reads=True) | {"client_secret": literal(SECRET, "S")}
    crm.sign_in(**changes)
    assert all("client_secret" not in form for form in crm.forms())
    assert all("authorization" not in got.headers for got in crm.api.received)


def test_an_url_without_a_path_is_a_client_id_like_any_other(crm: Crm) -> None:
    changes = reading_documents(crm, reads=False) | {"client_id": literal("https://app.example/", "client_id")}
    assert crm.sign_in(**changes)[1]["client_id"] == "https://app.example/"
