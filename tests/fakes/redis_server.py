"""A Redis server of our own, on loopback, which can be stopped, killed and started again."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from redis import Redis
from redis.exceptions import ConnectionError as NoConnectionError

from closient_mcp.auth.store.redis_connection import RedisConnection

from .command_line import free_port
from .limits import SECONDS
from .programs import program

KEY = "key-of-the-tests-" * 2


@dataclass
class RedisServer:
    """The server, and a client to look at it; with `keeps`, it has its data again after it was killed."""

    folder: Path
    keeps: bool = False
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        keeping = ("--appendonly", "yes", "--appendfsync", "always") if self.keeps else ("--appendonly", "no")
        command = [program("redis-server"), "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", *keeping]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen([*command, "--dir", str(self.folder)], stdout=quiet, stderr=quiet)
        until = time.monotonic() + SECONDS
        while True:
            try:
                self.ask("PING")
            except NoConnectionError:
                assert self.process.poll() is None, "redis-server ended"
                assert time.monotonic() < until, "redis-server did not start"
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(SECONDS)

    def hang(self) -> None:
        """Let it keep its connections and answer nothing."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def ask(self, *command: str | int | bytes) -> Any:
        with Redis(port=self.port, decode_responses=False) as client:
            execute = cast(Any, client).execute_command
            return execute(*command)

    def keys(self, pattern: str = "*") -> list[str]:
        return sorted(key.decode() for key in self.ask("KEYS", pattern))

    def lose_locks(self) -> None:
        """As time does if their owners do not renew them."""
        if locks := self.keys("closient-mcp:lock:*"):
            self.ask("DEL", *locks)

    def dump(self) -> bytes:
        """All data as Redis writes them to disk, not compressed."""
        self.ask("CONFIG", "SET", "rdbcompression", "no")
        self.ask("SAVE")
        return (self.folder / "dump.rdb").read_bytes()

    @contextmanager
    def monitored(self) -> Generator[list[bytes]]:
        """The commands that Redis receives meanwhile."""
        commands: list[bytes] = []
        with socket.create_connection(("127.0.0.1", self.port), SECONDS) as listening:
            listening.sendall(b"MONITOR\r\n")
            yield commands
            self.ask("PING", "the end of this test")
            received = b""
            while b"the end of this test" not in received:
                received += listening.recv(65_536)
            commands += received.splitlines()

    @contextmanager
    def connected(self, *keys: str) -> Generator[RedisConnection]:
        """A connection as a process of ours has it."""
        connection = RedisConnection(self.url, keys or (KEY,))
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def running_redis(folder: Path, *, keeps: bool = False) -> Generator[RedisServer]:
    """A server until the block ends; the test is skipped if the program is missing."""
    server = RedisServer(folder, keeps)
    server.start()
    try:
        yield server
    finally:
        server.kill()
