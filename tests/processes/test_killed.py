"""Processes killed at random moments of a start or a write: the next one finds what was there before, or after."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from closient_mcp.auth.store.backend import RecordKey
from closient_mcp.auth.store.files import Files
from closient_mcp.tools.http.cache import Cache

from ..fakes.command_line import run
from ..fakes.limits import SECONDS
from ..fakes.server_process import host_environment
from ..fakes.service import Service
from ..fakes.warm_service import serve, things

pytestmark = pytest.mark.prove

# Writes until it is killed; each value says which it is.
WRITER = """
import sys
from itertools import count
from pathlib import Path
from closient_mcp.auth.records import Record, Tokens
from closient_mcp.auth.store.backend import RecordKey
from closient_mcp.auth.store.files import Files
from closient_mcp.tools.http.cache import Cache

home = Path(sys.argv[1])
record, cache = Files(home / "credentials").open(RecordKey("acme", "https://x.example", "i")), Cache(home / "cache")
for number in count():
    token = f"{number}-" * 3000
    with record.lock():
        tokens = Tokens(access_token=token, obtained_at=0.0)
        record.write(Record(system="acme", site="https://x.example", tokens=tokens, user=str(number)))
    cache.write("document", "key", {"number": number}, token.encode())
    print(number, flush=True)
"""


@pytest.fixture
def moments(request: pytest.FixtureRequest) -> random.Random:
    """Moments that the seed of the run decides."""
    return random.Random(str(request.config.getoption("hypothesis_seed")))


def test_a_write_that_is_killed_leaves_the_last_value_or_the_next(tmp_path: Path, moments: random.Random) -> None:
    for turn in range(20):
        home = tmp_path / str(turn)
        with subprocess.Popen([sys.executable, "-c", WRITER, str(home)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            written = [writer.stdout.readline()]
            time.sleep(moments.uniform(0, 0.1))
            writer.kill()
            written += writer.stdout.read().splitlines()
        last = int(written[-1])
        stored = Files(home / "credentials").open(RecordKey("acme", "https://x.example", "i"))
        with stored.lock():
            record = stored.read(with_keyring=False)
        entry = Cache(home / "cache").read("document", "key")
        assert record
        assert record.tokens
        assert entry
        assert int(record.user) in (last, last + 1)
        assert record.tokens.access_token == f"{record.user}-" * 3000
        assert entry.metadata["number"] in (last, last + 1)
        assert entry.body.decode() == f"{entry.metadata['number']}-" * 3000


def test_a_start_that_is_killed_leaves_nothing_that_a_later_one_reads_wrongly(
    service: Service, tmp_path: Path, moments: random.Random
) -> None:
    serve(service, things())
    environment = host_environment(CLOSIENT_MCP_HOME=str(tmp_path / "home"))
    expected = run("tools", "--json", "--all", site=service.url, CLOSIENT_MCP_HOME=str(tmp_path / "other")).out
    command = [sys.executable, "-m", "closient_mcp.server", "--site", service.url, "tools", "--json"]
    for _ in range(20):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            service.wait_for(lambda: bool(service.received))
            time.sleep(moments.uniform(0, 0.3))
            process.kill()
            process.communicate(timeout=SECONDS)
        service.received.clear()
    ran = run("tools", "--json", "--all", site=service.url, CLOSIENT_MCP_HOME=str(tmp_path / "home"))
    assert (ran.code, ran.out) == (0, expected)
    assert not list((tmp_path / "home").rglob("*.unreadable-*"))
