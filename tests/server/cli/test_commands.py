"""The command line, as a person and a script use it."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from closient_mcp.auth.oauth.http import certificates
from closient_mcp.server.cli.status import grouped_lines
from closient_mcp.tools.problems import Problem

from ...fakes.command_line import CommandResult, error_of, run
from ...fakes.service import Reply, Sandbox, Service, document, operation

pytestmark = pytest.mark.usefixtures("documents_read")

APIS = (
    "account", "agent", "advertising", "analytics", "billing", "brands", "byos", "certifications", "compliance",
    "content", "dashboard", "epcis", "integrations", "locations", "notifications", "products", "resolver",
    "retailers", "scanner", "search", "sustainability", "widgets",
)  # fmt: skip


def call(sandbox: Sandbox, tool: str, arguments: dict[str, Any], key: str | None = None) -> CommandResult:
    environment = {"CLOSIENT_API_KEY": sandbox.api_key if key is None else key}
    return run("call", tool, json.dumps(arguments), site=sandbox.url, **environment)


def test_status_tells_what_was_read_and_which_tools_that_gives(sandbox: Sandbox) -> None:
    state = run("status", "--json", site=sandbox.url, CLOSIENT_API_KEY=sandbox.api_key)
    closient = state.json()["systems"]["closient"]
    assert state.code == 0
    assert closient["reachable"]
    assert closient["skipped"] == []
    assert closient["apis"] == closient["documents"] == 22
    assert closient["operations"] > 80
    assert closient["credential"] == {
        "kind": "api_key",
        "source": "CLOSIENT_API_KEY",
        "in": "header X-API-Key",
        "ending": sandbox.api_key[-4:],
    }


def test_three_bad_documents_of_22_are_named_and_the_rest_work(service: Service) -> None:
    one = {"/thing": {"get": operation(operationId="get_thing", summary="Get the thing")}}
    service.serve_apis(**{api: document(one) for api in APIS})
    del service.routes["/agent/api/v1/openapi.json"]
    service.routes["/billing/api/v1/openapi.json"] = Reply(b'{"openapi": "3.1.0", "paths": {')
    service.routes["/scanner/api/v1/openapi.json"] = Reply("<!doctype html><title>Sign in</title>")
    state = run("status", "--json", site=service.url)
    closient = state.json()["systems"]["closient"]
    assert (state.code, closient["apis"], closient["documents"], closient["operations"]) == (0, 22, 19, 19)
    why = {entry["what"].split("/")[3]: entry["why"] for entry in closient["skipped"]}
    assert why == {
        "agent": "HTTP 404 Not Found",
        "billing": "it is not JSON: Expecting property name enclosed in double quotes at line 1 column 32",
        "scanner": "expected an OpenAPI document, got a web page (HTML)",
    }
    reply = run("status", site=service.url)
    assert all(f"/{api}/api/v1/openapi.json: " in reply.out for api in why)
    assert "skipped: 3" in reply.out
    called = run("call", "search_get_thing", site=service.url)
    assert called.code == 1
    assert "HTTP 404" in error_of(called)


def test_tools_shows_what_an_agent_sees_with_system_and_tier(sandbox: Sandbox) -> None:
    shown = run("tools", "--json", "--expose", "all", site=sandbox.url).json()
    by_name = {tool["name"]: tool for tool in shown}
    assert (by_name["products_get_trade_item"]["tier"], by_name["ping"]["system"]) == ("read", "closient")
    assert by_name["products_unclaim_product"]["annotations"]["destructiveHint"] is True
    few = run("tools", "--json", site=sandbox.url).json()
    everything = run("tools", "--all", "--json", site=sandbox.url).json()
    assert {tool["name"] for tool in everything} > {tool["name"] for tool in few}


def test_tools_can_be_searched(sandbox: Sandbox) -> None:
    found = run("tools", "recalls", site=sandbox.url)
    assert found.out.startswith("check_recalls\tread\t")
    assert found.code == 0


def test_core_and_read_only_are_obeyed(sandbox: Sandbox) -> None:
    core = {tool["name"] for tool in run("tools", "--expose", "core", "--json", site=sandbox.url).json()}
    assert "find_operations" in core
    assert "products_get_product" not in core
    reading = run("tools", "--all", "--read-only", "--json", site=sandbox.url).json()
    assert {tool["tier"] for tool in reading} == {"read"}


def test_a_call_prints_the_results_json(sandbox: Sandbox) -> None:
    ran = call(sandbox, "search_products", {"query": "trail mix", "limit": 2})
    assert ran.code == 0
    assert len(ran.json()["structuredContent"]["items"]) == 2
    assert json.loads(ran.json()["content"][0]["text"]) == ran.json()["structuredContent"]


def test_a_generated_tool_is_called_with_the_key(sandbox: Sandbox) -> None:
    ran = call(sandbox, "account_whoami", {})
    assert ran.code == 0
    assert json.loads(ran.json()["content"][0]["text"])["organizations"]


def test_arguments_can_come_from_stdin() -> None:
    ran = run("call", "validate_gtin", "-", stdin='{"gtin": "036000291452"}')
    assert ran.code == 0
    assert ran.json()["structuredContent"]["valid"] is True


def test_without_a_network_each_command_prints_one_line() -> None:
    status = run("status", site="https://nowhere.invalid")
    assert status.code == 1
    assert "not reachable: no api-catalog at https://nowhere.invalid/" in status.out
    tools = run("tools", site="https://nowhere.invalid")
    assert tools.code == 1
    assert "validate_gtin" in tools.out
    assert len(tools.err.splitlines()) == 1
    assert "cannot be reached" in error_of(run("call", "search_products", '{"query": "x"}'))
    assert run("call", "validate_gtin", '{"gtin": "036000291452"}', site="https://nowhere.invalid").code == 0


@pytest.mark.parametrize("site", ["prodution", "http://example.com", "https://x/y"])
def test_a_wrong_site_is_misuse_with_a_hint(site: str) -> None:
    ran = run("status", site=site)
    assert ran.code == 2
    assert ran.err.startswith("closient-mcp: CLOSIENT_SITE")
    assert ran.out == ""


def test_a_site_without_a_catalog_is_reported(service: Service) -> None:
    service.routes["/.well-known/api-catalog"] = Reply("<!doctype html><title>A shop</title>")
    ran = run("status", site=service.url)
    assert ran.code == 1
    assert "expected an api-catalog, got a web page (HTML)" in ran.out


def test_a_malformed_key_is_an_error_even_on_the_public_search(sandbox: Sandbox) -> None:
    message = error_of(call(sandbox, "search_products", {"query": "jam"}, key="not-a-real-key-at-all"))
    assert "rejected the API key ending in …-all (401)" in message
    assert "two underscores" in message
    assert "not-a-real-key" not in message


def test_a_key_of_another_environment_is_reported(sandbox: Sandbox) -> None:
    other = "csb_00000000000000000000000000000000_"
    key = f"{other}{zlib.crc32(b'0' * 32):08x}"
    assert "belongs to this environment" in error_of(call(sandbox, "account_whoami", {}, key=key))


def test_a_disabled_key_is_reported_as_not_allowed(sandbox: Sandbox) -> None:
    assert "HTTP 403" in error_of(call(sandbox, "account_whoami", {}, key=sandbox.keys["disabled"]))


def test_an_unknown_gtin_and_a_bad_check_digit_are_different_errors(sandbox: Sandbox) -> None:
    assert "knows no product" in error_of(call(sandbox, "lookup_product", {"gtin": "05901234123457"}))
    assert "its check digit doesn't match" in error_of(call(sandbox, "lookup_product", {"gtin": "09506000134359"}))


@pytest.mark.parametrize("kind", ["500", "503", "html", "malformed", "drop"])
def test_every_failure_of_the_service_is_a_tool_error(sandbox: Sandbox, kind: str) -> None:
    sandbox.fault("/search/api/v1/search", kind, times=5)
    assert error_of(call(sandbox, "search_products", {"query": "jam"}))


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["call", "validate_gtn"], 1, "did you mean validate_gtin"),
        (["call", "validate_gtin", "{gtin}"], 2, "the arguments are not JSON"),
        (["call", "validate_gtin", "9" * 5_000], 2, "the arguments are not usable JSON: a number is too large\n"),
        (["call", "validate_gtin", "[1]"], 2, "a JSON object"),
        (["call"], 2, "TOOL"),
        (["nonsense"], 2, "invalid choice"),
        (["serve", "--http", "http"], 2, "a port"),
        (["logout", "--caller", "ann", "--forget"], 2, "use it with --all-callers"),
        (["status", "--expose", "atuo"], 2, "did you mean auto?"),
        (["--system", "acme", "status"], 2, "the systems are closient"),
        (["status", "--log-file", "/nowhere/at/all"], 2, "cannot write the log"),
    ],
)
def test_a_usage_error_is_reported_in_plain_words(arguments: list[str], code: int, says: str) -> None:
    ran = run(*arguments)
    assert (ran.code, says in ran.err) == (code, True)


def test_an_unknown_tool_is_misuse_where_the_catalog_was_read(sandbox: Sandbox) -> None:
    ran = run("call", "products_get_produkt", site=sandbox.url)
    assert ran.code == 2
    assert "did you mean products_get_product" in ran.err


def test_arguments_of_the_wrong_type_are_the_tools_error() -> None:
    assert "`gtin` must be a string or an integer, not [5]" in error_of(run("call", "validate_gtin", '{"gtin": [5]}'))


def test_a_dry_run_shows_the_request_without_its_credential_and_sends_nothing(tmp_path: Path) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Acme", "version": "1"},
        "paths": {"/orders/{id}": {"post": {"operationId": "updateOrder"}}},
    }
    (tmp_path / "acme.json").write_text(json.dumps(document))
    settings = tmp_path / "closient-mcp.toml"
    settings.write_text(
        '[systems.acme]\ndescription = "acme.json"\nbase = "https://api.acme.invalid/v1"\n'
        'credential = { grant = "api_key", key = { env = "ACME_KEY" } }\n'
    )
    arguments = '{"name": "POST /orders/{id}", "arguments": {"id": "7", "body": {"state": "paid"}}}'
    ran = run("--config", str(settings), "call", "update_operation", arguments, "--dry-run", ACME_KEY="secret-key")
    assert ran.code == 0, ran.err
    shown = json.loads(ran.out)
    assert (shown["method"], shown["url"]) == ("POST", "https://api.acme.invalid/v1/orders/7")
    assert shown["body"] == {"state": "paid"}
    assert "secret-key" not in ran.out
    nothing = run("call", "validate_gtin", '{"gtin": "036000291452"}', "--dry-run", site="https://nowhere.invalid")
    assert (nothing.code, "sends no request" in nothing.err, json.loads(nothing.out)["valid"]) == (0, True, True)


@pytest.mark.parametrize(
    ("environment", "says"),
    [({"ALL_PROXY": "socks5://127.0.0.1:1"}, "proxy"), ({"SSL_CERT_FILE": "/nowhere/at/all"}, "SSL_CERT_FILE")],
)
def test_unusable_settings_of_the_machine_are_reported(environment: dict[str, str], says: str) -> None:
    certificates.cache_clear()
    ran = run("call", "ping", site="https://nowhere.invalid", **environment)
    assert ran.code == 2
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1


def test_an_invalid_port_is_a_usage_error() -> None:
    ran = run("sandbox", "--port", "99999")
    assert ran.code == 2
    assert "'99999' is not a port: expected a number from 0 to 65535" in ran.err


def test_an_unknown_variant_is_a_usage_error_that_names_the_nearest() -> None:
    ran = run("sandbox", "--variant", "result-list")
    assert ran.code == 2
    assert "did you mean results-list?" in ran.err


def test_status_groups_what_was_skipped_by_effect_and_reason() -> None:
    left_out = [
        Problem(f"GET /{i}", "it is served at https://x.example", "this operation is left out") for i in range(5)
    ]
    other = Problem("POST /a", "header 'Host' belongs to the connection", "the parameter is left out")
    assert grouped_lines([*left_out[:2], other, *left_out[2:]]) == [
        "this operation is left out: 5",
        "  GET /0, GET /1, GET /2 and 2 more: it is served at https://x.example",
        "the parameter is left out: 1",
        "  POST /a: header 'Host' belongs to the connection",
    ]


def test_a_key_that_may_only_read_is_named_instead_of_a_sign_in(sandbox: Sandbox) -> None:
    ran = call(sandbox, "products_claim_product", {"gtin": "00012345678905", "body": {}}, sandbox.keys["publishable"])
    assert ran.code == 1
    assert 'lacks the scope \\"products:write\\"' in ran.out
    assert "Or remove the key (CLOSIENT_API_KEY) and sign in" in ran.out


def test_without_the_sandbox_the_demo_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: str) -> None:
        return None

    monkeypatch.setattr("closient_mcp.server.cli.demo.find_spec", nothing)
    ran = run("demo")
    assert ran.code == 1
    assert "`uv tool install 'closient-mcp[sandbox]'`" in ran.out
