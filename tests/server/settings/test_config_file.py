"""The settings file: its whole grammar, exact errors, and the JSON Schema that editors check it with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
import tomli
from jsonschema import Draft202012Validator

from closient_mcp.auth.profile import Endpoints
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import (
    ApiKey,
    NoCredential,
    Options,
    Settings,
    SettingsError,
    SignIn,
    SystemSettings,
)
from closient_mcp.tools.http.sender import Sender

from ...fakes.command_line import run
from ...fakes.paths import ROOT

SCHEMA = json.loads((ROOT / "docs" / "closient-mcp.schema.json").read_text())
WHOLE = """\
expose = "auto"
[systems.closient]
preset = "closient"
site = "testing"
[systems.close]
preset = "close"
credential = { grant = "authorization_code", client_id = "oa2client_1", client_secret = { env = "CLOSE_CLIENT_SECRET" },
               client_auth = "client_secret_post", redirect_uri = "http://127.0.0.1:8765/callback" }
[systems.fluent-sandbox]
preset = "fluent"
account = "ACME"
environment = "sandbox"
retailer = 1
credential = { grant = "password", username = { env = "FLUENT_USERNAME" }, password = { env = "FLUENT_PASSWORD" },
               client_id = { env = "FLUENT_CLIENT_ID" }, client_secret = { env = "FLUENT_CLIENT_SECRET" } }
[systems.acme]
catalog = "https://api.acme.example/.well-known/api-catalog"
base = "https://api.acme.example"
pin = ["orders"]
tiers = { "acme_reports_run" = "read" }
credential = { grant = "authorization_code" }
"""
ENVIRONMENT = {
    "CLOSE_CLIENT_SECRET": "close-secret-1",
    "FLUENT_USERNAME": "ana",
    "FLUENT_PASSWORD": "fluent-password-1",
    "FLUENT_CLIENT_ID": "ACME",
    "FLUENT_CLIENT_SECRET": "fluent-secret-1",
}


def load(tmp_path: Path, text: str, **options: Any) -> Settings:
    file = tmp_path / "closient-mcp.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(Options(config=str(file), **options), ENVIRONMENT)


def system(settings: Settings, name: str) -> SystemSettings:
    return next(system for system in settings.systems if system.name == name)


def test_the_whole_grammar_makes_four_systems(tmp_path: Path) -> None:
    settings = load(tmp_path, WHOLE)
    assert [one.name for one in settings.systems] == ["closient", "close", "fluent-sandbox", "acme"]
    assert settings.exposure.apis == ("closient.search", "closient.products", "closient.resolver", "acme.orders")
    assert system(settings, "closient").site == "https://www.closient.dev"
    assert system(settings, "acme").tiers == {"acme_reports_run": "read"}
    assert system(settings, "acme").origins == {"https://api.acme.example"}
    assert settings.warnings == ()


def test_the_preset_close_has_its_urls_and_defaults(tmp_path: Path) -> None:
    close = system(load(tmp_path, WHOLE), "close")
    assert close.source.document_urls == ("https://api.close.com/api/openapi.json",)
    assert close.source.base == "https://api.close.com/api/v1"
    assert close.origins == {"https://api.close.com"}
    assert isinstance(close.credential, SignIn)
    profile = close.credential.profile
    assert profile.endpoints == Endpoints(
        authorization="https://app.close.com/oauth2/authorize/",
        token="https://api.close.com/oauth2/token/",
        revocation="https://api.close.com/oauth2/revoke/",
    )
    assert (profile.client_auth, profile.scopes, profile.redirect_uri) == (
        "client_secret_post",
        (),
        "http://127.0.0.1:8765/callback",
    )
    assert profile.client_id
    assert profile.client_id.open(Redaction()).reveal() == "oa2client_1"
    assert profile.client_secret
    assert profile.client_secret.open(Redaction()).reveal() == "close-secret-1"


def test_closes_api_key_is_the_user_of_basic(tmp_path: Path) -> None:
    text = '[systems.close]\ncredential = { grant = "api_key", key = { env = "CLOSE_CLIENT_SECRET" } }'
    credential = system(load(tmp_path, text), "close").credential
    assert isinstance(credential, ApiKey)
    assert (credential.location, credential.name) == ("basic", "")


@pytest.mark.parametrize(
    ("environment", "site"),
    [
        ("sandbox", "https://acme.sandbox.api.fluentretail.com"),
        ("production", "https://acme.api.fluentretail.com"),
    ],
)
def test_the_url_of_fluent_is_built_from_account_and_environment(tmp_path: Path, environment: str, site: str) -> None:
    fluent = system(load(tmp_path, WHOLE.replace('"sandbox"', f'"{environment}"')), "fluent-sandbox")
    sender = Sender(httpx2.AsyncClient(), fluent.origins, fluent.name)
    assert fluent.site == site
    assert fluent.preset.tools(sender).context == "Here accountId is ACME and retailerId is 1."
    assert fluent.origins == {site}
    assert isinstance(fluent.credential, SignIn)
    profile = fluent.credential.profile
    assert (profile.grant, profile.endpoints.token, profile.scopes, profile.in_query) == (
        "password",
        f"{site}/oauth/token",
        ("api",),
        False,
    )


@pytest.mark.parametrize("client_id", ['"FLUENT_INTEGRATION"', '{ env = "FLUENT_CLIENT_ID" }'])
def test_fluents_client_for_integrations_wants_its_own_scope(tmp_path: Path, client_id: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(WHOLE.replace('{ env = "FLUENT_CLIENT_ID" }', client_id), encoding="utf-8")
    environment = {**ENVIRONMENT, "FLUENT_CLIENT_ID": "FLUENT_INTEGRATION"}
    fluent = system(load_settings(Options(config=str(file)), environment), "fluent-sandbox")
    assert isinstance(fluent.credential, SignIn)
    assert fluent.credential.profile.scopes == ("retailer",)


@pytest.mark.parametrize(
    ("instead_of", "there_is", "says"),
    [
        ('site = "testing"', 'site = "tesing"', r":4: systems\.closient\.site: .*did you mean testing\?"),
        ('account = "ACME"', 'acount = "ACME"', r":11: systems\.fluent-sandbox\.acount: unknown key; .*mean account\?"),
        ('account = "ACME"\n', "", r":9: systems\.fluent-sandbox: account is missing"),
        ('"password", user', '"pasword", user', r":14: systems\.fluent-sandbox\.credential\.grant: .*mean password\?"),
        ("username =", "usrname =", r":14: systems\.fluent-sandbox\.credential\.usrname: unknown key; .*username\?"),
        ('username = { env = "FLUENT_USERNAME" }, ', "", r":14: systems\.fluent-sandbox\.credential: username is miss"),
        ('{ env = "CLOSE_', '{ evn = "CLOSE_', r":7: systems\.close\.credential\.client_secret\.evn: .*mean env\?"),
        ('{ env = "CLOSE_CLIENT_SECRET" }', "{ command = [] }", r":7: .*client_secret\.command: the list is empty"),
        ('"read"', '"reed"', r":20: systems\.acme\.tiers\.acme_reports_run: .*did you mean read\?"),
        ("retailer = 1", 'retailer = "1"', r":13: systems\.fluent-sandbox\.retailer: expected an integer"),
        ('expose = "auto"', 'exposed = "auto"', r":1: exposed: unknown key; did you mean expose\?"),
        ("[systems.acme]", "[systems.Acme]", r":16: systems\.Acme: a system's name is"),
        ("[systems.acme]", "[systems.search]", r":16: systems\.search: it is the name of one of Closient's APIs"),
        ("[systems.acme]", "[system.acme]", r":16: system: unknown key; did you mean systems\?"),
        ('catalog = "https', 'catalog = "http', r":17: systems\.acme\.catalog: http://api\.acme\.example is not https"),
        ('catalog = "https://api.acme.example/.well-known/api-catalog"', "", r"systems\.acme: no source of documents"),
        ('catalog = "', 'description = "x.json"\ncatalog = "', r":17: .*description and catalog are both set"),
        ('catalog = "https://api.acme.example/.well-known/api-catalog"', 'catalog = "a.json"', r"there is no file"),
        ('pin = ["orders"]', 'account = "x"', r":19: systems\.acme\.account: not valid with system acme"),
        ('preset = "close" ', 'preset = "closse" ', r"did you mean close\?"),
        (
            ', redirect_uri = "http://127.0.0.1:8765/callback"',
            "",
            r":7: systems\.close\.credential: redirect_uri is",
        ),
        ('"http://127.0.0.1:8765/callback"', '"http://x.example/"', r":8: systems\.close\.credential\.redirect_uri"),
        (
            '{ grant = "authorization_code" }',
            '"nothing"',
            r':21: systems\.acme\.credential: expected "none" or a table',
        ),
        (
            '{ grant = "authorization_code" }',
            '{ grant = "api_key" }',
            r":21: systems\.acme\.credential: key is miss",
        ),
        ('{ grant = "authorization_code" }', '{ client_secret = "s" }', r":21: .*client_secret is set without client"),
        ('{ grant = "authorization_code" }', '{ username = "s" }', r":21: .*username: unknown key"),
        ('{ grant = "authorization_code" }', '{ token_endpoint = "http://x.example/t" }', r":21: .*is not https"),
        ('base = "https://api.acme.example"', 'origins = ["ftp://x"]', r"systems\.acme\.origins: .*not an http"),
        (
            'base = "https://api',
            'origins = ["https://*.example"]\nbase = "https://api',
            r"origins: a host cannot contain \*",
        ),
        ('base = "https://api', 'base = "https://u:p@api', r"systems\.acme\.base: the URL of .* contains a user name"),
        ('expose = "auto"', "expose = ", r"it is not TOML: .*line 1"),
        ('environment = "sandbox"', 'environment = "test"', r":12: .*expected sandbox or production"),
    ],
)
def test_a_mistake_is_reported_with_file_line_key_and_suggestion(
    tmp_path: Path, instead_of: str, there_is: str, says: str
) -> None:
    text = WHOLE.replace('preset = "close"\n', 'preset = "close" \n')
    assert instead_of in text
    with pytest.raises(SettingsError) as error:
        load(tmp_path, text.replace(instead_of, there_is, 1))
    assert str(tmp_path / "closient-mcp.toml") in str(error.value)
    assert re.search(says, str(error.value))


def test_a_secret_in_the_file_is_accepted_with_a_warning_and_shown_nowhere(tmp_path: Path) -> None:
    settings = load(tmp_path, WHOLE.replace('{ env = "CLOSE_CLIENT_SECRET" }', '"plain-secret-1"'))
    (warning,) = settings.warnings
    assert "closient-mcp.toml:7: systems.close.credential.client_secret" in warning
    assert "plain-secret-1" not in f"{settings}{settings.shown}{warning}"


def test_a_wrong_secret_is_not_quoted_in_the_error(tmp_path: Path) -> None:
    text = '[systems.x]\ncatalog = "https://x.example/c"\ncredential = { grant = "api_key", key = 12345678, in = "q" }'
    with pytest.raises(SettingsError) as error:
        load(tmp_path, text)
    assert "12345678" not in str(error.value)


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('expose = "core"\n[systems.closient]\nsite = "testing"', encoding="utf-8")
    config = str(file)

    def sites(options: Options, **environ: str) -> tuple[str, str]:
        settings = load_settings(options, environ)
        return settings.systems[0].site, settings.exposure.mode

    assert sites(Options(config=config)) == ("https://www.closient.dev", "core")
    assert sites(Options(), CLOSIENT_MCP_CONFIG=config, CLOSIENT_SITE="") == ("https://www.closient.dev", "core")
    assert sites(Options(config=config), CLOSIENT_SITE="local", CLOSIENT_MCP_EXPOSE="all") == (
        "http://localhost:8000",
        "all",
    )
    reply = Options(config=config, site="production", expose="auto")
    assert sites(reply, CLOSIENT_SITE="local", CLOSIENT_MCP_EXPOSE="all") == ("https://www.closient.com", "auto")


def test_the_credential_in_the_file_overrides_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('[systems.closient]\ncredential = "none"', encoding="utf-8")
    (closient,) = load_settings(Options(config=str(file)), {"CLOSIENT_API_KEY": "csb_a_b"}).systems
    assert isinstance(closient.credential, NoCredential)


@pytest.mark.parametrize(
    ("credential", "environ", "unused"),
    [
        ('{ store = "keyring" }', {"CLOSIENT_API_KEY": "csb_a_b"}, ["CLOSIENT_API_KEY"]),
        ('{ client_id = "us" }', {"CLOSIENT_CLIENT_ID": "them", "CLOSIENT_CLIENT_SECRET": "s"},
         ["CLOSIENT_CLIENT_ID", "CLOSIENT_CLIENT_SECRET"]),
        ('{ client_id = { env = "CLOSIENT_CLIENT_ID" } }', {"CLOSIENT_CLIENT_ID": "us"}, []),
        ('{ store = "keyring" }', {"CLOSIENT_API_KEY": ""}, []),
    ],
    ids=["key", "client", "referred to", "empty"],
)  # fmt: skip
def test_a_credential_in_the_environment_that_the_file_overrides_is_warned_of(
    tmp_path: Path, credential: str, environ: dict[str, str], unused: list[str]
) -> None:
    file = tmp_path / "s.toml"
    file.write_text(f"[systems.closient]\ncredential = {credential}", encoding="utf-8")
    assert load_settings(Options(config=str(file)), environ).warnings == tuple(
        f"{name} has no effect: the credential of closient is set in s.toml:2. Leave one of them out."
        for name in unused
    )


def test_a_file_without_closient_warns_of_variables_without_effect(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('[systems.acme]\ncatalog = "https://acme.example/c"', encoding="utf-8")
    settings = load_settings(Options(config=str(file)), {"CLOSIENT_API_KEY": "csb_a_b"})
    assert [one.name for one in settings.systems] == ["acme"]
    assert "CLOSIENT_API_KEY has no effect" in settings.warnings[0]
    with pytest.raises(SettingsError, match=r"Add \[systems\.closient\] to .*s\.toml, or leave out"):
        load_settings(Options(config=str(file), site="local"), {})


def test_only_a_settings_file_that_is_named_must_exist(
    tmp_path: Path,
) -> None:
    (tmp_path / "closient-mcp.toml").write_text('expose = "core"', encoding="utf-8")
    assert load_settings(Options(), {"CLOSIENT_MCP_HOME": str(tmp_path)}).exposure.mode == "core"
    with pytest.raises(SettingsError, match="No such file"):
        load_settings(Options(config=str(tmp_path / "other.toml")), {})


def test_a_query_in_a_url_is_not_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, '[systems.acme]\ncatalog = "https://acme.example/c?key=hidden-1"')
    assert system(settings, "acme").source.catalog.endswith("hidden-1")
    assert "hidden-1" not in str(settings.shown)


def test_a_closient_has_a_site_and_no_base(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r":2: systems\.closient\.base: not valid with"):
        load(tmp_path, '[systems.closient]\nbase = "https://acme.example"')


def test_one_system_can_be_chosen(tmp_path: Path) -> None:
    assert [one.name for one in load(tmp_path, WHOLE, system="close").systems] == ["close"]
    with pytest.raises(SettingsError, match="no such system; did you mean close"):
        load(tmp_path, WHOLE, system="closse")


def test_of_several_closients_the_environment_configures_the_namesake(
    tmp_path: Path,
) -> None:
    file = tmp_path / "s.toml"
    file.write_text('[systems.closient]\n[systems.shop-test]\npreset = "closient"\nsite = "testing"', encoding="utf-8")
    first, second = load_settings(Options(config=str(file)), {"CLOSIENT_API_KEY": "csb_a_b"}).systems
    assert (first.site, second.site) == ("https://www.closient.com", "https://www.closient.dev")
    assert isinstance(first.credential, ApiKey)
    assert isinstance(second.credential, SignIn)
    assert (first.prefix, second.prefix) == ((), ("shop-test",))


def test_files_are_relative_to_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "acme.json").write_text("{}", encoding="utf-8")
    text = '[systems.acme]\ndescription = "acme.json"\nbase = "https://acme.example/v1/"'
    acme = system(load(tmp_path, text), "acme")
    assert acme.source.document_urls == ((tmp_path / "acme.json").as_uri(),)
    assert acme.source.base == "https://acme.example/v1"
    assert acme.origins == {"https://acme.example"}


def test_further_origins_need_no_credential(tmp_path: Path) -> None:
    text = '[systems.acme]\ncatalog = "https://acme.example/c"\norigins = ["https://upload.acme.example/v1"]'
    assert system(load(tmp_path, text), "acme").origins == {"https://acme.example", "https://upload.acme.example"}


def test_a_local_document_requires_a_server_or_a_base(tmp_path: Path) -> None:
    named: dict[str, Any] = {"openapi": "3.1.0", "paths": {}, "servers": [{"url": "https://api.acme.example/v1"}]}
    (tmp_path / "named.json").write_text(json.dumps(named), encoding="utf-8")
    (tmp_path / "open.json").write_text('{"openapi": "3.1.0", "paths": {}}', encoding="utf-8")
    acme = system(load(tmp_path, '[systems.acme]\ndescription = ["named.json", "open.json"]'), "acme")
    assert acme.origins == {"https://api.acme.example"}
    with pytest.raises(SettingsError, match=r":1: systems\.acme: base is missing"):
        load(tmp_path, '[systems.acme]\ndescription = "open.json"')


def test_rule_1_a_linkset_file_binds_the_origins_of_apis_not_of_documents(tmp_path: Path) -> None:
    contexts = [
        {"anchor": "https://one.example/a/", "service-desc": [{"href": "https://one.example/a.json"}]},
        {"anchor": "https://two.example/", "service-desc": [{"href": "two.json"}]},
        {"anchor": "https://two.example/b", "service-desc": [{"href": "https://documents.example/b.json"}]},
    ]
    (tmp_path / "links.json").write_text(json.dumps({"linkset": contexts}), encoding="utf-8")
    acme = system(load(tmp_path, '[systems.acme]\ncatalog = "links.json"'), "acme")
    assert acme.origins == {"https://one.example", "https://two.example"}


def test_a_linkset_file_may_list_paths_that_cannot_be_followed(tmp_path: Path) -> None:
    hrefs = [{"href": "nul%00.json"}, {"href": "loop.json"}]
    contexts = [{"service-desc": hrefs}, {"anchor": "https://one.example/", "service-desc": [{"href": "none.json"}]}]
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    (tmp_path / "links.json").write_text(json.dumps({"linkset": contexts}), encoding="utf-8")
    settings = load(tmp_path, '[systems.acme]\ncatalog = "links.json"')
    assert system(settings, "acme").origins == {"https://one.example"}
    assert settings.local_files.record() is None


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 2_000_000, b"a=" + b"[" * 5000])
def test_a_file_that_is_no_settings_file_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "s.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=re.escape(str(file))):
        load_settings(Options(config=str(file)), {})


def test_a_byte_order_mark_and_the_line_ends_of_windows_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert len(load_settings(Options(config=str(file)), ENVIRONMENT).systems) == 4


def test_config_show_prints_values_and_their_sources_without_secrets(tmp_path: Path) -> None:
    file = tmp_path / "closient-mcp.toml"
    file.write_text(WHOLE.replace('{ env = "FLUENT_PASSWORD" }', '"hidden-password-1"'), encoding="utf-8")
    ran = run("config", "show", "--config", str(file), "--read-only", site="", **ENVIRONMENT)
    assert ran.code == 0
    for line in (
        r"systems\.closient\.site +https://www\.closient\.dev +\[closient-mcp\.toml:4\]",
        r"systems\.close\.credential\.client_secret +environment variable CLOSE_CLIENT_SECRET +\[closient-.*:7\]",
        r"systems\.acme\.pin +orders +\[closient-mcp\.toml:19\]",
        r"allow +read +\[--read-only\]",
        r"warning: closient-mcp\.toml:14: systems\.fluent-sandbox\.credential\.password",
    ):
        assert re.search(line, ran.out), line
    assert not any(secret in ran.out + ran.err for secret in ("hidden-password-1", "close-secret-1"))


def test_the_schema_in_docs_is_the_loaders_grammar() -> None:
    ran = run("config", "schema")
    assert json.loads(ran.out) == SCHEMA
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        "",
        'expose = ["search", "products"]\nread_only = true',
        '[systems.a]\ndescription = ["https://a.example/1", "https://a.example/2"]\ncredential = "none"',
        '[systems.a]\nsite = "https://a.example"\ncredential = { grant = "api_key", key = "k", in = "query" }',
        '[systems.a]\nsite = "https://a.example"\ncredential = { grant = "client_credentials", scopes = [] }',
    ],
)
def test_the_schema_accepts_what_the_loader_accepts(tmp_path: Path, text: str) -> None:
    load(tmp_path, text)
    assert list(_faults(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "exposed = 1",
        "[systems.A]",
        "[systems.a]\nretailer = 'x'",
        "[systems.a]\ncredential = 'x'",
        "[systems.a]\ncredential = { grant = 'x' }",
        "[systems.a]\ncredential = { grant = 'password' }",
        "[systems.a]\ncredential = { client_secret = { evn = 'x' } }",
        "[systems.a]\ntiers = { t = 'reed' }",
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError):
        load(tmp_path, text)
    assert list(_faults(text)) != []


def _faults(text: str) -> list[str]:
    errors = Draft202012Validator(SCHEMA).iter_errors(tomli.loads(text))  # pyright: ignore[reportUnknownMemberType]
    return [error.message for error in errors]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            '[systems.key]\nsite = "https://a.example"\ncatalg = "x"',
            r":3: systems\.key\.catalg: unknown key; .*catalog",
        ),
        (
            '[systems.password]\nsite = "https://a.example"\nretailer = "x"',
            r":3: systems\.password\.retailer: expected an integer",
        ),
        ('[systems.a]\ntiers = { key = "reed" }', r":2: systems\.a\.tiers\.key: .*did you mean read"),
        ('[systems.fluent]\naccount = "A"\ncatalog = "https://a.example"\npreset = "fluent"', r":3: .*not valid with"),
        (
            '[systems.a]\nsite = "https://a.example"\n'
            'credential = { client_id = "c", client_secret = { env = "S" }, client_auth = "none" }',
            r":3: systems\.a\.credential: client_auth = \"none\" excludes client_secret",
        ),
        (
            '[systems.a]\nsite = "https://a.example"\n'
            'credential = { grant = "api_key", key = { env = "K" }, in = "basic", name = "X" }',
            r":3: systems\.a\.credential\.name: in = \"basic\" excludes a name",
        ),
        ("[systems.a]\ndescription = {}", r":2: systems\.a\.description: expected text"),
        ("expose = [1]", r":1: expose: expected text"),
        ('expose = "coree"', r":1: expose: expected auto, .*; did you mean core\?"),
        ("[[systems.a]]", r":1: systems\.a: expected a table"),
        ('[systems.a]\ncredential = { grant = "none" }', r':2: systems\.a\.credential: expected "none" or a table'),
        ('[systems.a]\nsite = ""', r":2: systems\.a\.site: it must not be empty"),
        ('[systems.a]\nsite = "https://a.example "', r":2: systems\.a\.site: a URL cannot contain a blank"),
        (
            '[systems.a]\nsite = "https://a.example"\nbase = "https://a.example/?x=1"',
            r":3: systems\.a\.base: a base URL cannot have a query",
        ),
        ('[systems.a]\ncatalog = "a\\u0000.json"', r":2: systems\.a\.catalog: invalid path"),
        (f"retailer = {'1' * 5000}", r"a number that is far too long"),
    ],
)
def test_further_mistakes_are_reported_in_the_same_way(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("credential", "says"),
    [
        ('grant = "api_key",\n  key = { env = "K" },\n  plase = "basic"', r":6: .*credential\.plase: unknown key"),
        (
            'grant = "api_key",\n  key = {\n    evn = "K" }',
            r":6: .*credential\.key\.evn: unknown key; did you mean env",
        ),
        ('grant = "api_key",\n  key = { env = "K", command = ["x"] }', r":5: .*: set only one of env"),
        ('grant = "api_key", key = { env = "K" }, name = "X\\r\\nY"', r":4: .*\.name: invalid header name"),
        (
            'grant = "api_key", key = { env = "K" }, name = "Host"',
            r":4: .*\.name: Host is not a header that may carry a key",
        ),
        ('grant = "api_key", key = { env = "K" }, name = ""', r":4: .*\.name: it must not be empty"),
    ],
)
def test_a_mistake_in_a_long_inline_table_is_reported_with_its_line(tmp_path: Path, credential: str, says: str) -> None:
    text = f'[systems.a]\nsite = "https://a.example"\ncredential = {{\n  {credential},\n}}\n'
    with pytest.raises(SettingsError, match=says):
        load(tmp_path, text)


@pytest.mark.parametrize(
    "url",
    ["https://ann:hidden-1@a.example:99999999/c", "ftp://ann:hidden-1@a.example/", "ftp://a.example/?key=hidden-1"],
)
def test_a_possible_secret_in_a_url_is_not_quoted(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(tmp_path, f'[systems.a]\ncatalog = "{url}"')
    assert "hidden-1" not in str(error.value)
    assert "a.example" in str(error.value)


def test_what_a_preset_is_given_is_shown_with_its_place(tmp_path: Path) -> None:
    text = '[systems.close]\nsite = "https://close.example"\ncredential = "none"\n' + (
        '[systems.fluent]\naccount = "ACME"\nbase = "https://fluent.example"\nretailer = 2\ncredential = "none"'
    )
    shown = {one.name: (one.value, one.source) for one in load(tmp_path, text).shown}
    assert shown["systems.close.site"] == ("https://close.example", "closient-mcp.toml:2")
    assert shown["systems.fluent.site"] == ("https://fluent.example", "closient-mcp.toml:6")
    assert shown["systems.fluent.retailer"] == ("2", "closient-mcp.toml:7")


def test_a_catalog_may_be_beside_a_site_and_scopes_override_operations(tmp_path: Path) -> None:
    text = (
        '[systems.a]\nsite = "https://a.example"\ncatalog = "https://docs.example/c"\n'
        'credential = { scopes = ["orders"] }\n'
    )
    acme = system(load(tmp_path, text), "a")
    assert (acme.source.catalog, acme.source.site) == ("https://docs.example/c", "")
    assert acme.origins == {"https://a.example"}
    assert isinstance(acme.credential, SignIn)
    assert acme.credential.profile.scopes == ("orders",)


def test_close_may_be_called_at_another_base(tmp_path: Path) -> None:
    text = '[systems.close]\nbase = "https://proxy.example/close/"\ncredential = "none"'
    close = system(load(tmp_path, text), "close")
    assert close.source.base == "https://proxy.example/close"
    assert close.origins == {"https://proxy.example"}


def test_a_redirect_uri_without_a_client_is_the_one_to_register(tmp_path: Path) -> None:
    table = '{ grant = "authorization_code", redirect_uri = "http://localhost:8765/callback" }'
    text = f'[systems.acme]\nsite = "https://acme.example"\ncredential = {table}\n'
    credential = system(load(tmp_path, text), "acme").credential
    assert isinstance(credential, SignIn)
    profile = credential.profile
    assert (profile.client_id, profile.redirect_uri) == (None, "http://localhost:8765/callback")


def test_a_code_for_another_device_is_a_grant_with_an_endpoint_of_its_own(tmp_path: Path) -> None:
    text = (
        '[systems.acme]\nsite = "https://api.acme.example"\ncredential = { grant = "device_code", client_id = "ours", '
        'token_endpoint = "https://as.example/token", device_authorization_endpoint = "https://as.example/device" }\n'
    )
    acme = system(load(tmp_path, text), "acme")
    assert isinstance(acme.credential, SignIn)
    assert acme.has_login
    profile = acme.credential.profile
    endpoints = Endpoints(token="https://as.example/token", device_authorization="https://as.example/device")
    assert (profile.grant, profile.endpoints, profile.unattended) == ("device_code", endpoints, False)
    with pytest.raises(SettingsError, match="redirect_uri: unknown key"):
        load(tmp_path, text.replace('"ours"', '"ours", redirect_uri = "http://127.0.0.1:1/"'))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('client_secret = { env = "S" }', "has no client_secret and no client_auth"),
        ('client_auth = "client_secret_post"', "has no client_secret and no client_auth"),
        ('grant = "client_credentials"', "requires an interactive grant, not client_credentials"),
    ],
)
def test_a_client_id_that_is_a_url_is_an_interactive_public_client(tmp_path: Path, more: str, says: str) -> None:
    text = (
        '[systems.acme]\nsite = "https://api.acme.example"\ncredential = { client_id = "https://app.example/c.json" }'
    )
    credential = system(load(tmp_path, text), "acme").credential
    assert isinstance(credential, SignIn)
    assert credential.profile.client_id
    with pytest.raises(SettingsError, match=says):
        load(tmp_path, text.replace('.json" }', f'.json", {more} }}'))
