"""A service that breaks HTTP in many ways: each request ends in an answer, and no other call notices."""

from __future__ import annotations

import json
import tracemalloc
import unicodedata
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import mcp
import pytest

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.composition import Bridge, open_bridge
from closient_mcp.server.cli.status import status_of
from closient_mcp.server.serving.protocol import McpBridge
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options
from closient_mcp.tools.formats.json_values import as_object, to_text

from ...fakes.hostile_upstream import ENDLESS, HASTY, HostileUpstream, hostile_upstream
from ...fakes.mcp_client import text_of
from ...fakes.service import Reply, Service, document, operation

KEY = "the-key-of-a-hostile-upstream"
# The largest body that is read has 16 MiB; bombs have 200.
MOST_BYTES = 100 * 2**20
# After these, further calls have to wait.
BUSY = ("bad-retry-after", "retry-after-a-year")
QUICK = (
    "no-answer",
    "short-body",
    "bad-chunk",
    "deflate-bomb",
    "no-gzip",
    "header-of-1-mb",
    "redirect-to-control-bytes",
)


@pytest.fixture
def upstream() -> Iterator[HostileUpstream]:
    with hostile_upstream() as running:
        yield running


@asynccontextmanager
async def client_of(
    folder: Path, good: Service, systems: Mapping[str, str]
) -> AsyncGenerator[tuple[Bridge, mcp.Client]]:
    """A client of our server with these systems by their settings, and a good one."""
    good.routes |= {"/openapi.json": Reply(described({"/well": "well"}, "get")), "/well": Reply({"ok": True})}
    systems = {"good": f'description = "{good.url}/openapi.json"\nbase = "{good.url}"', **systems}
    file = folder / "closient-mcp.toml"
    file.write_text('expose = "all"\n' + "".join(f"[systems.{name}]\n{text}\n" for name, text in systems.items()))
    settings = load_settings(Options(config=str(file)), {"CLOSIENT_MCP_HOME": str(folder), "KEY": KEY})
    async with open_bridge(settings, Redaction()) as bridge, mcp.Client(McpBridge(bridge).server()) as client:
        yield bridge, client


def described(operations: Mapping[str, str], method: str) -> dict[str, Any]:
    """A document with these operations by their paths."""
    return document({path: {method: operation(operationId=name)} for path, name in operations.items()})


@asynccontextmanager
async def api_of(
    upstream: HostileUpstream, good: Service, folder: Path, faults: Iterable[str], method: str = "get"
) -> AsyncGenerator[mcp.Client]:
    """A client for an API whose operations have these faults."""
    file = folder / "bad.json"
    file.write_text(json.dumps(described({f"/{fault}": named(fault) for fault in faults}, method)))
    credential = 'credential = { grant = "api_key", key = { env = "KEY" } }'
    bad = f'description = "{file.as_posix()}"\nbase = "{upstream.url}"\n{credential}'
    async with client_of(folder, good, {"bad": bad}) as (_, client):
        await client.list_tools()
        yield client


def named(fault: str) -> str:
    return fault.replace(".", "_").replace("-", "_")


def is_presentable(shown: str) -> bool:
    """Whether a text is for agents and people: it has a size, no secret, and nothing that a terminal obeys."""
    controls = {"Cc", "Cs", "Cn"}
    return (
        0 < len(shown) < 60_000
        and KEY not in shown
        and "Internal error" not in shown
        and "could not be read (" not in shown
        and not any(unicodedata.category(each) in controls and each not in "\n\t" for each in shown)
        and not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    )


async def call(client: mcp.Client, fault: str) -> str:
    """What the agent sees of a call."""
    answer = await client.call_tool(f"bad_{named(fault)}", {})
    assert is_presentable(text_of(answer)), (fault, text_of(answer)[:500])
    assert KEY not in answer.model_dump_json()
    return text_of(answer)


async def call_well(client: mcp.Client) -> None:
    assert json.loads(text_of(await client.call_tool("good_well", {}))) == {"ok": True}


async def test_some_faults_of_an_api_end_in_an_answer(
    upstream: HostileUpstream, service: Service, tmp_path: Path
) -> None:
    async with api_of(upstream, service, tmp_path, QUICK, "post") as client:
        answers = {fault: await call(client, fault) for fault in QUICK}
        await call_well(client)
    assert "cannot be reached: the connection broke. " in answers["no-answer"]
    assert "broke off after 1 of 1000 bytes" in answers["short-body"]
    assert "broke off after 0 bytes" in answers["bad-chunk"]
    assert "only the first 16777216 bytes were read" in answers["deflate-bomb"]
    assert "failed: its answer cannot be decompressed" in answers["no-gzip"]
    assert "a header of its answer is too long" in answers["header-of-1-mb"]
    assert "redirects (HTTP 302)" in answers["redirect-to-control-bytes"]


@pytest.mark.prove
async def test_each_fault_of_an_api_ends_in_an_answer(
    upstream: HostileUpstream, service: Service, tmp_path: Path
) -> None:
    async with api_of(upstream, service, tmp_path, HASTY) as client:
        for fault in sorted(HASTY, key=BUSY.__contains__):
            tracemalloc.start()
            try:
                await call(client, fault)
                assert tracemalloc.get_traced_memory()[1] < MOST_BYTES, fault
            finally:
                tracemalloc.stop()
            await call_well(client)
    assert {path.split("/")[1] for path in upstream.paths} >= HASTY.keys() - {"redirect-to-control-bytes"}


@pytest.mark.prove
async def test_calls_that_would_never_end_are_ended(
    upstream: HostileUpstream, service: Service, tmp_path: Path
) -> None:
    answers: list[str] = []

    async def ended(client: mcp.Client, fault: str) -> None:
        answers.append(await call(client, fault))

    async with api_of(upstream, service, tmp_path, ENDLESS) as client, anyio.create_task_group() as group:
        for fault in ENDLESS:
            group.start_soon(ended, client, fault)
        while len(answers) < len(ENDLESS):
            await call_well(client)
            await anyio.sleep(1)
    assert len(answers) == len(ENDLESS)


@pytest.mark.prove
@pytest.mark.parametrize("setting", ["catalog", "description", "site"])
@pytest.mark.parametrize("faults", [HASTY, ENDLESS], ids=["hasty", "endless"])
async def test_each_fault_where_documents_are_read_is_reported(
    upstream: HostileUpstream, service: Service, tmp_path: Path, setting: str, faults: Mapping[str, object]
) -> None:
    names = {f"bad-{number}": fault for number, fault in enumerate(faults)}
    systems = {name: f'{setting} = "{upstream.url}/{fault}"' for name, fault in names.items()}
    async with client_of(tmp_path, service, systems) as (bridge, client):
        await client.list_tools()
        await call_well(client)
        await bridge.loader.load()
        for name, state in as_object(status_of(bridge)["systems"]).items():
            status = as_object(state)
            assert is_presentable(to_text(status)), to_text(status)[:500]
            assert name == "good" or status["failure"] or status["skipped"], names[name]
        await call_well(client)
