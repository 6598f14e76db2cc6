"""The command that is written into a host, and the environment that the host starts it in."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from closient_mcp.server.hosts.errors import HostError
from closient_mcp.server.hosts.launch import Launch, has_placeholder, host_environment, own_launch
from closient_mcp.server.hosts.paths import Machine
from closient_mcp.server.hosts.table import HOSTS

ENVIRONMENT = {
    "HOME": "/home/ann",
    "PATH": "/home/ann/bin:/usr/bin",
    "CLOSIENT_SITE": "testing",
    "CLOSIENT_API_KEY": "csb_secret",
    "CLOSIENT_CLIENT_SECRET": "secret",
    "CLOSIENT_MCP_READ_ONLY": " ",
    "HTTPS_PROXY": "http://ann:secret@proxy.example:3128",
    "http_proxy": "http://proxy.example:3128",
    "SSL_CERT_FILE": "/etc/company.pem",
}


def machine(platform: str = "linux") -> Machine:
    return Machine(ENVIRONMENT, platform, Path("/home/ann"))


def scripts_are_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def path(_: str) -> str:
        return str(folder)

    monkeypatch.setattr(sysconfig, "get_path", path)


def test_the_command_has_its_whole_path_and_no_secret_is_written() -> None:
    launch = own_launch(HOSTS["codex"], machine(), ["--read-only"])
    assert launch.command == str(Path(sysconfig.get_path("scripts")) / "closient-mcp")
    assert launch.arguments == ("serve", "--read-only")
    assert launch.environment == {
        "CLOSIENT_SITE": "testing",
        "SSL_CERT_FILE": "/etc/company.pem",
        "http_proxy": "http://proxy.example:3128",
    }


def test_a_host_that_passes_its_environment_on_needs_our_settings_only() -> None:
    assert own_launch(HOSTS["zed"], machine(), []).environment == {"CLOSIENT_SITE": "testing"}


def test_without_the_script_python_starts_the_module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scripts_are_in(tmp_path, monkeypatch)
    assert own_launch(HOSTS["zed"], machine(), []).arguments == ("-m", "closient_mcp.server", "serve")


def test_an_installation_in_a_cache_is_not_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scripts_are_in(tmp_path / "archive-v0" / "x" / "bin", monkeypatch)
    (tmp_path / "CACHEDIR.TAG").touch()
    with pytest.raises(HostError, match="uv tool install closient-mcp"):
        own_launch(HOSTS["zed"], machine(), [])


def test_an_environment_that_uv_or_pipx_installed_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scripts = tmp_path / "tools" / "closient-mcp" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "closient-mcp").touch()
    (scripts.parent / "CACHEDIR.TAG").touch()
    scripts_are_in(scripts, monkeypatch)
    assert own_launch(HOSTS["zed"], machine(), []).command == str(scripts / "closient-mcp")


def test_a_host_gives_a_few_variables_or_all_of_its_own() -> None:
    launch = Launch("/bin/closient-mcp", ("serve",), {"CLOSIENT_SITE": "local"})
    assert host_environment(HOSTS["codex"], machine(), launch) == {
        "HOME": "/home/ann",
        "PATH": "/home/ann/bin:/usr/bin",
        "CLOSIENT_SITE": "local",
    }
    assert host_environment(HOSTS["zed"], machine(), launch) == {**ENVIRONMENT, "CLOSIENT_SITE": "local"}


def test_from_the_dock_a_host_has_the_path_of_the_system_and_in_a_terminal_that_of_the_shell() -> None:
    given = host_environment(HOSTS["claude-desktop"], machine("darwin"), Launch("/bin/closient-mcp", (), {}))
    assert given["PATH"] == "/usr/bin:/bin:/usr/sbin:/sbin"
    given = host_environment(HOSTS["codex"], machine("darwin"), Launch("/bin/closient-mcp", (), {}))
    assert given["PATH"] == ENVIRONMENT["PATH"]


@pytest.mark.parametrize("part", ["${HOME}/bin", "{env:KEY}", "${input:key}"])
def test_what_only_the_host_can_fill_in_is_recognized(part: str) -> None:
    assert has_placeholder(Launch("/bin/closient-mcp", ("serve",), {"CLOSIENT_SITE": part}))
    assert not has_placeholder(Launch("/bin/closient-mcp", ("serve",), {"CLOSIENT_SITE": "$5"}))
