"""Our sign-in, at authorization servers that others wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import httpx2
import pytest

from closient_mcp.auth.sign_in.callback_server import CallbackServer

from ..fakes.command_line import CommandResult, free_port, run_process
from ..fakes.paths import APPROVING_BROWSER, ROOT, TESTS
from ..fakes.programs import program
from ..fakes.service import Received, Reply, Service, document, operation

pytestmark = [pytest.mark.all, pytest.mark.timeout(180)]

Server: TypeAlias = Callable[[int, Path], AbstractContextManager[None]]

_CLIENTS = TESTS / "interop" / "clients"
_NANOIDP = ROOT / ".venv-clients" / "bin" / "nanoidp"
_SECONDS = 60


@contextmanager
def _running(command: list[str], port: int, folder: Path) -> Generator[None]:
    """A server in a process of its own, in a folder that it may fill, from when it listens until the block ends."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, cwd=folder) as process:
        try:
            until = time.monotonic() + _SECONDS
            while not _answers(port):
                assert process.poll() is None, f"{command[0]} ended"
                assert time.monotonic() < until, f"{command[0]} did not start"
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


def _oidc_provider(port: int, folder: Path, token: str = "") -> AbstractContextManager[None]:
    node = program("node")
    if not (_CLIENTS / "node_modules" / "oidc-provider").exists():
        pytest.skip("oidc-provider is not installed: make test-all (needs npm)")
    command = [node, str(_CLIENTS / "oidc_provider.mjs"), str(port), token]
    return _running([part for part in command if part], port, folder)


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


def _mcp_sdk(port: int, folder: Path) -> AbstractContextManager[None]:
    return _running([sys.executable, str(TESTS / "fakes" / "mcp_sdk_server.py"), str(port)], port, folder)


@dataclass
class Shop:
    """Another company's API that requires a bearer token, and a machine on which a person signs in to use it."""

    service: Service
    home: Path
    issuer: str
    grant: str = "authorization_code"
    scopes: tuple[str, ...] = ("openid", "offline_access")
    button: str = "allow"
    refused: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.service.routes |= {
            "/openapi.json": Reply(document({"/thing": {"get": operation(operationId="get_thing")}})),
            "/thing": self._thing,
        }
        self.home.mkdir()
        url = self.service.url
        scopes = json.dumps(self.scopes)
        credential = f'{{ grant = "{self.grant}", issuer = "{self.issuer}", scopes = {scopes} }}'
        settings = f'description = "{url}/openapi.json"\nbase = "{url}"\ncredential = {credential}\n'
        (self.home / "closient-mcp.toml").write_text(f"[systems.shop]\n{settings}")

    def _thing(self, got: Received) -> Reply:
        kind, _, token = got.headers.get("authorization", "").partition(" ")
        good = kind == "Bearer" and token and token not in self.refused
        return Reply({"thing": "well"}) if good else Reply({"detail": "Unauthorized"}, 401)

    @property
    def environment(self) -> dict[str, str]:
        browser = f"{sys.executable} {APPROVING_BROWSER} %s {self.button}"
        return {"CLOSIENT_MCP_HOME": str(self.home), "BROWSER": browser, "TABS": str(self.home / "tabs")}

    def run(self, *arguments: str) -> CommandResult:
        return run_process(*arguments, site="", **self.environment)

    def call(self) -> CommandResult:
        return self.run("call", "shop_get_thing", "{}")

    def works(self) -> bool:
        ran = self.call()
        assert ran.code == 0, ran.out + ran.err
        return "well" in ran.out

    def record(self) -> dict[str, Any]:
        (file,) = (self.home / "credentials").glob("*.json")
        return dict(json.loads(file.read_text()))

    def write(self, record: dict[str, Any]) -> None:
        (file,) = (self.home / "credentials").glob("*.json")
        file.write_text(json.dumps(record))

    def expire(self, record: dict[str, Any] | None = None) -> None:
        """Let the access token be over by the clock."""
        record = record or self.record()
        record["tokens"]["expires_at"] = time.time() - 10
        self.write(record)

    def tabs(self, expected: int) -> list[str]:
        """What each tab showed last; the last one may still be closing."""
        until, shown = time.monotonic() + _SECONDS, list[str]()
        while len(shown) < expected and time.monotonic() < until:
            shown = (self.home / "tabs").read_text().splitlines()
        return [tab.split(" http")[0] for tab in shown]


@dataclass(frozen=True)
class Place:
    """A server, and where its process is to be."""

    server: Server
    port: int
    folder: Path

    def running(self) -> AbstractContextManager[None]:
        return self.server(self.port, self.folder)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    folder = tmp_path / "server"
    folder.mkdir()
    return Place(request.param, free_port(), folder)


@pytest.fixture
def shop(place: Place, service: Service, tmp_path: Path) -> Callable[..., Shop]:
    def open_shop(**given: Any) -> Shop:
        return Shop(service, tmp_path / "mcp", f"http://127.0.0.1:{place.port}", **given)

    return open_shop


def at(*servers: Server) -> pytest.MarkDecorator:
    names: dict[Server, str] = {_oidc_provider: "oidc-provider", _nanoidp: "nanoidp", _mcp_sdk: "the MCP SDK's"}
    return pytest.mark.parametrize("place", servers, indirect=True, ids=[names[server] for server in servers])


@at(_oidc_provider, _nanoidp)
def test_one_sign_in_through_its_whole_life(place: Place, shop: Callable[..., Shop]) -> None:
    mine = shop()
    with place.running():
        # Signed in by the first call that needs it, silent in the processes that follow.
        assert mine.works()
        assert mine.works()
        first = mine.record()
        assert first["client"]["client_id"]
        assert first["tokens"]["refresh_token"]
        assert first["user"]
        assert mine.tabs(1) == ["200 You are signed in"]

        # Renewed when the API refuses the token, and when the clock says that it is over: by one of many.
        mine.refused.add(first["tokens"]["access_token"])
        assert mine.works()
        second = mine.record()
        assert second["tokens"]["refresh_token"] != first["tokens"]["refresh_token"]
        mine.expire()
        with ThreadPoolExecutor(4) as threads:
            assert all(work.result() for work in [threads.submit(mine.works) for _ in range(4)])
        third = mine.record()
        assert third["rev"] == second["rev"] + 1
        assert len(mine.tabs(1)) == 1
        status = mine.run("status", "--json").json()["systems"]["shop"]["credential"]
        assert status["signed_in"]
        assert status["renewable"]

        # Revoked, and signed in to again by the same client.
        logout = mine.run("logout")
        assert logout.code == 0, logout.err
        assert "revoked" in logout.err, logout.err
        form = {
            "grant_type": "refresh_token",
            "refresh_token": third["tokens"]["refresh_token"],
            "client_id": first["client"]["client_id"],
        }
        endpoint = str(first["server"]["token_endpoint"])
        answer = httpx2.post(endpoint, data=form, trust_env=False, verify=False)
        assert answer.json()["error"] == "invalid_grant"
        assert mine.works()
        assert mine.tabs(2) == ["200 You are signed in"] * 2
        assert mine.record()["client"]["client_id"] == first["client"]["client_id"]

    # A server that was started again has no records: one more registration, one more sign-in.
    with place.running():
        mine.expire()
        assert mine.works()
        assert mine.works()
        assert mine.tabs(3) == ["200 You are signed in"] * 3
        assert mine.record()["client"]["client_id"] != first["client"]["client_id"]


@at(_oidc_provider, _nanoidp, _mcp_sdk)
def test_four_processes_with_one_expiry_are_one_refresh_in_each_of_three_rounds(
    place: Place, shop: Callable[..., Shop]
) -> None:
    mine = shop()
    with place.running(), ThreadPoolExecutor(4) as threads:
        assert all(work.result() for work in [threads.submit(mine.works) for _ in range(4)])
        assert len(mine.tabs(1)) == 1
        for _ in range(3):
            before = mine.record()
            mine.expire()
            assert all(work.result() for work in [threads.submit(mine.works) for _ in range(4)])
            after = mine.record()
            assert after["rev"] == before["rev"] + 1
            assert after["tokens"]["refresh_token"] != before["tokens"]["refresh_token"]
        assert len(mine.tabs(1)) == 1


@at(_oidc_provider, _mcp_sdk)
def test_a_refresh_token_from_a_backup_leads_to_one_new_sign_in(place: Place, shop: Callable[..., Shop]) -> None:
    mine = shop()
    with place.running():
        assert mine.works()
        backup = mine.record()
        mine.expire()
        assert mine.works()
        mine.expire(backup)
        assert mine.works()
        assert mine.works()
        assert len(mine.tabs(2)) == 2
        assert mine.record()["client"] == backup["client"]


@at(_oidc_provider)
def test_a_user_who_declines_is_not_asked_again(place: Place, shop: Callable[..., Shop]) -> None:
    mine = shop(button="deny")
    with place.running():
        for _ in range(2):
            ran = mine.call()
            assert ran.code == 1
            assert 'refused the request: \\"End-User aborted interaction\\"' in ran.out
        assert mine.tabs(1) == ["200 You are not signed in"]
        assert mine.record()["tokens"] is None


@at(_oidc_provider)
def test_a_server_that_registers_only_who_has_a_token_for_it_is_told_as_such(
    place: Place, shop: Callable[..., Shop]
) -> None:
    mine = shop()
    with _oidc_provider(place.port, place.folder, "initial-access-token"):
        ran = mine.call()
    assert ran.code == 1
    assert "does not allow applications to register" in ran.out
    assert "client_id" in ran.out
    assert not (mine.home / "tabs").exists()


@at(_oidc_provider)
def test_a_client_registers_for_itself_and_is_given_one_token(place: Place, shop: Callable[..., Shop]) -> None:
    mine = shop(grant="client_credentials", scopes=())
    with place.running(), ThreadPoolExecutor(4) as threads:
        assert all(work.result() for work in [threads.submit(mine.works) for _ in range(4)])
        record = mine.record()
        assert len(record["history"]["registrations"]) == 1
        assert record["client"]["client_secret"]
        mine.refused.add(record["tokens"]["access_token"])
        assert mine.works()
        assert mine.record()["client"] == record["client"]


@at(_oidc_provider)
def test_a_person_signs_in_on_another_device(place: Place, shop: Callable[..., Shop]) -> None:
    mine = shop()
    command = [sys.executable, "-m", "closient_mcp.server", "login", "--device"]
    with place.running():
        environment = {**os.environ, **mine.environment}
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr
            url = next(line.strip() for line in process.stderr if "/device" in line)
            subprocess.run([sys.executable, str(APPROVING_BROWSER), url], env=environment, check=True, timeout=_SECONDS)
            assert process.wait(_SECONDS) == 0
        assert mine.works()
        mine.expire()
        assert mine.works()
        assert mine.tabs(1) == ["200 Sign-in Success"]


@at(_mcp_sdk)
def test_a_server_that_wants_the_registered_port_and_no_other_is_told_the_new_one(
    place: Place, shop: Callable[..., Shop]
) -> None:
    mine = shop()
    with place.running():
        assert mine.works()
        first = mine.record()["client"]
        assert mine.run("logout").code == 0
        with closing(CallbackServer(first["redirect_uri"])):
            assert mine.works()
        assert mine.tabs(2) == ["200 You are signed in"] * 2
        assert mine.record()["client"]["redirect_uri"] != first["redirect_uri"]
