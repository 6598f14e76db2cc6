"""The first requests of a connection are answered as the SDK did last time, where nothing has changed."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from closient_mcp.server.serving.replay import MAX_BYTES, Replay, read_answers, replay_for, state_of
from closient_mcp.tools.http.local_files import LocalFiles

INITIALIZE: dict[str, Any] = {"jsonrpc": "2.0", "method": "initialize", "params": {"protocolVersion": "2025-11-25"}}
INITIALIZED: dict[str, Any] = {"jsonrpc": "2.0", "method": "notifications/initialized"}
LIST: dict[str, Any] = {"jsonrpc": "2.0", "method": "tools/list"}
CALL: dict[str, Any] = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "ping"}}
NO_FILES = "[{}, {}]"
NOTHING: tuple[str, dict[str, bytes]] = ("", {})
RESULTS = {"initialize": b'{"capabilities":{"tools":{}}}', "tools/list": b'{"tools":[{"name":"ping"}]}'}


@contextmanager
def connection(
    path: Path, *lines: dict[str, Any] | bytes, state: str = "same"
) -> Generator[tuple[Replay, list[Any], list[Any]]]:
    """A connection whose input has ended: what the host was answered at once, and what the SDK got."""
    source, send = os.pipe()
    receive, target = os.pipe()
    for line in lines:
        os.write(send, (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n")
    os.close(send)
    replay = Replay(path, state, source, target)
    replay.read()
    forwarded = list(replay.lines())
    os.close(target)
    with os.fdopen(receive, "rb") as file:
        answered = [json.loads(line) for line in file.read().splitlines()]
    os.close(source)
    yield replay, answered, forwarded


def record_of(*paths: Path) -> str:
    files = LocalFiles()
    for path in paths:
        files.read(path, MAX_BYTES)
    record = files.record()
    assert record
    return record


def respond(replay: Replay, line: bytes, results: Mapping[str, bytes] = RESULTS, files: str | None = NO_FILES) -> bytes:
    """What the host gets when the SDK answers a line; without `files`, nothing may be recorded."""
    frame = json.loads(line)
    response = b'{"jsonrpc":"2.0","id":%b,"result":%b}\n' % (json.dumps(frame["id"]).encode(), results[frame["method"]])
    sent, is_new = replay.answered(frame["id"], response)
    if is_new and files:
        replay.save(files)
    return sent


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "answers"
    with connection(path, {**INITIALIZE, "id": 0}, INITIALIZED, {**LIST, "id": 1}) as (replay, answered, forwarded):
        assert answered == []
        for line in (forwarded[0], forwarded[2]):
            assert respond(replay, line).startswith(b'{"jsonrpc":"2.0","id":')
    return path


def test_the_same_requests_get_the_same_answers_under_their_own_ids(recorded: Path) -> None:
    lines = {**INITIALIZE, "id": "a"}, INITIALIZED, {**LIST, "id": 7}
    with connection(recorded, *lines) as (replay, answered, forwarded):
        assert [answer["id"] for answer in answered] == ["a", 7]
        assert [answer["result"] for answer in answered] == [json.loads(result) for result in RESULTS.values()]
        assert json.loads(forwarded[1]) == INITIALIZED
        assert not {"a", 7} & {json.loads(line).get("id") for line in forwarded}
        assert [respond(replay, line) for line in (forwarded[0], forwarded[2])] == [b"", b""]
        assert not replay.list_changed


def test_a_list_that_is_no_longer_so_is_a_change_and_recorded(recorded: Path) -> None:
    lines = {**INITIALIZE, "id": 1}, INITIALIZED, {**LIST, "id": 2}
    now = {**RESULTS, "tools/list": b'{"tools":[]}'}
    with connection(recorded, *lines) as (replay, _, forwarded):
        assert [respond(replay, line, now) for line in (forwarded[0], forwarded[2])] == [b"", b""]
        assert replay.list_changed
    with connection(recorded, *lines) as (_, answered, _):
        assert answered[1]["result"] == {"tools": []}


def test_a_list_that_is_no_longer_so_is_not_given_again_if_the_new_one_may_not_be_recorded(recorded: Path) -> None:
    lines = {**INITIALIZE, "id": 1}, INITIALIZED, {**LIST, "id": 2}
    with connection(recorded, *lines) as (replay, _, forwarded):
        respond(replay, forwarded[2], {**RESULTS, "tools/list": b'{"tools":[]}'}, files=None)
    with connection(recorded, *lines) as (_, answered, _):
        assert answered == []


def test_nothing_is_replayed_once_a_local_file_changed(tmp_path: Path) -> None:
    path, document = tmp_path / "answers", tmp_path / "acme.json"
    document.write_text("one", encoding="utf-8")
    lines = {**INITIALIZE, "id": 1}, INITIALIZED, {**LIST, "id": 2}
    with connection(path, *lines) as (replay, _, forwarded):
        respond(replay, forwarded[0], files=record_of(document))
        respond(replay, forwarded[2], files=record_of(document))
    document.write_text("two", encoding="utf-8")
    with connection(path, *lines) as (_, answered, _):
        assert answered == []
    document.write_text("one", encoding="utf-8")
    with connection(path, *lines) as (_, answered, _):
        assert len(answered) == 2


def test_answers_for_earlier_local_files_are_not_kept_with_those_for_the_files_of_now(tmp_path: Path) -> None:
    path, document = tmp_path / "answers", tmp_path / "acme.json"
    document.write_text("one", encoding="utf-8")
    other = {**INITIALIZE, "params": {"protocolVersion": "2024-11-05"}}
    for initialize in (INITIALIZE, other):
        with connection(path, {**initialize, "id": 1}) as (replay, _, forwarded):
            respond(replay, forwarded[0], files=record_of(document))
    assert len(read_answers(path, "same")[1]) == 2
    with connection(path, {**INITIALIZE, "id": 1}) as (replay, answered, forwarded):
        document.write_text("two", encoding="utf-8")
        respond(replay, forwarded[0], {"initialize": b'{"instructions":"two"}'}, files=record_of(document))
        assert len(answered) == 1
    assert list(read_answers(path, "same")[1].values()) == [b'{"instructions":"two"}']


@pytest.mark.parametrize(
    ("lines", "answers"),
    [
        ([{**LIST, "id": 1}], 0),
        ([{**INITIALIZE, "id": 1, "params": {"protocolVersion": "2024-11-05"}}, INITIALIZED, {**LIST, "id": 2}], 0),
        ([{**INITIALIZE, "id": 1}, {**LIST, "id": 2}], 1),
        ([{**INITIALIZE, "id": 1}, INITIALIZED, {**LIST, "id": 1}], 1),
        ([{**INITIALIZE, "id": 1}, INITIALIZED, {**CALL, "id": 2}, {**LIST, "id": 3}], 1),
        ([{**INITIALIZE, "id": 1}, b"no frame", INITIALIZED, {**LIST, "id": 2}], 1),
        ([{**INITIALIZE, "id": 1}, INITIALIZED, {**LIST, "id": 2}, {**LIST, "id": 3}], 2),
        ([{**INITIALIZE, "id": True}], 0),
        ([{**INITIALIZE, "id": 1.0}], 0),
        ([{**INITIALIZE, "id": None}], 0),
        ([{**INITIALIZE, "id": "\ud800"}], 0),
        ([[{**INITIALIZE, "id": 1}]], 0),
        ([b'{"id":1,"method":"initialize","params":' + b"[" * 990 + b"]" * 990 + b"}"], 0),
        ([b'{"id":1,"method":"initialize","params":' + b"[" * 9_000 + b"]" * 9_000 + b"}"], 0),
    ],
    ids=["no handshake", "another version", "not initialized", "an id twice", "after a call", "after a broken line",
         "once more", "boolean", "float", "null", "half a pair", "batch", "deep", "too deep"],
)  # fmt: skip
def test_what_was_not_asked_the_same_way_is_left_to_the_sdk(recorded: Path, lines: list[Any], answers: int) -> None:
    with connection(recorded, *lines) as (_, answered, forwarded):
        assert len(answered) == answers
        assert len(forwarded) == len(lines)
        assert [json.loads(line) for line in forwarded[answers + 1 :] if line != b"no frame"] == [
            line for line in lines[answers + 1 :] if line != b"no frame"
        ]


def test_the_answer_to_a_cancelled_request_is_not_taken_for_that_of_another(tmp_path: Path) -> None:
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    path = tmp_path / "answers"
    with connection(path, {**LIST, "id": 1}, cancelled, {**CALL, "id": 1}) as (replay, _, forwarded):
        response = b'{"jsonrpc":"2.0","id":1,"result":{"content":[]}}\n'
        assert replay.answered(1, response) == (response, False)
        assert [json.loads(line).get("id") for line in forwarded] == [1, None, 1]
    assert not path.exists()


def test_errors_are_not_recorded(tmp_path: Path) -> None:
    with connection(tmp_path / "answers", {**LIST, "id": 1}) as (replay, _, _):
        error = b'{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"x"}}\n'
        assert replay.answered(1, error) == (error, False)


def test_an_error_at_the_end_of_a_connection_forgets_nothing(recorded: Path) -> None:
    with connection(recorded, {**INITIALIZE, "id": 1}, INITIALIZED, {**LIST, "id": 2}) as (replay, _, forwarded):
        own = json.loads(forwarded[2])["id"]
        error = b'{"jsonrpc":"2.0","id":"%b","error":{"code":-32000,"message":"closed"}}\n' % own.encode()
        assert replay.answered(own, error) == (b"", False)
        assert not replay.list_changed
    assert len(read_answers(recorded, "same")[1]) == 2


def test_another_state_replays_nothing(recorded: Path) -> None:
    assert read_answers(recorded, "same")[1]
    assert read_answers(recorded, "another") == NOTHING


def test_a_damaged_file_is_ignored(recorded: Path) -> None:
    data = recorded.read_bytes()
    damaged = data[:-3], data.replace(b"ping", b"pong"), b"", data * 2, data + b" " * MAX_BYTES, os.urandom(500)
    for content in damaged:
        recorded.write_bytes(content)
        assert read_answers(recorded, "same") == NOTHING


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of Unix")
def test_what_is_not_a_file_is_ignored(recorded: Path, tmp_path: Path) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(recorded)
    os.mkfifo(pipe)
    assert [read_answers(path, "same") for path in (link, pipe, tmp_path, tmp_path / "none")] == [NOTHING] * 4


@pytest.mark.skipif(os.name != "posix", reason="permissions of Unix")
def test_the_file_is_its_owners_alone(recorded: Path) -> None:
    assert recorded.stat().st_mode & 0o777 == 0o600


ENVIRONMENT = {"CLOSIENT_SITE": "testing", "HOME": "/home/ann", "ACME_ID": "one", "ACME_SECRET": "one", "PWD": "/"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "document-1").write_text("one")
    (tmp_path / "closient-mcp.toml").write_text('client_id = { env = "ACME_ID" } secret = { env = "ACME_SECRET" }')
    (tmp_path / "other.toml").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "variables", "files"),
    [
        ([], {}, {}),
        (["serve", "--read-only"], {}, {}),
        (["serve", "--config"], {}, {}),
        (["serve"], {"CLOSIENT_SITE": "production"}, {}),
        (["serve"], {"CLOSIENT_API_KEY": "x y"}, {}),
        (["serve"], {"HOME": "/home/bob"}, {}),
        (["serve"], {"ACME_ID": "another"}, {}),
        (["serve"], {}, {"closient-mcp.toml": 'expose = "all"'}),
        (["serve"], {}, {"cache/document-1": "another"}),
        (["serve"], {}, {"cache/document-2": ""}),
        (["serve"], {}, {"cache/compiled-2": ""}),
    ],
)
def test_the_state_is_another_after_any_change_that_matters(
    home: Path, words: list[str], variables: dict[str, str], files: dict[str, str]
) -> None:
    before = state_of(["serve"], ENVIRONMENT, home)
    for name, text in files.items():
        (home / name).write_text(text)
    assert state_of(words, {**ENVIRONMENT, **variables}, home) != before


@pytest.mark.parametrize("words", [["serve", "--config", "{}"], ["serve", "--config={}"], ["serve", "--conf", "{}"]])
def test_the_state_is_another_after_a_change_of_a_named_settings_file(home: Path, words: list[str]) -> None:
    words = [word.format(home / "other.toml") for word in words]
    before = state_of(words, ENVIRONMENT, home)
    (home / "other.toml").write_text('expose = "all"')
    assert state_of(words, ENVIRONMENT, home) != before


def test_the_state_is_another_for_the_same_settings_in_another_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[str] = []
    for name in ("one", "two"):
        (home / name).mkdir()
        (home / name / "settings.toml").write_text('[systems.acme]\ndescription = "acme.json"')
        monkeypatch.chdir(home / name)
        states.append(state_of(["serve", "--config", "settings.toml"], ENVIRONMENT, home))
    assert states[0] != states[1]


def test_the_state_is_the_same_after_a_confirmed_document_and_other_variables(home: Path) -> None:
    before = state_of(["serve"], ENVIRONMENT, home)
    os.utime(home / "cache" / "document-1", (1, 1))
    (home / "cache" / "missing-1").touch()
    (home / "cache" / "answers-1").touch()
    assert state_of(["serve"], {**ENVIRONMENT, "PWD": "/tmp", "ACME_SECRET": "another"}, home) == before


def test_rule_1_only_whether_a_secret_is_set_is_part_of_the_state(home: Path) -> None:
    states = [state_of([], {**ENVIRONMENT, "CLOSIENT_API_KEY": key}, home) for key in ("", "one", "another")]
    assert states[0] != states[1] == states[2]


@pytest.mark.parametrize("folder", ["${HOME}/x", "relative"])
def test_without_a_usable_folder_there_is_no_replay(folder: str) -> None:
    assert replay_for(["serve"], {"CLOSIENT_MCP_HOME": folder}, 0, 1) is None
