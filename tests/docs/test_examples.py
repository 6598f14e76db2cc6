"""The snippets of the pages work: commands are run or at least parsed, settings loaded, entries read."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import tomli

from closient_mcp.server.cli.parser import command_line
from closient_mcp.server.hosts.configuration import read_configuration
from closient_mcp.server.hosts.table import HOSTS, Host
from closient_mcp.server.settings.http_model import PATH
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options

from ..fakes.command_line import run
from ..fakes.pages import DOCS, PAGES, name_of, snippets
from ..fakes.paths import BROWSER_COMMAND, ROOT
from ..fakes.service import Sandbox, Service

_OURS = ("closient-mcp", ".venv/bin/closient-mcp", "/opt/closient-mcp/bin/closient-mcp")
# Before a command of ours that another user or a container runs.
_ELSEWHERE = re.compile(r"(sudo -u closient-mcp env CLOSIENT_MCP_HOME=\S+|docker compose run --rm closient-mcp) ")
# What pages may tell the reader to run beside our own commands and make.
_OTHERS = (
    "curl ", "export", "keyring set closient-mcp ", "pipx install ", "pre-commit install", "python -m pip install ",
    "sudo useradd --system closient-mcp", "sudo python3 -m venv /opt/closient-mcp",
    "sudo /opt/closient-mcp/bin/pip install closient-mcp",
    "uv tool install ", "uv tool uninstall ", "uv tool upgrade ", "uvx keyring set closient-mcp ",
)  # fmt: skip
# Their commands are those of older versions, or what the parser itself shows.
_OLD_OR_GENERATED = ("CHANGELOG.md", "commands.md")
# Run to their end in the sandbox. The others need an account or a person, change the machine, or do not end.
_RUN: dict[str, Callable[[list[str]], bool]] = {
    "call": lambda words: True,
    "config": lambda words: True,
    "doctor": lambda words: True,
    "install": lambda words: "--print" in words,
    "login": lambda words: words[1:] in ([], ["closient"]),
    "logout": lambda words: "--caller" not in words,
    "status": lambda words: "--site" not in words,
    "tools": lambda words: "--site" not in words,
}


def commands(page: Path) -> Iterator[str]:
    """The commands in the blocks of a page, without comments."""
    for block in snippets(page, "sh"):
        for line in block.splitlines():
            if words := shlex.split(line, comments=True):
                yield shlex.join(words)


def mentioned(page: Path) -> Iterator[str]:
    """Our commands in the text of a page, with a value for each placeholder."""
    for code in re.findall(r"`(closient-mcp [^`\n]+)`", page.read_text(encoding="utf-8")):
        yield code.split(" > ")[0].replace(" HOST", " cursor").replace(" COMMAND", " status")


def our_words(command: str) -> list[str] | None:
    """The words after our name, if it is a command of ours."""
    words = shlex.split(_ELSEWHERE.sub("", command))
    return words[1:] if words[0] in _OURS else None


def parse(words: list[str]) -> None:
    """Parse a command line; `--help` and `--version` only end the parser."""
    with suppress(SystemExit):  # an error is a UsageError
        command_line(words).parse_args(words)


def runnable() -> Iterator[str]:
    """Each command of the pages that can be run here, once; options before it are left to the parser."""
    for command in dict.fromkeys(command for page in PAGES for command in commands(page)):
        words = our_words(command)
        if words and words[0] in _RUN and _RUN[words[0]](words):
            yield shlex.join(words)


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in _OLD_OR_GENERATED], ids=name_of)
def test_every_command_of_a_page_can_be_parsed(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in (*commands(page), *mentioned(page)):
        words = our_words(command)
        if words is not None:
            parse(words)
        elif target := re.search(r"\bmake ([a-z.-]+)", command):
            assert re.search(rf"^{re.escape(target[1])}:", makefile, re.MULTILINE), command
        else:
            assert command.startswith(_OTHERS), f"{name_of(page)}: {command} is not known to work"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One folder for all commands, so that documents are read once."""
    return str(tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("command", [*runnable()])
def test_a_command_of_a_page_succeeds_in_the_sandbox(sandbox: Sandbox, home: str, command: str) -> None:
    done = run(*shlex.split(command), site=sandbox.url, CLOSIENT_MCP_HOME=home, BROWSER=BROWSER_COMMAND)
    assert done.code == 0, done.out + done.err


def test_the_complete_test_of_the_page_for_contributors_passes(service: Service) -> None:
    (code,) = snippets(ROOT / "CONTRIBUTING.md", "python")
    defined: dict[str, Any] = {"__package__": "tests"}
    exec(code, defined)
    (example,) = (value for name, value in defined.items() if name.startswith("test_"))
    example(service)
    assert service.received


def write_documents(folder: Path, systems: dict[str, Any]) -> None:
    """The files that the systems of a settings file name."""
    for system in systems.values():
        named = system.get("description", [])
        for name in [named] if isinstance(named, str) else named:
            if "://" not in name:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text("{}", encoding="utf-8")


def hosts_with(values: dict[str, Any]) -> list[Host]:
    """The hosts whose configuration has such a table of servers."""
    return [host for host in HOSTS.values() if host.servers in values]


def check_entry(page: Path, file: Path, values: dict[str, Any]) -> None:
    """Read a configuration as the host of the page does, or else one that has such a table."""
    host = HOSTS.get(page.stem) or hosts_with(values)[0]
    launch = read_configuration(host, file).launch()
    assert launch
    assert launch.arguments == ("serve",)


@pytest.mark.parametrize("page", [page for page in PAGES if any(snippets(page, "toml"))], ids=name_of)
def test_every_settings_snippet_is_valid_without_a_warning(page: Path, tmp_path: Path, own_home: Path) -> None:
    (own_home / "Documents" / "upload").mkdir(parents=True)
    for snippet in snippets(page, "toml"):
        values = tomli.loads(snippet)
        file = tmp_path / "closient-mcp.toml"
        file.write_text(snippet, encoding="utf-8")
        if hosts_with(values):
            check_entry(page, file, values)
            continue
        write_documents(tmp_path, values.get("systems", {}))
        settings = load_settings(Options(config=str(file)), {"CLOSIENT_MCP_HOME": str(tmp_path)})
        assert settings.warnings == (), snippet


@pytest.mark.parametrize("page", [page for page in PAGES if any(snippets(page, "json"))], ids=name_of)
def test_every_entry_of_a_page_is_one_that_a_host_reads(page: Path, tmp_path: Path) -> None:
    for number, snippet in enumerate(snippets(page, "json")):
        values = json.loads(snippet)
        if url := values.get("mcpServers", {}).get("closient", {}).get("url"):  # of the server that the page sets up
            served = f'public_url = "{url.removesuffix(PATH)}"'
            assert url.endswith(PATH)
            assert any(served in settings for settings in snippets(page, "toml"))
            continue
        file = tmp_path / f"{number}.json"
        file.write_text(snippet, encoding="utf-8")
        check_entry(page, file, values)


def test_every_credential_in_the_table_of_the_systems_page_is_valid(tmp_path: Path) -> None:
    page = (DOCS / "systems.md").read_text(encoding="utf-8")
    credentials = re.findall(r"^\| [^|]+ \| `([^`]+)`", page, re.MULTILINE)
    assert len(credentials) > 5
    for number, credential in enumerate(credentials[1:]):
        file = tmp_path / f"{number}.toml"
        text = f'[systems.acme]\ndescription = "https://api.acme.example/openapi.json"\ncredential = {credential}\n'
        file.write_text(text, encoding="utf-8")
        assert load_settings(Options(config=str(file)), {"CLOSIENT_MCP_HOME": str(tmp_path)}).warnings == ()
