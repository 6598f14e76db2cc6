"""A client of a few lines: JSON-RPC frames over a child's pipes, so that no SDK's client is measured."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from .child import Child, ChildError

ProtocolVersion: TypeAlias = Literal["2025-11-25", "2026-07-28"]
PROTOCOL_VERSIONS: tuple[ProtocolVersion, ...] = ("2025-11-25", "2026-07-28")

_CLIENT = {"name": "bench", "version": "1"}


class Session:
    """One client's session with a server over stdio; `received` is when the last message came."""

    def __init__(self, child: Child, version: ProtocolVersion, capabilities: Mapping[str, Any] | None = None) -> None:
        self._child = child
        self._version = version
        self._asked = 0
        self.received = 0.0
        self._answers: dict[Any, dict[str, Any]] = {}
        if version == "2025-11-25":
            hello = {"protocolVersion": version, "capabilities": capabilities or {}, "clientInfo": _CLIENT}
            self.ask("initialize", hello)
            self._send({"method": "notifications/initialized"})

    def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of one request.

        Raises:
            ChildError: the server answered with an error, or not at all.
        """
        return self.result(self.begin(method, params))

    def tools(self) -> list[dict[str, Any]]:
        """The tools of all pages of `tools/list`.

        Raises:
            ChildError: the server answered with an error, or not at all.
        """
        page = self.ask("tools/list")
        tools: list[dict[str, Any]] = page["tools"]
        while "nextCursor" in page:
            page = self.ask("tools/list", {"cursor": page["nextCursor"]})
            tools += page["tools"]
        return tools

    def begin(self, method: str, params: dict[str, Any] | None = None) -> int:
        """Send a request without waiting for its answer; return its id."""
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": {**(params or {}), **self._meta()}})
        return self._asked

    def result(self, asked: int) -> dict[str, Any]:
        """The result of a request that was begun; answers come in any order.

        Raises:
            ChildError: the server answered with an error, or not at all.
        """
        while asked not in self._answers:
            message = self._read()
            if "method" not in message:
                self._answers[message.get("id")] = message
        message = self._answers.pop(asked)
        if "result" not in message:
            raise ChildError(f"request {asked}: {message.get('error')}")
        result: dict[str, Any] = message["result"]
        return result

    def cancel(self, asked: int) -> None:
        """Take a request back."""
        self._send({"method": "notifications/cancelled", "params": {"requestId": asked}})

    def _meta(self) -> dict[str, Any]:
        if self._version == "2025-11-25":
            return {}
        key = "io.modelcontextprotocol"
        return {
            "_meta": {
                f"{key}/protocolVersion": self._version,
                f"{key}/clientInfo": _CLIENT,
                f"{key}/clientCapabilities": {},
            }
        }

    def _read(self) -> dict[str, Any]:
        line = self._child.read_line()
        self.received = time.perf_counter()
        message: dict[str, Any] = json.loads(line)
        return message

    def _send(self, message: dict[str, Any]) -> None:
        self._child.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
