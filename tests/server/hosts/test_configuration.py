"""Our entry in the configuration of each host: before and after, from examples of its format."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from closient_mcp.server.hosts.configuration import Configuration, read_configuration, write_configuration
from closient_mcp.server.hosts.errors import HostError
from closient_mcp.server.hosts.launch import Launch
from closient_mcp.server.hosts.table import HOSTS, Host

from ...fakes.paths import ROOT

VECTORS = ROOT / "tests" / "vectors" / "hosts"
COMMAND = "/home/ann/.local/bin/closient-mcp"
LAUNCH = Launch(COMMAND, ("serve", "--site", "testing"), {"HTTPS_PROXY": "http://proxy.example:3128"})


def example(host: Host, when: str) -> str:
    return (VECTORS / f"{host.name}.{when}.{host.syntax}").read_text(encoding="utf-8")


def configuration(name: str, text: str) -> Configuration:
    return Configuration(HOSTS[name], Path(f"{name}.json"), text)


@pytest.mark.parametrize("host", HOSTS.values(), ids=lambda host: host.name)
def test_the_entry_is_added_and_everything_else_stays(host: Host) -> None:
    before = Configuration(host, Path("file"), example(host, "before"))
    text = before.with_launch(LAUNCH)
    if "UPDATE_SNAPSHOTS" in os.environ:
        (VECTORS / f"{host.name}.after.{host.syntax}").write_text(text, encoding="utf-8")
    assert text == example(host, "after")
    after = Configuration(host, Path("file"), text)
    launch = after.launch()
    assert launch
    assert (launch.command, launch.arguments) == (LAUNCH.command, LAUNCH.arguments)
    assert after.with_launch(LAUNCH) == text


@pytest.mark.parametrize("name", ["claude-desktop", "cursor", "opencode", "vscode", "zed"])
def test_an_entry_that_is_added_and_removed_leaves_every_character(name: str) -> None:
    assert configuration(name, example(HOSTS[name], "after")).without_entry() == example(HOSTS[name], "before")


def test_an_entry_is_removed_with_its_sub_tables_and_the_comments_around_stay() -> None:
    after = configuration("codex", example(HOSTS["codex"], "after")).without_entry()
    assert "closient" not in after
    assert '"high" # slow, but good' in after
    assert after.endswith('\n# Folders that I trust\n[projects."/home/ann/shop"]\ntrust_level = "trusted"\n')
    assert configuration("codex", after).without_entry() == after


def test_an_existing_entry_keeps_what_the_user_added() -> None:
    after = configuration("copilot-cli", example(HOSTS["copilot-cli"], "before")).with_launch(LAUNCH)
    entry = Configuration(HOSTS["copilot-cli"], Path("file"), after).launch()
    assert '"tools": ["search_products"]' in after
    assert entry
    assert entry.environment == {"CLOSIENT_SITE": "testing", "HTTPS_PROXY": "http://proxy.example:3128"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("cursor", '{"mcpServers": {"a": 1,,}}', "expected a name in double quotes at line 1, column 24"),
        ("cursor", "[]", "expected an object"),
        ("cursor", '{"mcpServers": []}', "its mcpServers is not a table of servers"),
        ("cursor", '{"mcpServers": {"closient": {"url": "https://a.example"}}}', "entry closient starts no program"),
        ("cursor", '{"mcpServers": {"closient": "x"}}', "its entry closient is not a table"),
        ("cursor", '{"mcpServers": {}, "mcpServers": {}}', "'mcpServers' appears twice at line 1, column 20"),
        ("codex", "[mcp_servers.a]\ncommand = x", "it is not TOML: Invalid value (at line 2, column 11)"),
        ("codex", "mcp_servers = 1", "its mcp_servers is not a table of servers"),
        ("codex", "[[mcp_servers]]", "its mcp_servers is not a table of servers"),
        ("cursor", '{"mcpServers": {"closient": {"command": "x", "args": 5}}}', "entry closient starts no program"),
        ("cursor", '{"mcpServers": {"closient": {"command": "x", "env": ""}}}', "env is not an object"),
        ("codex", "[mcp_servers.closient]\ncommand = 'x'\nenv = 5", "env is not a table"),
        ("opencode", '{"mcp": {"closient": {"command": []}}}', "its entry closient starts no program"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_understood_is_not_changed(name: str, text: str, message: str) -> None:
    with pytest.raises(HostError) as caught:
        configuration(name, text).with_launch(LAUNCH)
    assert message in str(caught.value)
    assert f"{name}.json" in str(caught.value)


def test_the_file_keeps_its_permissions_its_link_and_its_byte_order_mark(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n')
    real.chmod(0o640)
    link.symlink_to(real)
    before = read_configuration(HOSTS["cursor"], link)
    backup = write_configuration(before, before.with_launch(LAUNCH))
    assert real.read_bytes().startswith(b'\xef\xbb\xbf{"a": 1, "mcpServers"')
    assert real.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert backup == tmp_path / "real.json.before-closient-mcp"
    assert (tmp_path / "real.json.before-closient-mcp").read_bytes() == b'\xef\xbb\xbf{"a": 1}\r\n'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gemini-cli", '{"theme": "x"}'),
        ("claude-desktop", '{\r\n  "mcpServers": {}\r\n}'),
        ("zed", '\ufeff// mine\n{\n\t"context_servers": {\n\t}, // none\n}'),
        ("codex", "a = 1"),
        ("codex", 'mcp_servers = { docs = { command = "x" } } # two'),
        ("cursor", " \n"),
    ],
    ids=["no servers", "no members", "comments", "no last line end", "inline", "blank"],
)
def test_what_was_added_and_nothing_else_is_taken_back_to_the_byte(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "settings"
    path.write_bytes(text.encode())
    before = read_configuration(HOSTS[name], path)
    write_configuration(before, before.with_launch(LAUNCH))
    after = read_configuration(HOSTS[name], path)
    original = after.original()
    assert original is not None
    write_configuration(after, original)
    assert path.read_bytes() == text.encode()


def test_a_file_that_changed_since_is_not_taken_back_to_its_backup(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"theme": "x"}')
    before = read_configuration(HOSTS["gemini-cli"], path)
    write_configuration(before, before.with_launch(LAUNCH))
    path.write_text(path.read_text().replace('"x"', '"y"'))
    after = read_configuration(HOSTS["gemini-cli"], path)
    assert after.original() is None
    assert after.without_entry() == '{"theme": "y", "mcpServers": {}}'


def test_a_file_that_another_program_changed_meanwhile_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    before = read_configuration(HOSTS["cursor"], path)
    path.write_text('{"mcpServers": {"new": {}}}')
    with pytest.raises(HostError, match="was changed by another program"):
        write_configuration(before, before.with_launch(LAUNCH))
    assert path.read_text() == '{"mcpServers": {"new": {}}}'


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe{\x00}\x00", "is not UTF-8"), (None, "cannot be read")],
    ids=["UTF-16", "folder"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "settings.json"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(HostError, match=message):
        read_configuration(HOSTS["zed"], path)


def test_a_link_to_itself_is_named_and_one_to_no_file_yet_is_followed(tmp_path: Path) -> None:
    circle, link = tmp_path / "circle.json", tmp_path / "link.json"
    circle.symlink_to(circle)
    link.symlink_to(tmp_path / "dot files" / "settings.json")
    with pytest.raises(HostError, match="cannot be read"):
        read_configuration(HOSTS["zed"], circle)
    before = read_configuration(HOSTS["zed"], link)
    write_configuration(before, before.with_launch(LAUNCH))
    assert link.is_symlink()
    assert "closient-mcp" in (tmp_path / "dot files" / "settings.json").read_text()
