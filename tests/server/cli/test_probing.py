"""What `closient-mcp add` thinks, without any service: schemes, credentials, what is typed, what is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from closient_mcp.server.cli.probing import usable
from closient_mcp.server.cli.proposal import Provider, propose
from closient_mcp.server.cli.targets import location_of
from closient_mcp.server.settings.model import SettingsError
from closient_mcp.server.settings.presets import close, closient
from closient_mcp.server.settings.proposals import AddRequest
from closient_mcp.server.settings.toml_text import with_tables
from closient_mcp.server.settings.writing import read_text, write_text
from closient_mcp.tools.formats.json_values import JsonObject
from closient_mcp.tools.openapi.security import Scheme, security_schemes

API = "https://api.acme.example"
KEY = Scheme("apiKey", "header", "X-Key")
SIGN_IN = Scheme("oauth2", flow="authorizationCode", authorization=f"{API}/authorize", token=f"{API}/token")
CLIENT = Scheme("oauth2", flow="clientCredentials", token=f"{API}/token")
PASSWORD = Scheme("oauth2", flow="password", token=f"{API}/token")
OPEN, CLOSED = Provider(registers=True), Provider(registers=False)


def declared(**schemes: Any) -> list[Scheme]:
    document: JsonObject = {"components": {"securitySchemes": schemes}}
    return list(security_schemes(document, f"{API}/v1/openapi.json"))


def test_every_known_scheme_is_read_and_every_other_left_out() -> None:
    flows = {"authorizationCode": {"authorizationUrl": "/authorize", "tokenUrl": "token"}, "password": {}}
    assert declared(
        key={"type": "apiKey", "in": "query", "name": "key"},
        basic={"type": "http", "scheme": "Basic"},
        bearer={"type": "http", "scheme": "bearer"},
        digest={"type": "http", "scheme": "digest"},
        oauth={"type": "oauth2", "flows": flows},
        implicit={"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://id.example/a"}}},
        openid={"type": "openIdConnect", "openIdConnectUrl": "https://id.example/r/.well-known/openid-configuration"},
        mutual={"type": "mutualTLS"},
        broken=7,
        empty={"type": "oauth2"},
    ) == [
        Scheme("apiKey", "query", "key"),
        Scheme("basic"),
        Scheme("bearer"),
        Scheme("oauth2", flow="authorizationCode", authorization=f"{API}/authorize", token=f"{API}/v1/token"),
        Scheme("oauth2", flow="implicit", authorization="https://id.example/a"),
        Scheme("openIdConnect", issuer="https://id.example/r"),
    ]


@pytest.mark.parametrize("name", ["", "X-Key\r\nHost: evil", "two words", "x" * 101, "\u202ekey", 7])
def test_rule_3_an_invalid_header_name_is_not_a_scheme(name: Any) -> None:
    assert declared(key={"type": "apiKey", "in": "header", "name": name}) == []


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "https://a\u202eb/", "http://[", "/\x1b[2J"]
)
def test_an_invalid_url_is_left_out(url: str) -> None:
    (found,) = declared(oauth={"type": "oauth2", "flows": {"password": {"tokenUrl": url}}})
    assert found.token == ""


def test_schemes_are_limited_and_listed_once() -> None:
    many = {f"key{number}": {"type": "apiKey", "in": "header", "name": f"X-{number}"} for number in range(50)}
    assert len(declared(**many)) == 20
    assert len(declared(one={"type": "http", "scheme": "basic"}, two={"type": "http", "scheme": "basic"})) == 1


@pytest.mark.parametrize(
    ("schemes", "provider", "grant"),
    [
        ((), None, "none"),
        ((), OPEN, "authorization_code"),
        ((), CLOSED, "none"),
        ((SIGN_IN,), OPEN, "authorization_code"),
        ((SIGN_IN,), None, "none"),
        ((Scheme("bearer"),), OPEN, "authorization_code"),
        ((Scheme("bearer"),), None, "api_key"),
        ((Scheme("apiKey", "header", "Authorization"),), OPEN, "authorization_code"),
        ((KEY,), OPEN, "api_key"),
        ((SIGN_IN, KEY), OPEN, "authorization_code"),
        ((SIGN_IN, KEY), CLOSED, "api_key"),
        ((Scheme("basic"),), OPEN, "api_key"),
        ((CLIENT,), OPEN, "client_credentials"),
        ((CLIENT, PASSWORD), OPEN, "authorization_code"),
        ((CLIENT,), None, "client_credentials"),
        ((CLIENT, SIGN_IN), CLOSED, "none"),
        ((PASSWORD,), CLOSED, "password"),
        ((), Provider(registers=True, interactive=False), "client_credentials"),
        ((Scheme("apiKey", "cookie", "sid"),), None, "none"),
    ],
)
def test_the_proposed_credential_asks_least_of_the_user(
    schemes: tuple[Scheme, ...], provider: Provider | None, grant: str
) -> None:
    credential = propose(AddRequest("acme"), schemes, provider).credential
    assert (credential if isinstance(credential, str) else credential["grant"]) == grant


def test_a_key_of_its_own_goes_before_the_header_that_others_use_too() -> None:
    found = propose(AddRequest("acme"), [Scheme("apiKey", "header", "Authorization"), KEY], None)
    assert isinstance(found.credential, dict)
    assert found.credential["name"] == "X-Key"


def test_an_authorization_server_elsewhere_is_named_whatever_the_grant() -> None:
    elsewhere = Provider(registers=False, issuer="https://id.example")
    for schemes, mine in (
        ((SIGN_IN,), AddRequest("acme", client_id="mine")),
        ((CLIENT,), AddRequest("acme")),
        ((PASSWORD,), AddRequest("acme")),
    ):
        credential = propose(mine, schemes, elsewhere).credential
        assert isinstance(credential, dict)
        assert credential["issuer"] == "https://id.example"
        assert "token_endpoint" not in credential


def test_your_own_client_has_a_secret_if_its_redirect_uri_is_fixed() -> None:
    request = AddRequest("my-acme", client_id="mine")
    public = propose(request, (), CLOSED)
    assert public.credential == {"grant": "authorization_code", "client_id": "mine"}
    assert public.variables == []
    fixed = propose(replace(request, redirect_uri="http://127.0.0.1:8765/callback"), (), CLOSED)
    assert fixed.variables == ["MY_ACME_CLIENT_SECRET"]
    assert closient.addition(request, closient.SITES["testing"])[1].credential == public.credential
    assert close.addition(request, "https://api.close.com")[1].variables == ["MY_ACME_CLIENT_SECRET"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("api.acme.example", "https://api.acme.example"),
        ("api.acme.example:8443/v1/openapi.json", "https://api.acme.example:8443/v1/openapi.json"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000/docs", "http://127.0.0.1:8000/docs"),
        ("[::1]:8000", "http://[::1]:8000"),
        (f" {API}/#top ", f"{API}/"),
    ],
)
def test_what_looks_like_a_host_is_one(typed: str, meant: str) -> None:
    assert location_of(typed) == meant


@pytest.mark.parametrize(
    "typed", ["openapi.json", "acme.yaml", "acme", "./api.acme.example", "", "a/b.example", "x\0y"]
)
def test_a_name_like_that_of_a_file_must_exist(typed: str) -> None:
    with pytest.raises(SettingsError, match=r"an existing file|is not a file"):
        location_of(typed)


def test_a_file_of_a_hosts_name_is_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "api.acme.example").touch()
    assert location_of("api.acme.example") == tmp_path / "api.acme.example"
    assert location_of((tmp_path / "api.acme.example").as_uri()) == tmp_path / "api.acme.example"


def test_rule_2_a_remote_document_sends_no_call_to_loopback_or_over_plain_http() -> None:
    named = ["http://localhost:8000", "http://api.acme.example", "//[", "https://a.example/\u202e", "/v1?x=1"]
    assert list(usable(named, f"{API}/openapi.json")) == [f"{API}/v1"]
    assert list(usable(named, "http://127.0.0.1:9/openapi.json")) == ["http://localhost:8000", "http://127.0.0.1:9/v1"]
    assert list(usable(named, "file:///openapi.json")) == ["http://localhost:8000"]


def test_a_new_file_is_private_and_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "closient-mcp.toml"
    write_text(path, with_tables(read_text(path), "[systems.closient]\n"))
    assert path.read_text().startswith("# Settings")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(SettingsError, match="cannot be written"):
        write_text(tmp_path / "new" / "closient-mcp.toml" / "below.toml", "")
    assert [one.name for one in path.parent.iterdir()] == ["closient-mcp.toml"]
