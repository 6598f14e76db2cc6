"""Text on terminals of a given width, and elsewhere."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from closient_mcp.server.cli.pager import page
from closient_mcp.server.cli.terminal import BOLD, GREEN, Terminal

from ...fakes.command_line import run, run_on_screen, screen, taken
from ...fakes.service import Sandbox

ROWS = [(("get_thing", BOLD), "read", "Get a thing with all of its parts\nand the parts of these"),
        (("get_名前", BOLD), "read", "商品の名前を取得します、そして説明も取得します"),
        (("get_🥜", BOLD), "destructive", "🥜🥜🥜🥜🥜🥜🥜🥜🥜🥜🥜🥜🥜")]  # fmt: skip


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction] (a fixture)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "48")


def table_lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = screen()
    Terminal(stream).table(("name", "tier", "title"), ROWS)
    return taken(stream).splitlines()


def test_a_table_is_cut_to_the_width_and_counts_wide_characters_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert table_lines(monkeypatch) == [
        "NAME       TIER         TITLE",
        "get_thing  read         Get a thing with all of…",
        "get_名前   read         商品の名前を取得します …",
        "get_🥜     destructive  🥜🥜🥜🥜🥜🥜🥜🥜🥜🥜🥜 …",
    ]


def test_a_wide_terminal_shows_a_table_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert table_lines(monkeypatch)[1:3] == [
        "get_thing  read         Get a thing with all of its parts and the parts of these",
        "get_名前   read         商品の名前を取得します、そして説明も取得します",
    ]


def test_elsewhere_a_table_is_values_between_tabs_uncut() -> None:
    stream = io.StringIO()
    Terminal(stream).table(("name", "tier", "title"), ROWS[:1])
    assert stream.getvalue() == "get_thing\tread\tGet a thing with all of its parts and the parts of these\n"


def test_long_lines_are_wrapped_between_words_and_urls_stay_whole() -> None:
    stream = screen()
    url = f"http://127.0.0.1/{'a' * 60}"
    Terminal(stream).say(f"  Signed in with a browser at {url} and everything after it is here")
    assert taken(stream).splitlines() == [
        "  Signed in with a browser at",
        f"    {url}",
        "    and everything after it is here",
    ]


def test_elsewhere_long_lines_are_not_wrapped() -> None:
    stream = io.StringIO()
    Terminal(stream).say("word " * 40)
    assert stream.getvalue() == f"{'word ' * 40}\n"


@pytest.mark.parametrize(
    ("environment", "is_terminal", "is_coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_colours_are_for_terminals_and_the_environment_decides(
    environment: dict[str, str], is_terminal: bool, is_coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = screen() if is_terminal else io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    Terminal(stream).say(("done", GREEN))
    assert ("\x1b[32m" in taken(stream)) == is_coloured


def test_text_of_services_has_no_escapes_and_no_markup() -> None:
    stream = screen()
    terminal = Terminal(stream)
    terminal.say("[red]a[/red] :smile: \x1b[31mb\x1b]0;title\x07\r")
    terminal.table(("name",), [("[bold]c\x1b[2J",)])
    assert taken(stream).splitlines()[::2] == ["[red]a[/red] :smile: [31mb]0;title", "[bold]c[2J"]


def test_progress_is_shown_on_a_terminal_only_and_is_removed() -> None:
    on_screen, elsewhere = screen(), io.StringIO()
    for stream in (on_screen, elsewhere):
        with Terminal(stream).progress("Reading the documents") as progress:
            progress(1, 22, "search")
    assert "search" in taken(on_screen)
    assert taken(on_screen).endswith("\x1b[2K")
    assert elsewhere.getvalue() == ""


def test_less_gets_the_options_that_keep_colours_and_end_on_one_screen(tmp_path: Path) -> None:
    less, shown = tmp_path / "less", tmp_path / "shown"
    less.write_text(f'#!/bin/sh\necho "$@" >{shown}\ncat >>{shown}\n')
    less.chmod(0o755)
    assert page("a list\n", f"{less} -S", None)
    assert shown.read_text() == "-S -FRX\na list\n"


def test_a_pager_that_ends_early_or_does_not_exist_loses_nothing() -> None:
    assert page("x\n" * 100_000, f"{sys.executable} -c pass", None)
    assert not page("x\n", "/nowhere/at/all", None)
    assert not page("x\n", "'", None)


def test_the_tools_fit_a_terminal_of_80_columns(sandbox: Sandbox) -> None:
    ran = run_on_screen("tools", "--all", columns=80, site=sandbox.url)
    lines = ran.out.splitlines()
    assert lines[0].split() == ["NAME", "TIER", "TITLE"]
    assert max(map(len, lines)) <= 80
    assert lines[-1].endswith(" tools")


@pytest.mark.parametrize(("shell", "begins"), [("bash", "#"), ("zsh", "#compdef closient-mcp"), ("fish", "#")])
def test_completion_covers_commands_options_and_choices(shell: str, begins: str) -> None:
    ran = run("completion", shell)
    assert ran.code == 0
    assert ran.out.startswith(begins)
    assert all(word in ran.out for word in ("uninstall", "read-only", "claude-code"))


def test_help_names_the_commands_and_explains_each() -> None:
    assert "completion" in run("help").out
    assert run("help", "tools").out == run("tools", "--help").out
    assert "did you mean tools?" in run("help", "tols").err
    assert run("-V").out == run("--version").out
