from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.settings.folders import browser_command, home_folder
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import ApiKey, Options, SettingsError, SignIn
from closient_mcp.tools.toolset.exposure import Exposure


@pytest.mark.parametrize(
    ("options", "environ", "site"),
    [
        (Options(), {}, "https://www.closient.com"),
        (Options(site="testing"), {}, "https://www.closient.dev"),
        (Options(site="local"), {}, "http://localhost:8000"),
        (Options(site="http://127.0.0.1:8123/"), {}, "http://127.0.0.1:8123"),
        (Options(site="https://shop.example:443"), {}, "https://shop.example"),
        (Options(site="HTTP://LOCALHOST:9"), {}, "http://localhost:9"),
        (Options(site="https://bücher.example"), {}, "https://xn--bcher-kva.example"),
        (Options(), {"CLOSIENT_SITE": "testing"}, "https://www.closient.dev"),
        (Options(site="production"), {"CLOSIENT_SITE": "testing"}, "https://www.closient.com"),
        (Options(), {"CLOSIENT_SITE": ""}, "https://www.closient.com"),
    ],
)
def test_a_site_is_a_name_or_a_url_and_the_command_line_overrides(
    options: Options, environ: dict[str, str], site: str
) -> None:
    (system,) = load_settings(options, environ).systems
    assert (system.site, system.source.catalog) == (site, f"{site}/.well-known/api-catalog")
    assert system.origins == {site}


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ("prodution", "did you mean production"),
        ("nonsense", "production, testing, local, or a URL"),
        ("http://www.closient.com", "not https"),
        ("https://www.closient.com/search", "has a path"),
        ("https://user:pw@www.closient.com", "user name"),
        ("ftp://www.closient.com", "not an http"),
        ("https://", "not an http"),
        ("https://h:99999", "invalid URL"),
    ],
)
def test_a_wrong_site_is_refused_with_what_was_meant(site: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load_settings(Options(site=site), {})


def test_an_api_key_is_read_without_the_quotes_and_blanks_that_people_paste() -> None:
    (system,) = load_settings(Options(), {"CLOSIENT_API_KEY": ' "csb_a_b"\n'}).systems
    assert isinstance(system.credential, ApiKey)
    assert system.credential.key.open(Redaction()).reveal() == "csb_a_b"
    assert "csb_a_b" not in repr(system)


@pytest.mark.parametrize("value", ["", "  "])
def test_without_an_api_key_the_user_signs_in(value: str) -> None:
    (system,) = load_settings(Options(), {"CLOSIENT_API_KEY": value}).systems
    assert isinstance(system.credential, SignIn)
    assert (system.credential.source, system.credential.profile.client_id) == ("registration", None)


def test_an_api_key_precedes_your_own_client_which_precedes_registration() -> None:
    own = {"CLOSIENT_CLIENT_ID": "mine", "CLOSIENT_CLIENT_SECRET": "secret-of-mine"}
    (system,) = load_settings(Options(), own).systems
    assert isinstance(system.credential, SignIn)
    client_id, secret = system.credential.profile.client_id, system.credential.profile.client_secret
    assert client_id
    assert client_id.open(Redaction()).reveal() == "mine"
    assert secret
    assert secret.open(Redaction()).reveal() == "secret-of-mine"
    (system,) = load_settings(Options(), {**own, "CLOSIENT_API_KEY": "csb_a_b"}).systems
    assert isinstance(system.credential, ApiKey)


def test_a_secret_without_its_client_is_refused() -> None:
    with pytest.raises(SettingsError, match="without CLOSIENT_CLIENT_ID"):
        load_settings(Options(), {"CLOSIENT_CLIENT_SECRET": "x"})


@pytest.mark.parametrize(
    ("environ", "platform", "folder"),
    [
        ({"CLOSIENT_MCP_HOME": "/mine"}, "linux", "/mine"),
        ({"CLOSIENT_MCP_HOME": ' "/mine" '}, "linux", "/mine"),
        ({"HOME": "/home/a", "XDG_STATE_HOME": "/elsewhere"}, "linux", "/home/a/.local/state/closient-mcp"),
        ({"HOME": "/Users/a"}, "darwin", "/Users/a/Library/Application Support/closient-mcp"),
        ({"LOCALAPPDATA": "/local"}, "win32", "/local/closient-mcp"),
    ],
)
def test_the_folder_is_one_per_user_whatever_a_host_strips(environ: dict[str, str], platform: str, folder: str) -> None:
    assert home_folder(environ, platform) == Path(folder)


@pytest.mark.parametrize("home", ["mcp", "./mcp", "${HOME}/mcp", "/a/${user_config.home}"])
def test_a_relative_folder_is_refused(home: str) -> None:
    with pytest.raises(SettingsError, match=r"CLOSIENT_MCP_HOME: .* is not an absolute path"):
        load_settings(Options(), {"CLOSIENT_MCP_HOME": home})


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the system keeps homes otherwise")
def test_a_missing_home_is_read_from_the_user_database() -> None:
    import pwd

    code = "import json, sys; from closient_mcp.server.settings.folders import home_folder as h; print(h({}, 'linux'))"
    found = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=True).stdout
    assert found.strip() == str(Path(pwd.getpwuid(os.getuid()).pw_dir, ".local", "state", "closient-mcp"))


def test_two_credentials_at_once_are_warned_of() -> None:
    key = "csb_0123456789abcdef0123456789abcdef_7759b50e"
    both = {"CLOSIENT_API_KEY": key, "CLOSIENT_CLIENT_ID": "i"}
    (warning,) = load_settings(Options(), both).warnings
    assert "CLOSIENT_API_KEY and CLOSIENT_CLIENT_ID" in warning
    assert key not in warning
    assert load_settings(Options(), {"CLOSIENT_API_KEY": key}).warnings == ()


@pytest.mark.parametrize(
    ("environ", "platform", "command"),
    [
        ({"BROWSER": "firefox %s:w3m"}, "linux", "firefox %s"),
        ({}, "darwin", "open"),
        ({}, "win32", "startfile"),
        ({}, "linux", None),
    ],
)
def test_the_browser_is_the_users_or_the_systems_and_none_without_a_display(
    environ: dict[str, str], platform: str, command: str | None
) -> None:
    assert browser_command(environ, platform) == command


@pytest.mark.parametrize(
    ("value", "says"),
    [("${input:key}", "placeholder"), ("<your key>", "placeholder"), ("csb_...", "placeholder"), ("a b", "blank"),
     ("schlüssel", "blank")],
)  # fmt: skip
def test_a_key_that_no_key_can_be_is_refused_by_the_name_of_its_variable(value: str, says: str) -> None:
    with pytest.raises(SettingsError, match=f"CLOSIENT_API_KEY .*{says}") as caught:
        load_settings(Options(), {"CLOSIENT_API_KEY": value})
    assert "schlüssel" not in str(caught.value)


@pytest.mark.parametrize("name", ["CLOSIENT_API_KEY", "CLOSIENT_SITE", "CLOSIENT_MCP_READ_ONLY", "CLOSIENT_MCP_HOME"])
def test_a_field_of_a_bundle_that_was_left_empty_is_not_set_and_named(name: str) -> None:
    settings = load_settings(Options(), {"HOME": "/home/ann", name: "${user_config.field}"})
    default = load_settings(Options(), {"HOME": "/home/ann"})
    assert (settings.home, settings.allow, settings.shown) == (default.home, default.allow, default.shown)
    assert settings.warnings == (f"{name} is not set: it holds the placeholder of a field that was left empty.",)


@pytest.mark.parametrize(
    ("text", "exposure"),
    [
        ("auto", Exposure("auto", ("closient.search", "closient.products", "closient.resolver"))),
        ("core", Exposure("core", ("closient.search", "closient.products", "closient.resolver"))),
        ("search, account", Exposure("apis", ("search", "account"))),
    ],
)
def test_exposure_is_a_mode_or_a_list_of_apis(text: str, exposure: Exposure) -> None:
    assert load_settings(Options(expose=text), {}).exposure == exposure
    assert load_settings(Options(), {"CLOSIENT_MCP_EXPOSE": text}).exposure == exposure


@pytest.mark.parametrize(
    ("options", "environ", "says"),
    [
        (Options(expose="atuo"), {}, "did you mean auto"),
        (Options(expose="a b"), {}, "list of APIs"),
        (Options(system="nobody"), {}, "no such system"),
        (Options(log_level="loud"), {}, "debug, info, warning, error"),
        (Options(), {"CLOSIENT_MCP_READ_ONLY": "maybe"}, "true or false"),
        (Options(allow="reed"), {}, "--allow 'reed': expected read, create, update, destructive; did you mean read"),
        (Options(), {"CLOSIENT_MCP_ALLOW": "write"}, "CLOSIENT_MCP_ALLOW 'write': expected"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_belongs_there(
    options: Options, environ: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        load_settings(options, environ)


@pytest.mark.parametrize(
    ("mode", "folder_mode", "warned"), [(0o644, 0o755, True), (0o600, 0o755, False), (0o644, 0o700, False)]
)
def test_a_settings_file_with_a_secret_that_others_can_read_is_reported(
    tmp_path: Path, mode: int, folder_mode: int, warned: bool
) -> None:
    file = tmp_path / "shared" / "closient-mcp.toml"
    file.parent.mkdir()
    key = 'credential = { grant = "api_key", key = "s3cret-one" }'
    file.write_text(f'[systems.acme]\ncatalog = "https://acme.example/catalog"\n{key}\n')
    file.chmod(mode)
    file.parent.chmod(folder_mode)
    warnings = load_settings(Options(config=str(file)), {}).warnings
    assert any("other users of this machine can read it" in warning for warning in warnings) is warned


def test_rule_1_other_programs_are_not_given_the_variables_of_our_secrets() -> None:
    environ = {
        "CLOSIENT_API_KEY": "csb_secret_00000000",
        "FLUENT_PASSWORD": "hunter22",
        "X_OTHER": "1",
        "DISPLAY": ":0",
    }
    credential = '{ grant = "api_key", key = { env = "OWN" } }'
    text = f'[systems.acme]\ncatalog = "https://acme.example/catalog"\ncredential = {credential}\n'
    text += '[systems.invalid]\ncatalgo = ""\ncredential = { grant = "password", password = { env = "OF_INVALID" } }\n'
    environ |= {"OWN": "s3cret-one", "OF_INVALID": "s3cret-two", "HOME": "/home/u"}
    settings = load_settings(Options(), environ, text, without=frozenset({"invalid"}))
    assert settings.child_environment == {"X_OTHER": "1", "DISPLAY": ":0", "HOME": "/home/u"}


@pytest.mark.parametrize(("value", "flag"), [("1", True), ("TRUE", True), ("off", False), ("", False)])
def test_read_only_is_a_flag(value: str, flag: bool) -> None:
    assert load_settings(Options(), {"CLOSIENT_MCP_READ_ONLY": value}).allow == ("read" if flag else "destructive")


@pytest.mark.parametrize(
    ("options", "environ", "allow"),
    [
        (Options(allow="create"), {"CLOSIENT_MCP_ALLOW": "update"}, "create"),
        (Options(), {"CLOSIENT_MCP_ALLOW": "Update"}, "update"),
        (Options(allow="destructive", read_only=True), {}, "read"),
        (Options(allow="destructive"), {"CLOSIENT_MCP_READ_ONLY": "1"}, "read"),
    ],
)
def test_allow_is_the_highest_tier_and_read_only_is_never_undone(
    options: Options, environ: dict[str, str], allow: str
) -> None:
    assert load_settings(options, environ).allow == allow
