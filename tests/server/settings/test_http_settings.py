"""`[http]` in the settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from closient_mcp.server.settings.http_model import AccessRule, OAuth, TokenAuth
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options, Settings, SettingsError

OAUTH = 'public_url = "https://mcp.example.com/"\nauth = { mode = "oauth", issuer = "https://id.example.com" }\n'


def load(folder: Path, text: str, **environ: str) -> Settings:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(Options(config=str(file)), environ)


def test_without_a_table_callers_do_not_authenticate(tmp_path: Path) -> None:
    assert load(tmp_path, "").http.auth is None


def test_a_whole_table_is_read(tmp_path: Path) -> None:
    http = load(
        tmp_path,
        f"[http]\n{OAUTH}"
        'allowed_hosts = ["MCP.internal:8443"]\nallowed_origins = ["https://app.example.com"]\n'
        'trusted_proxies = ["10.0.0.0/8", "::1"]\n'
        '[[http.access]]\nscope = "read"\nallow = "read"\n'
        '[[http.access]]\ngroup = "admins"\nsystems = ["closient"]\n',
    ).http
    assert http.resource == "https://mcp.example.com/mcp"
    assert http.auth == OAuth("https://id.example.com", ("https://mcp.example.com/mcp",))
    assert http.allowed_hosts == ("mcp.internal:8443",)
    assert http.trusted_proxies == ("10.0.0.0/8", "::1/128")
    assert http.access == (
        AccessRule("scope", "read", ("closient",), "read"),
        AccessRule("group", "admins", ("closient",), "destructive"),
    )


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("HTTPS://MCP.Example.com:443/", "https://mcp.example.com"),
        ("https://MCP.example.com:8443/Team/", "https://mcp.example.com:8443/Team"),
        ("http://LOCALHOST:80", "http://localhost"),
    ],
)
def test_the_public_url_is_read_as_browsers_send_it(tmp_path: Path, url: str, read: str) -> None:
    assert load(tmp_path, f'[http]\npublic_url = "{url}"\n').http.public_url == read


def test_tokens_are_references_and_are_not_given_to_other_programs(tmp_path: Path) -> None:
    text = '[http]\nauth = { mode = "token", tokens = [{ env = "T" }, "written-here"] }\n'
    settings = load(tmp_path, text, T="x" * 32)
    assert isinstance(settings.http.auth, TokenAuth)
    assert len(settings.http.auth.tokens) == 2
    assert "T" not in (settings.child_environment or {})
    assert any("written in the file itself" in warning for warning in settings.warnings)
    assert "x" * 32 not in repr(settings)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('public_url = "http://mcp.example.com"', 2, "http://mcp.example.com is not https"),
        ('public_url = "https://mcp.example.com/mcp"', 2, "leave out /mcp"),
        ('public_url = "https://mcp.example.com?a=1"', 2, "cannot have a query"),
        ('allowed_hosts = ["https://mcp.example.com"]', 2, "is not a host"),
        ('allowed_hosts = ["*"]', 2, "is not a host"),
        ('allowed_origins = ["*"]', 2, "is not an origin"),
        ('allowed_origins = ["https://*.example.com"]', 2, "is not an origin"),
        ('allowed_origins = ["https://app.example.com/page"]', 2, "is not an origin"),
        ('trusted_proxies = ["10.0.0.5/8"]', 2, "has host bits set"),
        ('trusted_proxies = ["proxy.example.com"]', 2, "expected an address or a network"),
        ('auth = { mode = "tokens" }', 2, "expected token or oauth; did you mean token?"),
        ('auth = { mode = "token" }', 2, "needs tokens"),
        ('auth = { mode = "token", tokens = [] }', 2, "needs tokens"),
        ('auth = { mode = "token", tokens = [{ var = "T" }] }', 2, "env"),
        ('auth = { mode = "token", issuer = "https://a.example" }', 2, 'not valid with mode = "token"'),
        ('auth = { mode = "oauth" }', 2, "needs the issuer"),
        ('auth = { mode = "oauth", issuer = "https://a.example" }', 2, "needs http.public_url"),
        (OAUTH.replace("}", ", audience = [] }"), 3, "name the audience"),
        (OAUTH.replace("}", ', audience = "" }'), 3, "name the audience"),
        (OAUTH.replace("}", ", audience = 3 }"), 3, "http.auth.audience"),
        (OAUTH.replace("https://id", "http://id"), 3, "is not https"),
        (OAUTH.replace("}", ', client_secret = { env = "S" } }'), 3, "client_secret is set without client_id"),
        ('auth = { mode = "token", tokens = ["t"], client_id = "us" }', 2, 'not valid with mode = "token"'),
        (OAUTH.replace("issuer", "isuer"), 3, "unknown key; did you mean issuer?"),
        (OAUTH.replace("}", ', required_scopes = ["a b"] }'), 3, "required_scopes: 'a b' is not a scope"),
        ('[[http.access]]\nscope = "a"', 2, "rules need auth"),
        (f'{OAUTH}[[http.access]]\nscope = "a b"', 5, "scope: 'a b' is not a scope"),
        (f'{OAUTH}[[http.access]]\nscope = "a"\n[[http.access]]\nallow = "read"', 6, "a rule has one of"),
        (f'{OAUTH}[[http.access]]\nscope = "a"\nsystems = ["closent"]', 6, "no system closent; did you mean closient?"),
        (f'{OAUTH}[[http.access]]\nscope = "a"\n[[http.access]]\nscopes = "a"', 7, "did you mean scope?"),
        (f'{OAUTH}[[http.access]]\nscope = "a"\nallow = "reads"', 6, "did you mean read?"),
        ('store = { keys = [{ env = "K" }] }', 2, "http.store: url is missing"),
        ('store = { url = "redis://r", keys = [] }', 2, "http.store.keys"),
        ('publc_url = "https://mcp.example.com"', 2, "did you mean public_url?"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, f"[http]\n{text}\n")
    assert says in str(raised.value)
    assert f"settings.toml:{line}: http" in str(raised.value)


def test_a_store_has_a_url_and_keys_newest_first_and_only_its_secrets_are_warned_of(tmp_path: Path) -> None:
    text = '[http]\nstore = { url = "redis://redis.internal:6379", keys = [{ env = "NEW" }, { env = "OLD" }] }\n'
    settings = load(tmp_path, text, NEW="n" * 32, OLD="o" * 32)
    assert settings.http.store
    assert [key.location for key in settings.http.store.keys] == [
        "the environment variable NEW",
        "the environment variable OLD",
    ]
    assert not [warning for warning in settings.warnings if "http.store" in warning]
    hidden = load(tmp_path, text.replace("redis://", "redis://:a-password@"), NEW="n" * 32, OLD="o" * 32)
    assert [warning for warning in hidden.warnings if "http.store.url is written in the file itself" in warning]
    assert "a-password" not in repr(hidden)


@pytest.mark.parametrize(("chosen", "warnings"), [('store = "keyring"', 1), ('grant = "device_code"', 0)])
def test_a_store_of_one_system_that_the_store_of_all_replaces_is_warned_of(
    tmp_path: Path, chosen: str, warnings: int
) -> None:
    http = '[http]\nstore = { url = "redis://redis.internal:6379", keys = [{ env = "K" }] }\n'
    settings = load(tmp_path, f"{http}[systems.closient]\ncredential = {{ {chosen} }}", K="k" * 32)
    what = "settings.toml:4: systems.closient.credential.store has no effect"
    assert settings.warnings == warnings * (f"{what}: http.store holds all sign-ins. Remove one of them.",)


def test_a_users_sign_in_cannot_be_shared(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="a sign-in belongs to one user"):
        load(tmp_path, '[systems.closient]\ncredential = { grant = "authorization_code", shared = true }\n')
