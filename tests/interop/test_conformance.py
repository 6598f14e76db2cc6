"""The official conformance suite against our server over HTTP, for each revision of the protocol.

Its tools are operations of a document, so that nothing in the server is there for the suite.
"""

from __future__ import annotations

import base64
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..fakes.limits import SECONDS
from ..fakes.paths import TESTS
from ..fakes.programs import path, program
from ..fakes.server_process import host_environment
from ..fakes.service import Answer, Reply, document, operation, running_service

pytestmark = pytest.mark.all

_FOLDER = TESTS / "interop" / "conformance"
_SUITE_SECONDS = 120
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_SILENCE = base64.b64decode("UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=")


def _busy() -> Answer:
    """Refuses twice: the server reports progress when it waits for its next turn, and when it has it."""
    replies = itertools.chain([Reply({}, 429, {"retry-after": "2"})] * 2, itertools.repeat(Reply({"ok": True})))
    return lambda _: next(replies)


# A tool's name is that of the system, `test`, and of the operation.
_REPLIES = {
    "simple_text": Reply("This is a simple text response for testing.", headers={"content-type": "text/plain"}),
    "image_content": Reply(_PIXEL, headers={"content-type": "image/png"}),
    "audio_content": Reply(_SILENCE, headers={"content-type": "audio/wav"}),
    "embedded_resource": Reply(b"%PDF-1.4 x", headers={"content-type": "application/pdf"}),
    "error_handling": Reply({"error": "This tool intentionally returns an error for testing"}, 500),
}


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[str]:
    """The URL of a server whose tools are those that the suite calls."""
    replies: dict[str, Answer] = {**_REPLIES, "tool_with_progress": _busy()}
    with running_service({f"/{name}": reply for name, reply in replies.items()}) as service:
        paths = {f"/{name}": {"get": operation(operationId=name)} for name in replies}
        service.routes["/openapi.json"] = Reply(document(paths))
        file = tmp_path / "settings.toml"
        file.write_text(f'expose = "all"\n[systems.test]\ndescription = "{service.url}/openapi.json"\n')
        command = [sys.executable, "-m", "closient_mcp.server", "serve", "--http", "0", "--config", str(file)]
        environment = host_environment(CLOSIENT_MCP_HOME=str(tmp_path))
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr
            yield process.stderr.readline().removeprefix("MCP at ").split(";")[0]
            process.terminate()
            process.communicate(timeout=SECONDS)


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_only_the_scenarios_that_are_listed_fail(endpoint: str, revision: str, tmp_path: Path) -> None:
    suite = [program("conformance"), "server", "--url", endpoint, "--requirements", revision]
    expected = ["--expected-failures", str(_FOLDER / f"{revision}.yml"), "--output-dir", str(tmp_path / "results")]
    environment = {**os.environ, "PATH": path()}
    done = subprocess.run(
        [*suite, *expected], env=environment, capture_output=True, text=True, timeout=_SUITE_SECONDS, check=False
    )
    summary = done.stdout[done.stdout.find("=== SUMMARY") :]
    assert done.returncode == 0, f"{summary}\n{done.stderr}"
    assert "tools-call-with-progress" in summary
