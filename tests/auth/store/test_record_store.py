"""Credential files: whom they are open to, what becomes of a bad one, and that nobody ever reads half of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from closient_mcp.auth.errors import AuthError, UnavailableError, UserActionRequired
from closient_mcp.auth.history import History
from closient_mcp.auth.records import Client, Device, Pending, Record, Server, Tokens
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.auth.store.backend import RecordKey
from closient_mcp.auth.store.files import Files
from closient_mcp.auth.store.record_store import Store

from ...fakes.limits import SECONDS

SITE = "https://www.example.com"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "new" / "home" / "credentials"


@pytest.fixture
def redaction() -> Redaction:
    return Redaction()


@pytest.fixture
def store(folder: Path, redaction: Redaction) -> Store:
    return Store(Files(folder), "closient", SITE, lambda: "registered", redaction)


def record(access_token: str = "access-token-one", **members: Any) -> Record:
    tokens = Tokens(access_token=access_token, refresh_token="refresh-token-one", obtained_at=1.0, expires_at=2.0)
    return Record(system="closient", site=SITE, tokens=tokens, **members)


def path_of(store: Store, folder: Path) -> Path:
    """Where the store keeps its record."""
    store.write(record())
    (path,) = folder.glob("*.json")
    return path


def test_each_caller_has_a_record_of_their_own(folder: Path, redaction: Redaction) -> None:
    def store_of(caller: str, name: str = "") -> Store:
        return Store(Files(folder), "closient", SITE, lambda: "registered", redaction, caller=caller, caller_name=name)

    store_of("").change(user="operator")
    store_of("a1", "ann").change(user="ann@example.com")
    store_of("b2", "bob").change(user="bob@example.com")
    assert [store_of(caller).read().user for caller in ("", "a1", "b2")] == [
        "operator",
        "ann@example.com",
        "bob@example.com",
    ]
    assert (store_of("a1").read().caller, store_of("a1").read().caller_name) == ("a1", "ann")
    assert sorted(one.caller for one in Files(folder).all()) == ["", "a1", "b2"]


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o777


def test_what_is_written_is_read_again_and_each_writing_is_counted(store: Store) -> None:
    server = Server(issuer=SITE, authorization_endpoint=f"{SITE}/a", token_endpoint=f"{SITE}/t")
    client = Client(client_id="i")
    pending = Pending(
        state="s", verifier="v", nonce="n", redirect_uri="r", url="a", scopes=("a", "b"), expires_at=3.0,
        server=server, client=client,
    )  # fmt: skip
    whole = record(server=server, client=client, pending=pending, user="alice", history=History(declined_at=4.0))
    assert store.read() == Record(system="closient", site=SITE)
    first = store.write(whole)
    second = store.write(first)
    assert store.read() == second == whole.model_copy(update={"rev": 2})


def test_each_system_site_and_client_has_a_file_of_its_own(folder: Path, redaction: Redaction) -> None:
    of = [("closient", SITE, "registered"), ("close", SITE, "registered"), ("closient", "https://x", "registered")]
    given = [*of, ("closient", SITE, "own")]
    stores = [Store(Files(folder), system, site, partial(str, who), redaction) for system, site, who in given]
    for number, store in enumerate(stores):
        store.write(record(f"access-token-{number}"))
    tokens = [store.read().tokens for store in stores]
    assert [one and one.access_token for one in tokens] == [f"access-token-{number}" for number in range(4)]


def test_the_name_of_a_file_shows_no_caller_and_stays_for_the_user_of_the_machine() -> None:
    key = RecordKey("acme", SITE, "registered")
    assert key.name == "acme-1896a419437a6deb"
    assert "ann@example.com" not in RecordKey("acme", SITE, "registered", "ann@example.com").name


def test_files_that_cannot_be_read_are_left_out_of_the_list(
    store: Store, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = path_of(store, folder)
    (folder / "newer-1.json").write_text('{"v": 2}')
    (folder / "damaged-1.json").write_text("{")
    (folder / "linked-1.json").symlink_to(path)
    assert [one.system for one in Files(folder).all()] == ["closient"]
    assert "newer-1.json cannot be used: a newer version wrote it" in caplog.text


def test_a_systems_name_cannot_lead_out_of_the_folder(folder: Path, redaction: Redaction) -> None:
    Store(Files(folder), "../../evil", SITE, lambda: "registered", redaction).write(record())
    assert [path.parent for path in folder.parent.parent.rglob("*.json")] == [folder]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_rule_1_files_and_every_folder_made_are_their_owners_alone(store: Store, folder: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with store.lock():
            assert store.login_lock().acquire()
            path = path_of(store, folder)
    finally:
        os.umask(before)
    assert {mode(one) for one in folder.iterdir()} == {0o600}
    assert path.parent == folder
    assert [mode(one) for one in (folder, folder.parent, folder.parent.parent)] == [0o700] * 3


def test_rule_1_a_folder_and_a_file_that_others_can_read_are_closed_to_them(store: Store, folder: Path) -> None:
    path = path_of(store, folder)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    assert store.read().tokens
    assert mode(path) == 0o600
    store.write(record())
    assert mode(path.parent) == 0o700


def test_rule_1_a_link_in_place_of_the_file_is_neither_read_nor_written_through(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    path = path_of(store, folder)
    target = tmp_path / "target.json"
    path.rename(target)
    path.symlink_to(target)
    before = target.read_bytes()
    with pytest.raises(UserActionRequired, match="cannot be used"):
        store.read()
    store.write(record("access-token-two"))
    assert target.read_bytes() == before
    assert not path.is_symlink()
    assert store.read().rev == 1


def test_rule_1_a_folder_that_is_a_link_is_refused(store: Store, folder: Path, tmp_path: Path) -> None:
    path_of(store, folder)
    folder.rename(tmp_path / "shared")
    folder.symlink_to(tmp_path / "shared")
    with pytest.raises(UserActionRequired, match="is a link"):
        store.read()
    with pytest.raises(UserActionRequired, match="is a link"), store.lock():
        pass


def _link(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, _link], ids=["fifo", "folder", "link"])
def test_what_is_no_file_is_rejected_at_once_and_named(
    store: Store, folder: Path, make: Callable[[Path], None]
) -> None:
    path = path_of(store, folder)
    path.unlink()
    make(path)
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(UserActionRequired, match=path.name):
            store.read()
    assert len(list(Path("/dev/fd").iterdir())) == before


@pytest.mark.parametrize("make", [os.mkdir, _link], ids=["folder", "link"])
def test_a_lock_that_cannot_be_had_is_reported(store: Store, folder: Path, make: Callable[[Path], None]) -> None:
    make(Path(f"{path_of(store, folder)}.lock"))
    with pytest.raises(AuthError), store.lock():
        pass


def test_a_file_in_place_of_the_folder_is_reported(store: Store, folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("")
    with pytest.raises(UserActionRequired, match="cannot be used"):
        store.read()
    with pytest.raises(UnavailableError, match="could not be saved"):
        store.write(record())
    with pytest.raises(AuthError), store.lock():
        pass


def test_a_file_that_belongs_to_another_user_is_rejected(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path_of(store, folder)
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    with pytest.raises(UserActionRequired, match="belongs to another user"):
        store.read()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"5",
        b"\x00\xff\xfe",
        b'{"v": 1}',
        b'{"v": 1e999}',
        b'{"v": 1, "system": 5, "site": "s"}',
        b" " * 2**21,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_a_damaged_file_is_set_aside_named_and_never_deleted(
    store: Store, folder: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    path = path_of(store, folder)
    path.write_bytes(content)
    assert store.read() == Record(system="closient", site=SITE)
    (aside,) = path.parent.glob(f"{path.name}.corrupt-*")
    assert aside.read_bytes() == content
    assert mode(aside) == 0o600
    assert not path.exists()
    assert aside.name in caplog.text


def test_two_damaged_files_are_both_kept(store: Store, folder: Path) -> None:
    path = path_of(store, folder)
    for content in ("one", "two"):
        path.write_text(content)
        store.read()
    assert {aside.read_text() for aside in path.parent.glob("*.corrupt-*")} == {"one", "two"}


@pytest.mark.parametrize("member", ["pending", "device"])
def test_what_is_under_way_and_cannot_be_read_loses_no_sign_in(store: Store, folder: Path, member: str) -> None:
    path = path_of(store, folder)
    content: dict[str, Any] = json.loads(path.read_text())
    content[member] = {"state": "of an older version"}
    path.write_text(json.dumps(content))
    kept = store.read()
    assert kept.tokens
    assert (kept.pending, kept.device) == (None, None)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be_read_for_a_moment_is_read_after_it(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path_of(store, folder)
    monkeypatch.setattr("closient_mcp.auth.store.private_files._TRIES", 4)
    open_file, refusals = os.open, iter(range(3))

    def sharing_violation(*given: Any) -> int:
        if next(refusals, None) is not None:
            raise PermissionError(13, "The process cannot access the file because it is being used")
        return open_file(*given)

    monkeypatch.setattr(os, "open", sharing_violation)
    assert store.read().tokens


@pytest.mark.parametrize(
    "newer",
    [
        {"v": 2, "system": "closient", "site": SITE},
        {"v": 2, "accounts": []},
        {"v": 2, "system": "closient", "site": SITE, "tokens": ["another", "shape"]},
    ],
    ids=["same shape", "nothing we know", "another shape"],
)
def test_a_file_of_a_newer_version_is_left_as_it_is(store: Store, folder: Path, newer: dict[str, Any]) -> None:
    path = path_of(store, folder)
    path.write_text(json.dumps(newer))
    with pytest.raises(UserActionRequired, match="a newer version wrote it") as caught:
        store.read()
    assert "Update" in caught.value.next_step
    assert json.loads(path.read_text()) == newer


def test_what_a_newer_version_added_is_written_back_as_it_was(store: Store, folder: Path) -> None:
    path = path_of(store, folder)
    content: dict[str, Any] = json.loads(path.read_text())
    content["later"] = {"a": [1, None]}
    content["tokens"]["later"] = "kept"
    path.write_text(json.dumps(content))
    store.write(store.read())
    rewritten: dict[str, Any] = json.loads(path.read_text())
    assert (rewritten["later"], rewritten["tokens"]["later"]) == ({"a": [1, None]}, "kept")


def test_no_one_ever_reads_half_of_a_record(store: Store, folder: Path) -> None:
    store.write(record())
    stop, seen = threading.Event(), list[int]()

    def read() -> None:
        while not stop.is_set():
            seen.append(store.read().rev)

    reader = threading.Thread(target=read)
    reader.start()
    last = store.read()
    for number in range(60):
        last = store.write(last.model_copy(update={"user": "x" * (number * 370 % 9000)}))
    stop.set()
    reader.join(SECONDS)
    assert last.rev == 61
    assert seen == sorted(seen)
    assert 0 not in seen
    assert [path.suffix for path in folder.iterdir()] == [".json"]


def test_a_write_that_fails_says_so_leaves_the_old_record_and_no_half_file(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_of(store, folder)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnavailableError, match=r"could not be saved.*No space left") as caught:
        store.write(record("access-token-two"))
    assert "access-token-two" not in f"{caught.value} {vars(caught.value)}"
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be_replaced_for_a_moment_is_replaced_after_it(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path_of(store, folder)
    monkeypatch.setattr("closient_mcp.auth.store.private_files._TRIES", 4)
    replace, refusals = Path.replace, iter(range(3))

    def sharing_violation(self: Path, target: Path) -> Path:
        if next(refusals, None) is not None:
            raise PermissionError(13, "The process cannot access the file because it is being used")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", sharing_violation)
    store.write(record("access-token-two"))
    tokens = store.read().tokens
    assert tokens
    assert tokens.access_token == "access-token-two"
    refusals = iter(range(100))
    with pytest.raises(UnavailableError, match="being used"):
        store.write(record("access-token-three"))
    assert [path.suffix for path in folder.iterdir()] == [".json"]


def test_what_a_process_left_that_was_killed_while_it_wrote_is_swept_away(store: Store, folder: Path) -> None:
    path = path_of(store, folder)
    left, under_way = path.with_name(f".{path.name}-left"), path.with_name(f".{path.name}-now")
    for half in (left, under_way):
        half.write_text("access-token-one")
    os.utime(left, (1, 1))
    store.write(record("access-token-two"))
    assert not left.exists()
    assert under_way.exists()


def test_a_lock_is_not_kept_by_a_child_of_who_held_it(store: Store, folder: Path, redaction: Redaction) -> None:
    with store.lock():
        # A browser, or a command that gives a secret.
        child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    with child, Store(Files(folder), "closient", SITE, lambda: "registered", redaction).lock():
        assert child.poll() is None
        child.kill()


def test_the_lock_is_for_one_at_a_time_also_within_a_process(store: Store, folder: Path, redaction: Redaction) -> None:
    other = Store(Files(folder), "closient", SITE, lambda: "registered", redaction)
    entered, order = threading.Event(), list[str]()

    def enter() -> None:
        entered.set()
        with other.lock():
            order.append("second")

    with store.lock():
        thread = threading.Thread(target=enter)
        thread.start()
        assert entered.wait(SECONDS)
        store.write(record())
        order.append("first")
    thread.join(SECONDS)
    assert order == ["first", "second"]


def test_the_lock_is_free_again_after_an_error(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.lock():
        raise ZeroDivisionError
    with store.lock():
        assert store.login_lock().acquire()
        assert store.write(record()).rev == 1


def test_a_lock_that_another_holds_for_too_long_is_reported(
    store: Store, folder: Path, redaction: Redaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closient_mcp.auth.store.files._PATIENCE", 0.1)
    other = Store(Files(folder), "closient", SITE, lambda: "registered", redaction)
    with (
        store.lock(),
        pytest.raises(UnavailableError, match=f"Another copy of closient-mcp is renewing the sign-in to {SITE}"),
        other.lock(),
    ):
        pass


def test_a_lock_taken_in_one_thread_can_be_released_in_another(store: Store) -> None:
    lock = store.login_lock()
    assert lock.acquire()
    thread = threading.Thread(target=lock.release)
    thread.start()
    thread.join(SECONDS)
    assert store.login_lock().acquire()


@pytest.mark.parametrize("through", ["reading", "writing"])
def test_rule_1_every_secret_of_a_record_is_hidden_from_then_on(store: Store, folder: Path, through: str) -> None:
    secrets = [f"secret-value-{number}" for number in range(12)]
    server = Server(issuer=SITE, token_endpoint=f"{SITE}/token")
    device = Device(
        device_code=secrets[7],
        user_code="",
        url="",
        interval=5.0,
        scopes=(),
        expires_at=0.0,
        server=server,
        client=Client(client_id="i", client_secret=secrets[8], registration_token=secrets[9]),
    )
    whole = Record(
        system="closient",
        site=SITE,
        client=Client(client_id="i", client_secret=secrets[0], registration_token=secrets[1]),
        tokens=Tokens(access_token=secrets[2], refresh_token=secrets[3], obtained_at=0.0),
        pending=Pending(
            state=secrets[4],
            verifier=secrets[5],
            nonce=secrets[6],
            redirect_uri="",
            url="",
            scopes=(),
            expires_at=0.0,
            server=server,
            client=Client(client_id="i", client_secret=secrets[10], registration_token=secrets[11]),
        ),
        device=device,
    )
    store.write(whole)
    redaction = Redaction()
    fresh = Store(Files(folder), "closient", SITE, lambda: "registered", redaction)
    if through == "reading":
        fresh.read()
    else:
        fresh.write(whole)
    assert "secret-value" not in redaction.hide(" ".join(secrets))
    assert "secret-value" not in f"{whole!r} {whole}"


def test_rule_1_a_value_that_does_not_fit_is_not_shown_in_the_error() -> None:
    with pytest.raises(ValidationError) as caught:
        Tokens.model_validate({"access_token": ["secret-value-1"], "obtained_at": "secret-value-2"})
    assert "secret-value" not in str(caught.value)


def test_rule_1_the_secrets_of_many_callers_are_hidden_as_long_as_their_stores_are_in_use(
    folder: Path, redaction: Redaction
) -> None:
    stores = [
        Store(Files(folder), "acme", SITE, lambda: "registered", redaction, caller=str(number)) for number in range(150)
    ]
    for number, store in enumerate(stores):
        store.write(record(f"access-token-of-{number:03}"))
    assert redaction.hide("access-token-of-000") == "[secret]"
