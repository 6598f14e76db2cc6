"""Our sign-in, at authorization servers that others wrote."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import httpx2
import pytest

from .command_line import Ran, free_port, run
from .service import Received, Reply, Service, document, operation

pytestmark = [pytest.mark.all, pytest.mark.timeout(180)]

Server: TypeAlias = Callable[[int, Path], AbstractContextManager[None]]

_HERE = Path(__file__).parent
_CLIENTS = _HERE / "clients"
_NANOIDP = _HERE.parent / ".venv-clients" / "bin" / "nanoidp"
_BROWSER = _HERE / "approving_browser.py"
_SECONDS = 60


@contextmanager
def _running(command: list[str], port: int, folder: Path) -> Generator[None]:
    """A server in a process of its own, in a folder that it may fill, from when it listens until the block ends."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, cwd=folder) as process:
        try:
            until = time.monotonic() + _SECONDS
            while not _answers(port):
                assert process.poll() is None and time.monotonic() < until, f"{command[0]} did not start"
                time.sleep(0.1)
            yield
        finally:
            process.kill()


def _answers(port: int) -> bool:
    try:
        httpx2.get(f"http://127.0.0.1:{port}/.well-known/openid-configuration", trust_env=False, verify=False)
    except httpx2.TransportError:
        return False
    return True


def _oidc_provider(port: int, folder: Path) -> AbstractContextManager[None]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is missing")
    if not (_CLIENTS / "node_modules" / "oidc-provider").exists():
        pytest.skip("oidc-provider is not installed: make test-all (needs npm)")
    return _running([node, str(_CLIENTS / "oidc_provider.mjs"), str(port)], port, folder)


def _nanoidp(port: int, folder: Path) -> AbstractContextManager[None]:
    if not _NANOIDP.exists():
        pytest.skip("nanoidp is not installed: make test-all")
    oauth = {
        "issuer": f"http://127.0.0.1:{port}",
        "refresh_token_rotation": True,
        "dynamic_registration": {"enabled": True},
    }
    settings = {"config_version": 1, "oauth": oauth}
    users = {"config_version": 1, "users": {"alice": {"password": "sandbox", "email": "alice@example.org"}}}
    # JSON is YAML.
    (folder / "settings.yaml").write_text(json.dumps(settings))
    (folder / "users.yaml").write_text(json.dumps(users))
    return _running([str(_NANOIDP), "--config", str(folder), "--port", str(port)], port, folder)


@dataclass
class Shop:
    """An API of somebody's that wants a bearer token, and a machine on which a person signs in to use it."""

    service: Service
    home: Path
    issuer: str
    refused: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.service.routes |= {
            "/openapi.json": Reply(document({"/thing": {"get": operation(operationId="get_thing")}})),
            "/thing": self._thing,
        }
        self.home.mkdir()
        address = self.service.address
        credential = (
            f'{{ grant = "authorization_code", issuer = "{self.issuer}", scopes = ["openid", "offline_access"] }}'
        )
        settings = f'description = "{address}/openapi.json"\nbase = "{address}"\ncredential = {credential}\n'
        (self.home / "closient-mcp.toml").write_text(f"[systems.shop]\n{settings}")

    def _thing(self, got: Received) -> Reply:
        kind, _, token = got.headers.get("authorization", "").partition(" ")
        good = kind == "Bearer" and token and token not in self.refused
        return Reply({"thing": "well"}) if good else Reply({"detail": "Unauthorized"}, 401)

    def run(self, *arguments: str) -> Ran:
        environment = {
            "CLOSIENT_MCP_HOME": str(self.home),
            "BROWSER": f"{sys.executable} {_BROWSER} %s",
            "TABS": str(self.home / "tabs"),
        }
        return run(*arguments, site="", **environment)

    def works(self) -> bool:
        ran = self.run("call", "shop_get_thing", "{}")
        assert ran.code == 0, ran.out + ran.err
        return "well" in ran.out

    def record(self) -> dict[str, Any]:
        (file,) = (self.home / "credentials").glob("*.json")
        return dict(json.loads(file.read_text()))

    def expire(self) -> None:
        """Let the access token be over by the clock."""
        (file,) = (self.home / "credentials").glob("*.json")
        record = self.record()
        record["tokens"]["expires_at"] = time.time() - 10
        file.write_text(json.dumps(record))

    def tabs(self, expected: int) -> list[str]:
        """What each tab showed last; the last one may still be closing."""
        until, shown = time.monotonic() + _SECONDS, list[str]()
        while len(shown) < expected and time.monotonic() < until:
            shown = (self.home / "tabs").read_text().splitlines()
        return [tab.split(" http")[0] for tab in shown]


@pytest.mark.parametrize("server", [_oidc_provider, _nanoidp], ids=["oidc-provider", "nanoidp"])
def test_one_sign_in_through_its_whole_life(server: Server, service: Service, tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path / "server"
    folder.mkdir()
    shop = Shop(service, tmp_path / "mcp", f"http://127.0.0.1:{port}")
    with server(port, folder):
        # Signed in by the first call that needs it, silent in the processes that follow.
        assert shop.works() and shop.works()
        first = shop.record()
        assert first["client"]["source"] == "registered" and first["tokens"]["refresh_token"] and first["person"]
        assert shop.tabs(1) == ["200 You are signed in"]

        # Renewed when the API refuses the token, and when the clock says that it is over: by one of many.
        shop.refused.add(first["tokens"]["access_token"])
        assert shop.works()
        second = shop.record()
        assert second["tokens"]["refresh_token"] != first["tokens"]["refresh_token"]
        shop.expire()
        with ThreadPoolExecutor(4) as threads:
            assert all(work.result() for work in [threads.submit(shop.works) for _ in range(4)])
        third = shop.record()
        assert third["rev"] == second["rev"] + 1 and len(shop.tabs(1)) == 1
        status = shop.run("status", "--json").json()["systems"]["shop"]["credential"]
        assert status["signed_in"] and status["renewable"]

        # Revoked, and signed in to again by the same client.
        logout = shop.run("logout")
        assert logout.code == 0 and "revoked" in logout.err, logout.err
        form = {
            "grant_type": "refresh_token",
            "refresh_token": third["tokens"]["refresh_token"],
            "client_id": first["client"]["client_id"],
        }
        endpoint = str(first["server"]["token_endpoint"])
        answer = httpx2.post(endpoint, data=form, trust_env=False, verify=False)
        assert answer.json()["error"] == "invalid_grant"
        assert shop.works() and shop.tabs(2) == ["200 You are signed in"] * 2
        assert shop.record()["client"]["client_id"] == first["client"]["client_id"]

    # A server that starts anew has forgotten everybody: one more registration, one more sign-in.
    with server(port, folder):
        shop.expire()
        assert shop.works() and shop.works() and shop.tabs(3) == ["200 You are signed in"] * 3
        assert shop.record()["client"]["client_id"] != first["client"]["client_id"]
