"""Where each host has its configuration, on each platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from closient_mcp.server.hosts.errors import HostError
from closient_mcp.server.hosts.paths import Machine, configurations
from closient_mcp.server.hosts.table import HOSTS

PACKAGE = "AppData/Local/Packages/Claude_pzs8sxrjxfjjc"
IN_PACKAGE = f"{PACKAGE}/LocalCache/Roaming/Claude/claude_desktop_config.json"


def machine(home: Path, platform: str, **environment: str) -> Machine:
    return Machine({"HOME": str(home), "USERPROFILE": str(home), **environment}, platform, home / "project")


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        (
            "darwin",
            {
                "claude-desktop": "Library/Application Support/Claude/claude_desktop_config.json",
                "claude-code": ".claude.json",
                "cursor": ".cursor/mcp.json",
                "vscode": "Library/Application Support/Code/User/mcp.json",
                "codex": ".codex/config.toml",
                "gemini-cli": ".gemini/settings.json",
                "copilot-cli": ".copilot/mcp-config.json",
                "opencode": ".config/opencode/opencode.json",
                "zed": ".config/zed/settings.json",
                "mcp-json": "project/mcp.json",
            },
        ),
        (
            "win32",
            {
                "claude-desktop": "AppData/Roaming/Claude/claude_desktop_config.json",
                "claude-code": ".claude.json",
                "cursor": ".cursor/mcp.json",
                "vscode": "AppData/Roaming/Code/User/mcp.json",
                "codex": ".codex/config.toml",
                "gemini-cli": ".gemini/settings.json",
                "copilot-cli": ".copilot/mcp-config.json",
                "opencode": ".config/opencode/opencode.json",
                "zed": "AppData/Roaming/Zed/settings.json",
                "mcp-json": "project/mcp.json",
            },
        ),
        (
            "linux",
            {
                "claude-desktop": ".config/Claude/claude_desktop_config.json",
                "claude-code": ".claude.json",
                "cursor": ".cursor/mcp.json",
                "vscode": ".config/Code/User/mcp.json",
                "codex": ".codex/config.toml",
                "gemini-cli": ".gemini/settings.json",
                "copilot-cli": ".copilot/mcp-config.json",
                "opencode": ".config/opencode/opencode.json",
                "zed": ".config/zed/settings.json",
                "mcp-json": "project/mcp.json",
            },
        ),
    ],
    ids=["macOS", "Windows", "Linux"],
)
def test_each_platform_has_its_own_places(tmp_path: Path, platform: str, expected: dict[str, str]) -> None:
    found = {name: configurations(host, machine(tmp_path, platform))[0] for name, host in HOSTS.items()}
    assert found == {name: tmp_path / path for name, path in expected.items()}


@pytest.mark.parametrize(
    ("name", "variable", "file"),
    [
        ("codex", "CODEX_HOME", "config.toml"),
        ("copilot-cli", "COPILOT_HOME", "mcp-config.json"),
        ("claude-code", "CLAUDE_CONFIG_DIR", ".claude.json"),
        ("zed", "XDG_CONFIG_HOME", "zed/settings.json"),
    ],
)
def test_a_variable_of_the_host_moves_its_folder(tmp_path: Path, name: str, variable: str, file: str) -> None:
    there = machine(tmp_path, "linux", **{variable: str(tmp_path / "own")})
    assert configurations(HOSTS[name], there) == [tmp_path / "own" / file]


def test_claude_desktop_as_a_windows_package_is_preferred_and_the_other_file_named(tmp_path: Path) -> None:
    (tmp_path / PACKAGE).mkdir(parents=True)
    roaming = tmp_path / "AppData/Roaming/Claude/claude_desktop_config.json"
    roaming.parent.mkdir(parents=True)
    roaming.write_text("{}")
    assert configurations(HOSTS["claude-desktop"], machine(tmp_path, "win32")) == [tmp_path / IN_PACKAGE, roaming]


def test_two_windows_packages_of_claude_desktop_are_not_guessed_between(tmp_path: Path) -> None:
    for name in ("Claude_pzs8sxrjxfjjc", "Claude_other"):
        (tmp_path / "AppData/Local/Packages" / name).mkdir(parents=True)
    with pytest.raises(HostError, match=r"Claude_other.* or .*Claude_pzs8sxrjxfjjc.*--config-path"):
        configurations(HOSTS["claude-desktop"], machine(tmp_path, "win32"))


def test_opencode_with_comments_in_its_file_is_found_there(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "opencode"
    folder.mkdir(parents=True)
    (folder / "opencode.jsonc").touch()
    assert configurations(HOSTS["opencode"], machine(tmp_path, "linux"))[0] == folder / "opencode.jsonc"
