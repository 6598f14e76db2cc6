"""Two callers over HTTP, each signed in to the sandbox with an account of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import anyio
import httpx2

from ..fakes.approving_browser import main as browser
from ..fakes.command_line import free_port
from ..fakes.http_server import Requests, bearer
from ..fakes.limits import SECONDS
from ..fakes.open_issuer import running_open_issuer
from ..fakes.server_process import host_environment
from ..fakes.service import Sandbox


@contextmanager
def served(home: Path, port: int, settings: str) -> Generator[None]:
    """A server in a process of its own."""
    file = home / "closient-mcp.toml"
    file.write_text(settings)
    words = [sys.executable, "-m", "closient_mcp.server", "--config", str(file), "serve", "--http", str(port)]
    environment = host_environment(CLOSIENT_MCP_HOME=str(home))
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert "MCP at" in process.stderr.readline()
        yield
        process.terminate()
        process.wait(SECONDS)


def link_in(answer: httpx2.Response) -> str:
    """The link that a client of 2026-07-28 is asked to open."""
    ((_, request),) = answer.json()["result"]["inputRequests"].items()
    return str(request["params"]["url"])


def test_two_callers_use_an_account_of_their_own_at_once(sandbox: Sandbox, home_with_documents: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running_open_issuer() as issuer:
        auth = f'{{ mode = "oauth", issuer = "{issuer.url}" }}'
        settings = f'[http]\npublic_url = "{url}"\nauth = {auth}\n[systems.closient]\nsite = "{sandbox.url}"\n'
        users = {user: bearer(issuer.token(sub=user, aud=f"{url}/mcp")) for user in ("alice", "bob")}

        async def ask(user: str) -> httpx2.Response:
            async with httpx2.AsyncClient(base_url=url, trust_env=False, verify=False, timeout=SECONDS) as client:
                return await Requests(client).request("tools/call", users[user], name="account_whoami", arguments={})

        with served(home_with_documents, port, settings), ThreadPoolExecutor() as pool:
            links = {user: link_in(anyio.run(ask, user)) for user in users}
            for opened in [pool.submit(browser, link, "allow", user) for user, link in links.items()]:
                opened.result(SECONDS)
            answers = {user: pool.submit(anyio.run, ask, user).result(SECONDS).json() for user in users}
    emails = {user: json.loads(answer["result"]["content"][0]["text"])["email"] for user, answer in answers.items()}
    assert emails == {user: f"{user}@closient.example" for user in users}
    assert sandbox.count("POST", "/oauth/register/") == 1
