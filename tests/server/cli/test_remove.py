"""`closient-mcp remove`: the sign-in is revoked, and the rest of the settings file stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...fakes.command_line import run
from ...fakes.machine import Machine

TWO_ACCOUNTS = """\
# Two accounts of one service
expose = "core"

[systems.work]  # alice
preset = "closient"
site = "{site}"

# The other one
[systems.private]
preset = "closient"
site = "{site}"
"""


@pytest.fixture
def accounts(machine: Machine) -> Path:
    """The settings file of a machine that is signed in to two accounts."""
    file = machine.home / "closient-mcp.toml"
    machine.home.mkdir(exist_ok=True)
    file.write_text(TWO_ACCOUNTS.format(site=machine.sandbox.url))
    return file


def test_two_accounts_of_one_service_are_named_at_sign_in_and_sign_out(machine: Machine, accounts: Path) -> None:
    site = machine.sandbox.url
    for name, user in (("work", "alice"), ("private", "bob")):
        machine.username = user
        ran = machine.run("login", name, CLOSIENT_SITE="")
        assert f"Signed in to {name} ({site}) as {user}@closient.example" in ran.err
    assert machine.run("logout", CLOSIENT_SITE="").err == (
        f"work: Signed out of {site}: the sign-in is revoked.\nprivate: Signed out of {site}: the sign-in is revoked.\n"
    )


def test_a_removed_system_is_signed_out_of_and_the_rest_of_the_file_stays(machine: Machine, accounts: Path) -> None:
    machine.run("login", "work", CLOSIENT_SITE="")
    before = accounts.read_text()
    ran = machine.run("remove", "work", CLOSIENT_SITE="")
    assert ran.code == 0
    assert ran.err == (
        f"work: Signed out of {machine.sandbox.url}: the sign-in is revoked.\nRemoved work from {accounts}\n"
    )
    begin, end = before.index("[systems.work]"), before.index("# The other one")
    assert accounts.read_text() == before[:begin] + before[end:]


@pytest.mark.parametrize(
    ("text", "code", "message", "after"),
    [
        ("[systems.acme]\nbase = 1\n", 0, "its sign-in, if there is one, was not revoked", ""),
        ('systems.acme.credential = "none"\n', 0, "so that closient is used, as without a file", ""),
        (
            "[systems.acne]\nsite = 'http://[::1]:9'",
            2,
            "has no system acme; did you mean acne?",
            "[systems.acne]\nsite = 'http://[::1]:9'",
        ),
        ("", 2, "has no system acme.", ""),
        ("systems = { acme = {} }\n", 2, "systems.acme is written inside another table", "systems = { acme = {} }\n"),
        ("[systems.acme\n", 2, "it is not TOML", "[systems.acme\n"),
    ],
    ids=["invalid", "dotted keys", "another name", "empty", "inline", "not TOML"],
)
def test_what_is_removed_is_what_was_named(tmp_path: Path, text: str, code: int, message: str, after: str) -> None:
    file = tmp_path / "closient-mcp.toml"
    file.write_text(text)
    ran = run("remove", "acme", "--config", str(file), site="")
    assert (ran.code, file.read_text()) == (code, after)
    assert message in ran.err
