"""Servers that go by more than one name, and the brake on tabs."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from closient_mcp.auth.errors import UserActionRequired
from closient_mcp.auth.oauth.discovery import ServerMetadataError, discover, is_alias
from closient_mcp.auth.oauth.http import HttpClient
from closient_mcp.auth.profile import Profile
from closient_mcp.auth.records import Record
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.sign_in.attempt import SignInAttempt
from closient_mcp.auth.sign_in.login import Login
from closient_mcp.auth.store.files import Files
from closient_mcp.auth.store.record_store import Store

from ...fakes.desk import Shown
from ...fakes.desk import come_back as back
from ...fakes.limits import SECONDS
from ...fakes.service import Reply, Service

OAUTH, OPENID = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"


def metadata(service: Service, issuer: str, **members: Any) -> Reply:
    body = {
        "issuer": issuer,
        "authorization_endpoint": f"{service.url}/oauth/authorize/",
        "token_endpoint": f"{service.url}/oauth/token/",
        "registration_endpoint": f"{service.url}/oauth/register/",
        "response_types_supported": ["code"],
        "authorization_response_iss_parameter_supported": True,
    }
    return Reply({**body, **members})


@pytest.fixture
def wire() -> HttpClient:
    return HttpClient(trust_env=False)


@pytest.fixture
def mounted(service: Service) -> Service:
    """A server that is mounted under /oauth: its metadata at the root says one name, its answers another."""
    under = f"{service.url}/oauth"
    service.routes |= {
        OAUTH: metadata(service, service.url),
        f"{OAUTH}/oauth": metadata(service, under),
        "/oauth/register/": Reply({"client_id": "c1"}, 201),
        "/oauth/token/": Reply({"access_token": "the-access-token", "token_type": "Bearer", "expires_in": 60}),
    }
    return service


@pytest.fixture
def opened() -> list[str]:
    return []


@pytest.fixture
def login(mounted: Service, wire: HttpClient, tmp_path: Path, opened: list[str]) -> Login:
    origins = frozenset({mounted.url})
    profile = Profile("closient", mounted.url, origins, "1")
    session = Session(profile, Store(Files(tmp_path), "closient", mounted.url, lambda: "registered", Redaction()), wire)

    def open_tab(url: str) -> bool:
        opened.append(url)
        return True

    return Login(session, open_tab)


def kept_by(login: Login) -> Record:
    return login._store.read()  # pyright: ignore[reportPrivateUsage]


def come_back(attempt: SignInAttempt, **answer: str) -> Shown:
    """What the browser does after the authorization server has had its say."""
    assert attempt.ready.wait(SECONDS)
    page = back(attempt, urlencode(answer))
    assert attempt.done.wait(SECONDS)
    attempt.report()
    return page


def test_a_response_under_the_servers_other_name_is_its_own(mounted: Service, login: Login) -> None:
    attempt = login.start(())
    page = come_back(attempt, code="the-code", iss=f"{mounted.url}/oauth")
    assert attempt.error is None
    assert "You are signed in" in page.text
    server = kept_by(login).server
    assert server
    assert server.aliases == (f"{mounted.url}/oauth",)


@pytest.mark.parametrize("iss", ["https://evil.example", "{}/other", "{}/evil"])
def test_rfc_9207_2_4_a_response_under_anybody_elses_name_is_rejected(mounted: Service, login: Login, iss: str) -> None:
    evil = metadata(mounted, f"{mounted.url}/evil", token_endpoint=f"{mounted.url}/evil/token")
    mounted.routes[f"{OAUTH}/evil"] = evil
    attempt = login.start(())
    come_back(attempt, code="the-code", iss=iss.replace("{}", mounted.url))
    assert isinstance(attempt.error, UserActionRequired)
    assert "and not from" in attempt.error.message
    assert all(got.path != "/oauth/token/" for got in mounted.received)


def test_a_server_that_names_itself_by_a_path_is_found_there(service: Service, wire: HttpClient) -> None:
    under = f"{service.url}/oauth"
    service.routes |= {OAUTH: metadata(service, under), f"{OAUTH}/oauth": metadata(service, under)}
    assert discover(service.url, wire).issuer == under


@pytest.mark.parametrize("second", ["https://evil.example", "{}/third"])
def test_rfc_8414_3_3_a_name_that_its_own_metadata_denies_is_rejected(
    service: Service, wire: HttpClient, second: str
) -> None:
    service.routes[OAUTH] = metadata(service, f"{service.url}/oauth")
    service.routes[f"{OAUTH}/oauth"] = metadata(service, second.replace("{}", service.url))
    with pytest.raises(ServerMetadataError, match="its metadata has the issuer"):
        discover(service.url, wire)


def test_rfc_8414_3_3_a_name_of_another_origin_is_never_followed(service: Service, wire: HttpClient) -> None:
    service.routes[OAUTH] = metadata(service, "http://127.0.0.1:9")
    with pytest.raises(ServerMetadataError, match="its metadata has the issuer"):
        discover(service.url, wire)
    assert [got.path for got in service.received] == [OAUTH]


def test_an_alias_needs_the_very_same_endpoints(mounted: Service, wire: HttpClient) -> None:
    server = discover(mounted.url, wire)
    assert is_alias(f"{mounted.url}/oauth", server, wire)
    mounted.routes[f"{OAUTH}/oauth"] = metadata(
        mounted, f"{mounted.url}/oauth", token_endpoint=f"{mounted.url}/elsewhere"
    )
    assert not is_alias(f"{mounted.url}/oauth", server, wire)


def test_an_alias_whose_metadata_names_yet_another_issuer_is_none(mounted: Service, wire: HttpClient) -> None:
    server = discover(mounted.url, wire)
    mounted.routes[f"{OAUTH}/other"] = metadata(mounted, f"{mounted.url}/oauth")
    assert not is_alias(f"{mounted.url}/other", server, wire)


def test_after_three_tabs_to_no_end_no_fourth_is_opened_unless_the_user_asks(login: Login, opened: list[str]) -> None:
    for _ in range(3):
        come_back(login.start(()), error="server_error")
    fourth = login.start(())
    assert fourth.done.wait(SECONDS)
    assert fourth.error
    assert "gave up: 3 sign-ins" in fourth.error.message.lower()
    assert len(opened) == 3
    come_back(login.start((), interactive=True), error="server_error")
    assert len(opened) == 4


def test_a_user_who_declined_may_still_sign_in_interactively(mounted: Service, login: Login, opened: list[str]) -> None:
    come_back(login.start(()), error="access_denied")
    again = login.start(())
    assert again.done.wait(SECONDS)
    assert again.error
    assert "You declined" in again.error.message
    come_back(login.start((), interactive=True), code="the-code", iss=mounted.url)
    assert len(opened) == 2
    assert kept_by(login).tokens
