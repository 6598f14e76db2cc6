"""The folder of settings with damaged, foreign and other versions' files in it: nothing in it gives a wrong answer."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closient_mcp.auth.records import Record, Tokens
from closient_mcp.auth.store.backend import RecordKey
from closient_mcp.auth.store.files import Files

from ...fakes.command_line import CommandResult, run
from ...fakes.service import Service, operation, running_service
from ...fakes.warm_service import serve, things

FOREIGN = [
    b"",
    b"\x00" * 1000,
    b"null",
    b"[]",
    b"{}",
    b'{"v": 0}',
    b'{"v": 99, "system": "closient", "site": "https://x.example", "tools": {}}',
    b'{"v": 1}',
    b'{"v": 1, "tools": {"things_get_thing": {"schema": 5}}, "complete": true}',
    b"closient-mcp cache 1 " + b"0" * 64 + b"\n{}\n{}",
    b"closient-mcp cache 2 " + b"0" * 64 + b"\n{}\n{}",
    pickle.dumps({"v": 1}),
    b"[" * 100_000,
]
# Each example is two whole commands.
slow = settings(max_examples=settings().max_examples // 10 + 3)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running_service() as running:
        serve(running, things(more={"/things/api/v1/other": {"post": operation(operationId="make_other")}}))
        yield running


@pytest.fixture(scope="module")
def home(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cache, a baseline and a sign-in."""
    folder = tmp_path_factory.mktemp("home")
    identity = "\n".join(("authorization_code", service.url, "", "registered", ""))
    stored = Files(folder / "credentials").open(RecordKey("closient", service.url, identity))
    with stored.lock():
        tokens = Tokens(access_token="a", obtained_at=0.0, scope="x")
        stored.write(Record(system="closient", site=service.url, tokens=tokens, user="Ann"))
    assert tools(service, folder).code == 0
    assert "Ann" in run("status", site=service.url, CLOSIENT_MCP_HOME=str(folder)).out
    assert {path.parent.name for path in files(folder)} == {"cache", "seen", "credentials"}
    return folder


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("copies")
    return (folder / str(number) for number in count())


def tools(service: Service, folder: Path) -> CommandResult:
    return run("tools", "--json", "--all", site=service.url, CLOSIENT_MCP_HOME=str(folder))


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith((".lock", ".log")))


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The content cut, with a changed bit or zeros somewhere, or replaced."""
    at, length = draw(st.integers(0, len(content) - 1)), draw(st.integers(1, 5000))
    flipped = content[:at] + bytes([content[at] ^ 1 << draw(st.integers(0, 7))]) + content[at + 1 :]
    zeroed = content[:at] + bytes(len(content[at : at + length])) + content[at + length :]
    return draw(st.sampled_from([content[:at], content[at:], flipped, zeroed, content * 2, *FOREIGN]))


@slow
@given(data=st.data())
def test_a_damaged_cache_gives_the_same_tools_and_is_rebuilt(
    service: Service, home: Path, copies: Iterator[Path], data: st.DataObject
) -> None:
    expected = tools(service, home).out
    folder = shutil.copytree(home, next(copies))
    for file in (folder / "cache").iterdir():
        other = data.draw(st.sampled_from(files(folder))).read_bytes()
        file.write_bytes(data.draw(damaged(file.read_bytes()) | st.just(other)))
    assert tools(service, folder).out == expected
    rebuilt = {file.name: file.read_bytes() for file in files(folder / "cache")}
    assert rebuilt.items() >= {file.name: file.read_bytes() for file in files(home / "cache")}.items()


@slow
@given(data=st.data())
def test_a_damaged_baseline_or_sign_in_costs_only_itself(
    service: Service, home: Path, copies: Iterator[Path], data: st.DataObject
) -> None:
    expected = json.loads(tools(service, home).out)
    folder = shutil.copytree(home, next(copies))
    (seen,), (credential,) = files(folder / "seen"), files(folder / "credentials")
    seen.write_bytes(data.draw(damaged(seen.read_bytes())))
    credential.write_bytes(kept := data.draw(damaged(credential.read_bytes())))
    ran = tools(service, folder)
    assert ran.code == 0
    assert [tool["name"] for tool in json.loads(ran.out)] == [tool["name"] for tool in expected]
    status = run("status", "--json", site=service.url, CLOSIENT_MCP_HOME=str(folder))
    assert status.code in (0, 1)
    assert status.json()["systems"]["closient"]["operations"] == 2
    assert kept in [file.read_bytes() for file in files(folder / "credentials")]
