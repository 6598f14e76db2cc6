"""The connection to Redis or Valkey: what is stored there is encrypted, and a server that fails is not waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from ..secrets.redaction import Secret
from ..secrets.sealing import Sealer

PREFIX = "closient-mcp:"
_SCHEMES = ("redis", "rediss", "unix")
# A healthy server answers within milliseconds; calls wait for it.
_CONNECT_SECONDS, _ANSWER_SECONDS = 1.0, 2.0
_SHORTEST_KEY = 32
_PAUSE = 5.0


class StoreError(Exception):
    """Redis did not do what it was asked; the message is the reason, with the URL and without its password."""


class StoreSettingsError(ValueError):
    """The URL or a key cannot be used; the message is the reason, without either."""


class RedisConnection:
    """A connection that all threads share, opened at the first command; every command raises StoreError if it fails.

    `sealer` has the keys that values are encrypted with. `location` is the URL without user, password and options,
    `password` may be empty.
    """

    def __init__(self, url: str, keys: Sequence[str]) -> None:
        """`keys` are texts of at least 32 characters, the newest first.

        Raises:
            StoreSettingsError: the URL or a key cannot be used, or the package `redis` is not installed.
        """
        self.location = _location(url)
        self.password = Secret(unquote(urlsplit(url).password or ""))
        if any(len(key) < _SHORTEST_KEY for key in keys):
            raise StoreSettingsError(
                f"a key has at least {_SHORTEST_KEY} characters; make one with `openssl rand -hex 32`"
            )
        self.sealer = Sealer([key.encode() for key in keys])
        self._redis = _client(url)
        self._scripts: dict[str, Any] = {}
        self._guard = threading.Lock()
        self._failed_at = -_PAUSE
        self._silent_until = 0.0

    def command(self, *parts: str | int | bytes) -> Any:
        """Send a command; return the answer, texts as bytes."""
        return self._answer(partial(self._redis.execute_command, *parts))

    def script(self, source: str, keys: Sequence[str], *arguments: str | int | bytes) -> Any:
        """Run a script, which no other command interrupts; return the answer, texts as bytes."""
        with self._guard:
            script = self._scripts.setdefault(source, self._redis.register_script(source))
        return self._answer(partial(script, keys, arguments))

    def _answer(self, send: Callable[[], Any]) -> Any:
        """The answer. After a timeout, other commands fail at once, and one every five seconds tries again."""
        from redis import RedisError, TimeoutError

        with self._guard:
            now = time.monotonic()
            if now < self._silent_until:
                raise StoreError(f"{self.location} (it did not answer a moment ago)")
            if self._silent_until:
                self._silent_until = now + _PAUSE
        try:
            answer = send()
        except (RedisError, OSError) as error:
            self._silent_until = time.monotonic() + _PAUSE if isinstance(error, TimeoutError) else 0.0
            raise self._failed(error) from None
        self._silent_until = 0.0
        return answer

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with this."""
        from redis import RedisError

        try:
            for key in self._redis.scan_iter(match=f"{prefix}*", count=500):
                yield key.decode(errors="replace")
        except (RedisError, OSError) as error:
            raise self._failed(error) from None

    def check_writes(self) -> None:
        """Check that writes are accepted."""
        self.command("SET", f"{PREFIX}writes", "accepted", "PX", 1000)

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    @property
    def has_just_failed(self) -> bool:
        """Whether a command failed within the last seconds, so that it is better to do without one."""
        return time.monotonic() - self._failed_at < _PAUSE

    def _failed(self, error: Exception) -> StoreError:
        self._failed_at = time.monotonic()
        reason = str(error).strip().rstrip(".")[:200] or type(error).__name__
        return StoreError(f"{self.location} ({reason})")


def _location(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port  # checks it
    except ValueError:  # it may contain a part of the password
        raise StoreSettingsError("the URL cannot be parsed: write / : @ in its password as %2F %3A %40") from None
    if parts.scheme not in _SCHEMES:
        raise StoreSettingsError("expected a URL such as redis://HOST:6379/0, rediss://HOST:6379/0 or unix:///PATH")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _client(url: str) -> Any:
    try:
        from redis import Redis  # takes 130 ms to import
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise StoreSettingsError('it needs the package redis: pip install "closient-mcp[redis]"') from None
    untyped: Any = Redis
    try:
        return untyped.from_url(
            url,
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
            # Once more at once: connections of the pool may have been closed, or cut off while they were idle.
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError:
        raise StoreSettingsError("the URL cannot be used: check the number of the database and its options") from None
