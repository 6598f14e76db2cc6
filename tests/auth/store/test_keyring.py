"""Sign-ins in the keyring: trusted once it has proven itself, and never the reason for another sign-in."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from closient_mcp.auth.errors import UnavailableError
from closient_mcp.auth.oauth.http import HttpClient
from closient_mcp.auth.profile import Profile, Storage
from closient_mcp.auth.records import Client, Record, Server, Tokens
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.sign_in.login import Login
from closient_mcp.auth.sign_in.sign_out import sign_out
from closient_mcp.auth.store.files import Files
from closient_mcp.auth.store.record_store import Store

from ...fakes.command_line import run_process
from ...fakes.desk import Desk, at_rest, come_back, ended
from ...fakes.limits import SECONDS
from ...fakes.machine import Machine
from ...fakes.paths import APPROVING_BROWSER, TESTS
from ...fakes.service import Reply

SITE = "https://www.example.com"


@dataclass
class Ring:
    """A keyring in memory, and whatever is wrong with it."""

    entries: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    asked: list[str] = field(default_factory=list[str])
    before: Callable[[str], None] | None = None
    forgets: bool = False
    longest: int = 10_000

    def get_password(self, service: str, name: str) -> str | None:
        self._ask("get")
        return None if self.forgets else self.entries.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        self._ask("set")
        if len(value) > self.longest:
            raise OSError("the stub received bad data: a-secret-of-the-keyring")
        self.entries[service, name] = value

    def delete_password(self, service: str, name: str) -> None:
        self._ask("delete")
        del self.entries[service, name]

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.before:
            self.before(what)

    def held(self) -> list[str]:
        return list(self.entries.values())


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    made, module = Ring(), ModuleType("keyring")
    for name in ("get_password", "set_password", "delete_password"):
        setattr(module, name, getattr(made, name))
    monkeypatch.setitem(sys.modules, "keyring", module)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "credentials"


def store_in(folder: Path, storage: Storage = "keyring") -> Store:
    return Store(Files(folder, storage), "acme", SITE, lambda: "registered", Redaction())


def record(number: int = 1, **members: object) -> Record:
    whole = Record(
        system="acme",
        site=SITE,
        server=Server(issuer=SITE, token_endpoint=f"{SITE}/token"),
        client=Client(client_id="i", client_secret=f"client-secret-{number}", registration_token="registration-token"),
        tokens=Tokens(access_token=f"access-{number}", refresh_token=f"refresh-{number}", obtained_at=1.0, scope="a b"),
    )
    return whole.model_copy(update=members)


def file_of(folder: Path) -> str:
    (path,) = folder.glob("*.json")
    return path.read_text()


def access_token(store: Store) -> str:
    tokens = store.read().tokens
    return tokens.access_token if tokens else ""


def fail(_: str) -> None:
    raise OSError("Prompt dismissed: a-secret-of-the-keyring")


def test_rule_1_the_keyring_has_the_secrets_and_the_file_all_else(ring: Ring, folder: Path) -> None:
    written = store_in(folder).write(record())
    (held,) = ring.held()
    text = file_of(folder)
    for secret in ("access-1", "refresh-1", "client-secret-1", "registration-token"):
        assert secret in held
        assert secret not in text
    assert store_in(folder).read() == written
    assert json.loads(text)["client"]["client_id"] == "i"


def test_without_the_setting_the_keyring_is_never_asked(ring: Ring, folder: Path) -> None:
    store_in(folder, "file").write(record())
    assert access_token(store_in(folder, "file")) == "access-1"
    assert ring.asked == []


def test_the_keyring_is_tried_with_what_is_no_secret_before_it_is_given_one(ring: Ring, folder: Path) -> None:
    given: list[str] = []
    ring.before = lambda what: given.append(f"{what} {ring.held()}")
    store = store_in(folder)
    store.write(record())
    assert [line.split()[0] for line in given] == ["set", "get", "delete", "set", "get"]
    assert "access-1" not in " ".join(given[:4])
    assert len(ring.entries) == 1
    store.write(store.read().model_copy(update={"tokens": record(2).tokens}))
    assert ring.asked.count("delete") == 1


def test_a_writing_that_changes_no_secret_leaves_the_keyring_alone(ring: Ring, folder: Path) -> None:
    store = store_in(folder)
    store.write(record())
    before = ring.asked.count("set")
    store.change(user="alice")
    assert ring.asked.count("set") == before
    assert store_in(folder).read().user == "alice"
    assert access_token(store_in(folder)) == "access-1"


def test_what_another_process_renewed_is_read_and_what_it_left_is_not_fetched_again(ring: Ring, folder: Path) -> None:
    store = store_in(folder)
    store.write(record())
    assert access_token(store) == "access-1"
    store_in(folder).change(tokens=record(2).tokens)
    ring.asked.clear()
    assert [access_token(store) for _ in range(3)] == ["access-2"] * 3
    assert ring.asked == ["get"]


def test_a_process_that_died_between_keyring_and_file_has_lost_nothing(ring: Ring, folder: Path) -> None:
    store = store_in(folder)
    store.write(record())
    ((name, _),) = ring.entries.items()
    ring.entries[name] = ring.entries[name].replace("-1", "-2")
    with store.lock():
        assert access_token(store) == "access-2"


@pytest.mark.parametrize("fault", ["fails", "gives back nothing", "takes no more than a Windows does", "is missing"])
def test_a_keyring_that_does_not_work_causes_only_a_warning(
    ring: Ring, folder: Path, fault: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if fault == "fails":
        ring.before = fail
    elif fault == "gives back nothing":
        ring.forgets = True
    elif fault == "is missing":
        monkeypatch.setitem(sys.modules, "keyring", None)
    ring.longest = 60 if fault.startswith("takes") else ring.longest
    store = store_in(folder)
    for number in range(3):
        store.write(record(number))
        assert access_token(store_in(folder)) == f"access-{number}" == access_token(store)
    assert [line.levelno for line in caplog.records] == [logging.WARNING]
    assert "is stored in a file, because" in caplog.text
    assert "a-secret" not in caplog.text


def test_a_keyring_that_waits_for_a_user_is_waited_for_once_and_not_for_long(
    ring: Ring, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("closient_mcp.auth.secrets.keyring._SECONDS", 0.05)
    unlocked = threading.Event()

    def wait(_: str) -> None:
        unlocked.wait(SECONDS)

    ring.before = wait
    store = store_in(folder)
    for number in range(3):
        store.write(record(number))
    assert access_token(store) == "access-2"
    assert ring.asked == ["set"]
    assert "did not answer within" in caplog.text
    unlocked.set()


def test_what_the_keyring_does_not_give_is_not_a_sign_in_that_has_ended(ring: Ring, folder: Path) -> None:
    store_in(folder).write(record())
    before = file_of(folder)
    ring.before = fail
    with pytest.raises(UnavailableError) as caught:
        store_in(folder).read()
    reason = f"{caught.value.message} {caught.value.next_step}"
    assert "is in the keyring, which cannot be read: the keyring cannot be used (OSError)" in reason
    assert "closient-mcp logout acme" in reason
    assert "a-secret" not in reason
    assert file_of(folder) == before
    ring.before = None
    assert access_token(store_in(folder)) == "access-1"


def test_a_keyring_that_says_nothing_is_there_is_believed_only_if_it_works(ring: Ring, folder: Path) -> None:
    store_in(folder).write(record())
    ring.forgets = True
    with pytest.raises(UnavailableError, match="does not return what is stored in it"):
        store_in(folder).read()
    ring.forgets = False
    ring.entries.clear()
    assert access_token(store_in(folder)) == ""


def test_nothing_is_dropped_that_the_keyring_only_failed_to_give(ring: Ring, folder: Path) -> None:
    store_in(folder).write(record())
    store = store_in(folder)
    assert access_token(store) == "access-1"
    held = dict(ring.entries)
    ring.entries.clear()
    with store.lock():
        store.write(store.read().model_copy(update={"user": "alice"}))
    ring.entries |= held
    assert access_token(store_in(folder)) == "access-1"
    assert store_in(folder).read().user == "alice"


def test_a_keyring_that_fails_is_left_alone_for_a_while(ring: Ring, folder: Path) -> None:
    store_in(folder).write(record())
    store = store_in(folder)
    ring.before = fail
    ring.asked.clear()
    for _ in range(20):
        with pytest.raises(UnavailableError):
            store.read()
    assert ring.asked == ["get"]


def test_what_was_granted_is_kept_while_the_keyring_is_locked(ring: Ring, desk: Desk) -> None:
    attempt = Login(session_of(desk), lambda _: True).start(())
    assert attempt.ready.wait(SECONDS)
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    desk.now += 3600
    desk.service.routes["/token"] = desk.token
    again = Login(session_of(desk), lambda _: True).start(())
    assert again.ready.wait(SECONDS)
    ring.before = fail
    desk.granted |= {"access_token": "granted-while-locked"}
    come_back(again)
    assert ended(again) == ""
    assert at_rest()
    assert "granted-while-locked" in file_of(desk.folder)


@pytest.mark.parametrize("text", ["", "null", "{", '{"tokens": 5}'])
def test_an_entry_that_is_no_sign_in_is_none(ring: Ring, folder: Path, text: str) -> None:
    store_in(folder).write(record())
    ((name, _),) = ring.entries.items()
    ring.entries[name] = text
    kept = store_in(folder).read()
    assert kept.tokens is None
    assert kept.client
    assert kept.client.client_id == "i"


def test_secrets_of_another_client_are_not_this_ones(ring: Ring, folder: Path) -> None:
    store_in(folder).write(record())
    ((name, text),) = ring.entries.items()
    ring.entries[name] = text.replace('"client_id":"i"', '"client_id":"another"')
    kept = store_in(folder).read()
    assert kept.client
    assert kept.client.client_secret is None


def test_a_setting_that_changes_moves_the_secrets_at_the_next_writing(ring: Ring, folder: Path) -> None:
    store_in(folder, "file").write(record())
    store_in(folder).change(user="alice")
    assert "access-1" not in file_of(folder)
    assert access_token(store_in(folder, "file")) == "access-1"
    store_in(folder, "file").change(user="bob")
    assert "access-1" in file_of(folder)
    assert ring.held() == []


def test_the_secrets_leave_the_keyring_with_the_sign_in(ring: Ring, folder: Path) -> None:
    store = store_in(folder)
    store.write(record())
    store.change(tokens=None, client=None)
    assert ring.held() == []
    assert store_in(folder).read().tokens is None


def test_signing_out_is_the_way_out_of_a_keyring_that_is_gone(ring: Ring, folder: Path) -> None:
    store_in(folder).write(record())
    ring.before = fail
    profile = Profile("acme", SITE, frozenset({SITE}), "1", store="keyring")
    session = Session(profile, store_in(folder), HttpClient(trust_env=False))
    reason = sign_out(session)
    assert "Signed out of https://www.example.com on this machine only." in reason
    assert "is in the keyring" in reason
    assert store_in(folder).read().tokens is None
    assert store_in(folder).read().client is None


# Whole sign-ins


def session_of(desk: Desk) -> Session:
    given = Profile("closient", desk.service.url, frozenset({desk.service.url}), "1", store="keyring")
    store = Store(Files(desk.folder, "keyring"), "closient", desk.service.url, lambda: "registered", desk.redaction)
    return Session(given, store, HttpClient(trust_env=False), clock=lambda: desk.now)


def test_a_sign_in_is_begun_kept_renewed_and_ended_with_its_secrets_in_the_keyring(ring: Ring, desk: Desk) -> None:
    attempt = Login(session_of(desk), lambda _: True).start(())
    assert attempt.ready.wait(SECONDS)
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    assert "the-access-token" not in file_of(desk.folder)
    assert "the-refresh-token" in ring.held()[0]
    desk.now += 3600
    renewed = {"access_token": "the-next-access-token", "refresh_token": "the-next-refresh-token"}
    desk.service.routes["/token"] = Reply({**desk.granted, **renewed})
    session = session_of(desk)
    assert asyncio.run(session.token()) == "the-next-access-token"
    assert "the-next-refresh-token" in ring.held()[0]
    assert "next" not in file_of(desk.folder)
    sign_out(session, forget=True)
    assert ring.held() == []


def test_processes_share_a_sign_in_that_the_keyring_has(machine: Machine, tmp_path: Path) -> None:
    sandbox, home, entries = machine.sandbox, machine.home, tmp_path / "keyring"
    entries.write_text("{}")
    (home / "closient-mcp.toml").write_text(
        '[systems.closient]\ncredential = { grant = "authorization_code", store = "keyring" }\n'
    )
    environment = {
        "CLOSIENT_MCP_HOME": str(home),
        "BROWSER": f"{sys.executable} {APPROVING_BROWSER} %s",
        "PYTHON_KEYRING_BACKEND": "keyring_backend.Keyring",
        "PYTHONPATH": str(TESTS / "fakes"),
        "KEYRING_OF_A_TEST": str(entries),
    }

    def whoami() -> str:
        return run_process("call", "account_whoami", "{}", site=sandbox.url, **environment).out

    assert "alice" in whoami()
    sandbox.control("expire-tokens")
    assert "alice" in whoami()
    text = file_of(home / "credentials")
    held = json.loads(next(iter(json.loads(entries.read_text()).values())))
    assert held["tokens"]["refresh_token"] not in text
    assert json.loads(text)["tokens"] is None
    assert "kept in the keyring" in run_process("status", site=sandbox.url, **environment).out
    entries.unlink()
    reason = whoami()
    assert "is in the keyring, which cannot be read: the keyring cannot be used" in reason
    assert '"isError": true' in reason
    assert sandbox.count("POST", "/oauth/register/") == 1
    assert sandbox.count("POST", "/oauth/authorize/") == 1
