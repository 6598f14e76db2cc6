"""Which credentials are used for callers, and what the operator reads about the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from closient_mcp.server.callers.credentials import for_callers
from closient_mcp.server.settings.model import ApiKey, NoCredential, SignIn

from ...fakes.http_server import settings_in

PUBLIC = 'public_url = "https://mcp.example.com"\n'
TWO = 'auth = { mode = "token", tokens = [{ env = "A" }, { env = "B" }] }\n'
ONE = 'auth = { mode = "token", tokens = [{ env = "A" }] }\n'
OWN = 'grant = "authorization_code", client_id = "us"'


def credential_for(home: Path, http: str, credential: str) -> tuple[object, str]:
    """The credential of a system for callers, and the warning about it."""
    acme = '[systems.acme]\ndescription = "https://api.acme.example/openapi.json"\n'
    settings = for_callers(settings_in(home, f"[http]\n{http}{acme}credential = {{ {credential} }}\n", KEY="a key"))
    return settings.systems[0].credential, " ".join(settings.warnings)


@pytest.mark.parametrize(
    ("credential", "redirect_uri"),
    [
        ('grant = "authorization_code"', "https://mcp.example.com/callback"),
        (OWN, "https://mcp.example.com/callback"),
        (f'{OWN}, redirect_uri = "https://mcp.example.com/oauth/acme"', "https://mcp.example.com/oauth/acme"),
        ('grant = "device_code"', None),
    ],
)
def test_callers_sign_in_for_themselves(tmp_path: Path, credential: str, redirect_uri: str | None) -> None:
    found, warning = credential_for(tmp_path, PUBLIC + TWO, credential)
    assert isinstance(found, SignIn)
    assert found.profile.per_caller
    assert found.profile.redirect_uri == redirect_uri
    assert warning == ""


BACK = "Register https://mcp.example.com/callback for its client, and set redirect_uri to it."
SHARED = "callers would share it. If they may, set shared = true."


@pytest.mark.parametrize(
    ("http", "credential", "warning"),
    [
        (TWO, 'grant = "authorization_code"', "Set http.public_url to the URL at which they reach it."),
        (PUBLIC + TWO, f'{OWN}, redirect_uri = "http://127.0.0.1:8765/callback"', BACK),
        (PUBLIC + TWO, f'{OWN}, redirect_uri = "https://mcp.example.com.evil.example/callback"', BACK),
        (PUBLIC + TWO, 'grant = "api_key", key = { env = "KEY" }', SHARED),
        (PUBLIC + TWO, 'grant = "client_credentials"', SHARED),
    ],
)
def test_a_credential_that_is_not_for_callers_is_not_used(
    tmp_path: Path, http: str, credential: str, warning: str
) -> None:
    found, message = credential_for(tmp_path, http, credential)
    assert isinstance(found, NoCredential)
    assert message.startswith("acme: ")
    assert message.endswith(warning)


def test_what_a_warning_advises_for_a_key_in_a_variable_shares_that_key(tmp_path: Path) -> None:
    http, key = f"[http]\n{PUBLIC}{TWO}", {"CLOSIENT_API_KEY": "csb_0123456789abcdef0123456789abcdef_7759b50e"}
    (warning,) = for_callers(settings_in(tmp_path, http, **key)).warnings
    setting, _, table = warning.partition("If they may, set ")[2].partition(" in ")
    table = table.removesuffix(" of the settings file.")
    settings = for_callers(settings_in(tmp_path, f"{http}{table}\n{setting}\n", **key))
    assert isinstance(settings.systems[0].credential, ApiKey)
    assert settings.warnings == ()


def test_without_a_url_callers_can_sign_in_on_another_device(tmp_path: Path) -> None:
    found, warning = credential_for(tmp_path, TWO, 'grant = "device_code"')
    assert isinstance(found, SignIn)
    assert found.profile.per_caller
    assert warning == ""


def test_the_holder_of_the_only_token_uses_the_operators_sign_in(tmp_path: Path) -> None:
    found, warning = credential_for(tmp_path, PUBLIC + ONE, 'grant = "authorization_code"')
    assert isinstance(found, SignIn)
    assert not found.profile.per_caller
    assert warning == ""
