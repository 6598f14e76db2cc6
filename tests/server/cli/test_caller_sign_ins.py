"""The sign-ins of callers over HTTP, as their operator lists and ends them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from closient_mcp.auth.errors import UnavailableError
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.sign_in.sign_out import sign_out
from closient_mcp.server.cli import caller_sign_ins

from ...fakes.command_line import CommandResult, run
from ...fakes.team import Place, place_at


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A place where two callers are signed in."""
    with place_at(tmp_path) as made:

        async def sign_in() -> None:
            async with made.team() as team:
                for subject, account in (("ann", "anna"), ("bob", "robert")):
                    await team.browser(subject, account).open(await team.link(subject))

        anyio.run(sign_in)
        yield made


def command(place: Place, *words: str) -> CommandResult:
    file = str(place.home / "closient-mcp.toml")
    return run("--config", file, *words, site="", CLOSIENT_MCP_HOME=str(place.home))


def revoked(place: Place) -> list[bytes]:
    """The tokens that were revoked."""
    return [got.body for got in place.upstream.service.received if got.path == "/revoke"]


def test_status_names_the_callers_and_their_accounts(place: Place) -> None:
    state = command(place, "status", "--json").json()["systems"]["acme"]
    assert sorted((each["caller"], each["user"]) for each in state["callers"]) == [("ann", "anna"), ("bob", "robert")]
    assert state["credential"]["signed_in"] is False
    assert "2 callers signed in: ann as anna, bob as robert" in command(place, "status").out


def test_the_sign_in_of_one_caller_is_ended(place: Place) -> None:
    ended = command(place, "logout", "acme", "--caller", "ann")
    assert ended.code == 0
    assert "acme, ann: Signed out" in ended.err
    assert [b"access-anna" in body or b"refresh-anna" in body for body in revoked(place)] == [True, True]
    assert "1 caller signed in: bob as robert" in command(place, "status").out
    again = command(place, "logout", "acme", "--caller", "ann")
    assert again.code == 1
    assert "No caller with the name ann is signed in" in again.err


def test_the_sign_ins_of_all_callers_are_ended_and_those_of_the_operator_are_not_touched(place: Place) -> None:
    assert "not signed in" in command(place, "logout").err
    assert revoked(place) == []
    assert command(place, "logout", "--all-callers", "--forget").code == 0
    assert len(revoked(place)) == 4
    assert "signed in:" not in command(place, "status").out


def test_sign_ins_of_earlier_settings_are_named_and_not_taken_for_ended(place: Place) -> None:
    file = place.home / "closient-mcp.toml"
    text = file.read_text(encoding="utf-8")
    for credential in ('{ client_id = "another" }', '{ grant = "api_key", key = { env = "KEY" } }'):
        file.write_text(text.replace(place.credential, credential), encoding="utf-8")
        ended = command(place, "logout", "--all-callers")
        assert ended.code == 1
        assert "acme, ann: still signed in, with the grant, client or issuer of earlier settings" in ended.err
        assert revoked(place) == []
    file.write_text(text, encoding="utf-8")
    assert command(place, "logout", "--all-callers").code == 0
    assert len(revoked(place)) == 4


def test_a_sign_in_that_cannot_be_ended_does_not_keep_the_others(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails_for_ann(session: Session, *, forget: bool) -> str:
        if session.store.read().caller_name == "ann":
            raise UnavailableError("It is locked.", "Try again later.", system="acme", url=place.upstream.url)
        return sign_out(session, forget=forget)

    monkeypatch.setattr(caller_sign_ins, "sign_out", fails_for_ann)
    ended = command(place, "logout", "--all-callers")
    assert ended.code == 1
    assert "acme, ann: It is locked. Try again later." in ended.err
    assert "acme, bob: Signed out" in ended.err
