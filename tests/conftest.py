"""What every test shares: a home of its own, no variable of the user's, loopback only, and services to talk to."""

from __future__ import annotations

import gc
import ipaddress
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import hypothesis
import pytest

from .fakes.command_line import run
from .fakes.desk import Desk, desk_in
from .fakes.limits import SECONDS
from .fakes.machine import Machine, machine_of
from .fakes.service import Sandbox, Service, running_service

# Thousands of tests are kept in memory, which the collector would go through again and again.
gc.set_threshold(50_000, 20, 20)

# How long an example takes says more of the machine than of us.
_UNHURRIED = [
    hypothesis.HealthCheck.too_slow,
    hypothesis.HealthCheck.data_too_large,
    hypothesis.HealthCheck.function_scoped_fixture,
]
hypothesis.settings.register_profile(
    "any machine", max_examples=15, deadline=None, derandomize=True, suppress_health_check=_UNHURRIED
)
# What `make prove` uses, which also sets the seed.
hypothesis.settings.register_profile(
    "prove", max_examples=int(os.environ.get("EXAMPLES", "1000")), deadline=None, suppress_health_check=_UNHURRIED
)
hypothesis.settings.load_profile("any machine")
_SCREEN = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")


@pytest.hookimpl(tryfirst=True)  # before tests are selected by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that draw examples, of which `make prove` tries more."""
    for item in items:
        if isinstance(item, pytest.Function) and hypothesis.is_hypothesis_test(item.obj):
            item.add_marker("fuzz")


def pytest_collection_finish() -> None:
    """Leave the tests, which are in memory until the end, out of each garbage collection."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _for_all_tests() -> Iterator[None]:
    """What is the same for all tests: to set it up for each takes longer than many tests, as does each fixture."""
    _receive_signals()
    with pytest.MonkeyPatch.context() as patched:
        for name in list(os.environ):
            if name.startswith("CLOSIENT_") or name.lower().endswith("_proxy") or name in _SCREEN:
                patched.delenv(name)
        # For settings that are loaded from an environment without any of the variables that name it.
        patched.setattr("closient_mcp.server.settings.folders._home_of_user", lambda: os.environ["HOME"])
        _connect_to_loopback_only(patched)
        _shorten_pauses(patched)
        # Fingerprints are slow on purpose, and how slow makes no difference to a test.
        patched.setattr("closient_mcp.auth.session.credentials._ROUNDS", 1)
        # Each client would load the machine's certificates, which takes long and proves nothing on loopback.
        patched.setattr("httpx2._transports.default.create_ssl_context", cache(httpx2.create_ssl_context))
        yield


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An endless supply of folders; `tmp_path` takes longer the more tests there are."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, _homes: Iterator[Path]) -> Path:
    """The user's home folder, empty."""
    home = next(_homes)
    home.mkdir()
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))
    return home


def _receive_signals() -> None:
    """Processes inherit what is ignored: SIGINT by jobs in a shell's background, SIGHUP by those of `nohup`."""
    for name in ("SIGINT", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _connect_to_loopback_only(patched: pytest.MonkeyPatch) -> None:
    """Names are never looked up, and nothing but this machine is connected to."""
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def local_name(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in (None, "localhost") and not _is_ip_address(str(name)):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *args, **kwargs)

    def local_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            assert ipaddress.ip_address(address[0]).is_loopback, f"a test connected to {address}"
        connect(self, address)

    patched.setattr(socket, "getaddrinfo", local_name)
    patched.setattr(socket.socket, "connect", local_connect)


def _shorten_pauses(patched: pytest.MonkeyPatch) -> None:
    """What happens after a pause is the same after a shorter one."""
    for name, seconds in (
        ("auth.oauth.id_token._PAUSES", (0.0, 0.005, 0.005)),
        ("auth.session.token_endpoint._RETRY_AFTER", (0.0, 0.0)),
        ("auth.sign_in.authorization_request.LINGER_SECONDS", 0.0),
        ("auth.sign_in.callback_server.LINGER_SECONDS", 0.0),
        ("auth.sign_in.callback_server._POLL", 0.005),
        ("auth.sign_in.login._CHECK_SECONDS", 0.02),
        ("auth.sign_in.login._FOLLOW_SECONDS", 0.02),
        ("auth.store.files._POLL", 0.005),
        ("server.serving.elicitation._POLL", 0.005),
        ("server.serving.link_sign_in._POLL", 0.005),
        ("server.serving.sign_in._POLL", 0.005),
        ("tools.http.sender._PAUSE", 0.005),
    ):
        patched.setattr(f"closient_mcp.{name}", seconds)


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@pytest.fixture
def service() -> Iterator[Service]:
    """A service whose answers the test decides."""
    with running_service() as running:
        yield running


@pytest.fixture
def desk(service: Service, tmp_path: Path) -> Iterator[Desk]:
    """A machine whose user signs in at the service; no sign-in is left running."""
    with desk_in(service, tmp_path / "credentials") as made:
        yield made


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[Sandbox]:
    """The sandbox, started once; it ends with its input."""
    command = [sys.executable, "-m", "closient_mcp.sandbox", "--port", "0", "--json", "--until-eof"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        reply = json.loads(process.stdout.readline())
        assert reply.keys() == {"url", "api_key", "keys", "users"}
        assert reply["api_key"] == reply["keys"]["business"]
        yield Sandbox(reply["url"], reply["api_key"], reply["keys"])
        process.stdin.close()
        assert process.wait(SECONDS) == 0


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Sandbox:
    """The sandbox in its first state."""
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture(scope="session")
def _documents_read(sandbox_process: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of a machine that has read the sandbox's documents, which takes as long as the rest of most tests."""
    home = tmp_path_factory.mktemp("read")
    assert run("tools", site=sandbox_process.url, CLOSIENT_MCP_HOME=str(home)).code == 0
    return home / "cache"


@pytest.fixture
def home_with_documents(_documents_read: Path, tmp_path: Path) -> Path:
    """A folder of ours that has only the cache with the sandbox's documents."""
    shutil.copytree(_documents_read, tmp_path / "mcp" / "cache")
    return tmp_path / "mcp"


@pytest.fixture
def documents_read(own_home: Path, _documents_read: Path) -> None:
    """The user's own cache has the sandbox's documents."""
    shutil.copytree(_documents_read, own_home / ".local/state/closient-mcp/cache")


@pytest.fixture
def machine(sandbox: Sandbox, home_with_documents: Path) -> Iterator[Machine]:
    """A user's machine that has read the sandbox's documents and is not signed in yet."""
    with machine_of(sandbox, home_with_documents) as made:
        yield made
