"""Starting an entry as its host would: what answers, and why another does not."""

from __future__ import annotations

import sys

import pytest

from closient_mcp.server.hosts.launch import Launch
from closient_mcp.server.hosts.start import NotStarted, Started, start

from ...fakes.limits import SECONDS

ECHO = """
import json, sys, os
for line in sys.stdin:
    frame = json.loads(line)
    if frame["method"] == "initialize":
        print(json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {}}))
        info = {"name": "variables", "version": " ".join(sorted(set(os.environ) - {"LC_CTYPE"}))}
        print(json.dumps({"jsonrpc": "2.0", "id": frame["id"], "result": {"serverInfo": info}}), flush=True)
    elif "id" in frame:
        print(json.dumps({"jsonrpc": "2.0", "id": frame["id"], "result": {"tools": [{}, {}]}}), flush=True)
"""


def program(code: str) -> Launch:
    return Launch(sys.executable, ("-I", "-c", code), {})


async def test_the_answer_has_name_version_and_number_of_tools() -> None:
    answer = await start(program(ECHO), {"ONE": "1", "TWO": "2"}, SECONDS)
    assert isinstance(answer, Started)
    assert (answer.server, answer.tools) == ("variables ONE TWO", 2)


@pytest.mark.parametrize(
    ("launch", "reason"),
    [
        (Launch("/nowhere/closient-mcp", (), {}), "/nowhere/closient-mcp cannot be started: No such file or directory"),
        (Launch("a\0b", (), {}), "'a\\x00b' cannot be the name of a command"),
        (program("import sys; sys.exit('no module x')"), "it ended without an answer; it printed: no module x"),
        (program("input(); print('Hello'); input()"), "it printed something that is no message of MCP"),
    ],
    ids=["no program", "no name", "ended", "no protocol"],
)
async def test_what_does_not_answer_is_explained(launch: Launch, reason: str) -> None:
    assert await start(launch, {}, SECONDS) == NotStarted(reason)


async def test_a_server_that_is_too_late_is_ended() -> None:
    answer = await start(program("while True: input()"), {}, 0.01)
    assert answer == NotStarted("it did not answer within 0 seconds")
