"""A value that nothing has is named with the nearest one, and never taken in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...fakes.command_line import run
from ...fakes.service import Sandbox

pytestmark = pytest.mark.usefixtures("documents_read")

MISTYPED = "csb_0123456789abcdef0123456789abcdef_00000000"


def test_an_unknown_api_is_named_with_the_nearest_and_all_others(sandbox: Sandbox) -> None:
    ran = run("status", "--expose", "serach,products", site=sandbox.url)
    message = "--expose: there is no API `serach`; did you mean search? There are account, advertising, agent, "
    assert message in ran.err
    assert message in ran.out
    assert ran.code == 0
    state = run("status", "--json", "--expose", "serach,products", site=sandbox.url).json()
    (skipped,) = state["skipped"]
    assert skipped["what"] == "--expose"
    assert skipped["why"].startswith("there is no API `serach`; did you mean search?")


@pytest.mark.parametrize("command", [["status"], ["tools"], ["call", "products_list_products"]])
def test_without_any_known_api_the_exit_code_is_2(sandbox: Sandbox, command: list[str]) -> None:
    ran = run(*command, site=sandbox.url, CLOSIENT_MCP_EXPOSE="foo")
    assert ran.code == 2
    assert "CLOSIENT_MCP_EXPOSE: there is no API `foo`. There are account, " in ran.err


def test_a_curated_tool_is_not_called_if_the_cache_has_none_of_the_apis(sandbox: Sandbox) -> None:
    assert run("tools", site=sandbox.url).code == 0
    ran = run("call", "validate_gtin", '{"gtin": "9506000134352"}', "--expose", "foo", site=sandbox.url)
    assert (ran.code, ran.out) == (2, "")


def test_an_unknown_api_in_the_file_is_named_with_its_line(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('expose = ["serach"]\n[systems.closient]\npin = ["prodcts"]\n')
    ran = run("status", "--config", str(file), site=sandbox.url)
    assert "x.toml:1: there is no API `serach`; did you mean search?" in ran.err
    assert "the settings of closient: there is no API `prodcts`; did you mean products?" in ran.out
    assert ran.code == 2


@pytest.mark.parametrize("name", ["search", "closient", "closient.search"])
def test_an_api_is_known_by_its_name_its_system_and_both(sandbox: Sandbox, name: str) -> None:
    ran = run("status", "--expose", name, site=sandbox.url)
    assert (ran.code, ran.err) == (0, "")


def test_while_a_system_cannot_be_reached_an_api_is_unknown_and_not_wrong() -> None:
    assert "no API" not in run("status", "--expose", "serach").err


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        (MISTYPED, "Its checksum does not match its body: it was mistyped or truncated."),
        ("ck_live_0123456789abcdef", "A Closient key has the form csb_<body>_<checksum>"),
    ],
)
def test_a_mistyped_key_is_reported_without_asking_the_service(key: str, fault: str) -> None:
    status = run("status", CLOSIENT_API_KEY=key)
    shown = run("config", "show", CLOSIENT_API_KEY=key)
    assert f"credential: {fault}" in status.out
    assert f"CLOSIENT_API_KEY: {fault}" in shown.out
    assert key not in status.out + status.err + shown.out + shown.err


def test_a_good_key_is_not_reported(sandbox: Sandbox) -> None:
    assert "warning" not in run("config", "show", CLOSIENT_API_KEY=sandbox.api_key).out


@pytest.mark.parametrize("value", [f'"{MISTYPED}"', '{ env = "MY_KEY" }'])
def test_a_mistyped_key_of_the_file_is_reported_by_config_show(tmp_path: Path, value: str) -> None:
    file = tmp_path / "x.toml"
    file.write_text(f'[systems.closient]\ncredential = {{ grant = "api_key", key = {value} }}\n')
    for command in (["status"], ["config", "show"]):
        ran = run(*command, "--config", str(file), MY_KEY=MISTYPED)
        assert "Its checksum does not match its body" in ran.out
        assert MISTYPED not in ran.out + ran.err


def test_config_show_runs_no_command_for_a_key(tmp_path: Path) -> None:
    file, trace = tmp_path / "x.toml", tmp_path / "trace"
    command = f'{{ command = ["touch", "{trace}"] }}'
    file.write_text(f'[systems.closient]\ncredential = {{ grant = "api_key", key = {command} }}\n')
    assert run("config", "show", "--config", str(file)).code == 0
    assert not trace.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["status", "--jsn"], "unknown option --jsn; did you mean --json? See `closient-mcp status --help`."),
        (["status", "--systm", "closient"], "unknown option --systm; did you mean --system?"),
        (["--systm=closient", "status"], "unknown option --systm; did you mean --system?"),
        (["--systm", "closient", "status"], "unknown option --systm; did you mean --system?"),
        (["stauts"], "invalid choice: 'stauts'; did you mean status?"),
        (["config", "shwo"], "invalid choice: 'shwo'; did you mean show?"),
        (["add", "x", "https://x.test", "--preset", "closse"], "invalid choice: 'closse'; did you mean close?"),
        (["status", "--log-level", "wraning"], "did you mean warning?"),
        (["login", "closeint"], "no such system; did you mean closient?"),
        (["logout", "closeint"], "no such system; did you mean closient?"),
        (["call", "validate_gtin", '{"gtinn": "1"}'], "validate_gtin: there is no `gtinn`; did you mean `gtin`?"),
    ],
)
def test_a_misspelt_word_is_named_with_the_nearest(arguments: list[str], message: str) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.parametrize("arguments", [["status", "--js"], ["status", "--expose=core"], ["tools", "--", "--all"]])
def test_abbreviations_values_and_words_after_a_separator_are_accepted(arguments: list[str]) -> None:
    assert "unknown option" not in run(*arguments).err


def test_an_unknown_variable_is_reported_with_the_nearest() -> None:
    shown = run("config", "show", CLOSIENT_MCP_EXPOS="core").out
    assert "CLOSIENT_MCP_EXPOS has no effect: unknown variable; did you mean CLOSIENT_MCP_EXPOSE?" in shown
