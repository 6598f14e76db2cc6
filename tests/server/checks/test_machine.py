"""Checks of this machine that send nothing: settings, files, variables of the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from closient_mcp.server.checks.finding import Finding
from closient_mcp.server.checks.machine import check_files, check_network, check_settings
from closient_mcp.server.checks.systems import compare_clocks
from closient_mcp.server.settings.loading import invalid_settings
from closient_mcp.server.settings.model import Settings

SITE = "https://www.closient.com"
NOON = "Sat, 28 Nov 2026 12:00:00 GMT"
AT_NOON = 1_795_867_200.0


def settings_in(home: Path) -> Settings:
    return Settings(systems=(), home=home, config=home / "closient-mcp.toml")


def test_each_problem_and_warning_of_the_settings_is_a_finding(tmp_path: Path) -> None:
    settings = replace(invalid_settings({"CLOSIENT_MCP_HOME": str(tmp_path)}, ("a.toml:1: x",)), warnings=("w",))
    found = list(check_settings(settings))
    assert [(finding.level, finding.message) for finding in found] == [("error", "a.toml:1: x"), ("warning", "w")]
    assert str(tmp_path / "closient-mcp.toml") in found[0].fix


def test_sign_ins_that_others_can_open_are_named_with_the_command_that_helps(tmp_path: Path) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    for name, mode in (("private.json", 0o600), ("shared.json", 0o640)):
        (folder / name).touch()
        (folder / name).chmod(mode)
    (finding,) = check_files(settings_in(tmp_path))
    shared = folder / "shared.json"
    assert finding == Finding("error", "files", f"other users can open {shared}", f"chmod 600 '{shared}'")
    shared.chmod(0o600)
    assert [finding.level for finding in check_files(settings_in(tmp_path))] == ["ok"]


def test_without_stored_sign_ins_the_files_are_in_order(tmp_path: Path) -> None:
    (finding,) = check_files(settings_in(tmp_path))
    assert finding.level == "ok"


def test_a_certificate_file_that_is_not_there_is_named() -> None:
    found = list(check_network({"SSL_CERT_FILE": "/none.pem", "HTTPS_PROXY": "http://proxy.example:3128"}))
    assert found[0] == Finding(
        "error", "network", "SSL_CERT_FILE is set to /none.pem, which does not exist", "Correct or unset SSL_CERT_FILE."
    )


@pytest.mark.parametrize(
    ("date", "seconds", "message"),
    [
        (NOON, 59, f"agrees with that of {SITE}"),
        (NOON, 600, f"10 minutes ahead of that of {SITE}"),
        (NOON, -7200, f"120 minutes behind that of {SITE}"),
        ("", 0, None),
        ("yesterday", 0, None),
    ],
)
def test_the_clock_is_compared_with_the_header_date(date: str, seconds: float, message: str | None) -> None:
    finding = compare_clocks(date, AT_NOON + seconds, SITE)
    assert (finding and finding.message) == message
