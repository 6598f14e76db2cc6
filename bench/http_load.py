"""Callers over HTTP, each with a connection of its own and one call at a time."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .wire import ProtocolVersion

_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": dict[str, Any](),
}
_HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


class CallError(Exception):
    """A call did not succeed; the text is the answer."""


@dataclass(frozen=True, slots=True)
class Load:
    """What some calls took: calls in a second, and seconds of a call at the median and the 95th percentile."""

    throughput: float
    median: float
    slow: float


class Caller:
    """A client of one protocol version, with few lines of its own, so that no SDK's client is measured."""

    def __init__(self, url: str, version: ProtocolVersion, tool: str) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port or 0, parts.path
        self._version = version
        self._tool = tool
        self._session = ""

    async def open(self) -> None:
        """Connect, and initialize if the protocol version does."""
        await self._connect()
        if self._version == "2025-11-25":
            await self._send({"id": 0, "method": "initialize", "params": _HELLO})
            await self._send({"method": "notifications/initialized"})

    async def call(self) -> float:
        """Call the tool once; the seconds that it took.

        Raises:
            CallError: it did not succeed.
        """
        start = time.perf_counter()
        answer = await self._send(self._call())
        if b"a thing" not in answer:
            raise CallError(answer[:500].decode(errors="replace"))
        return time.perf_counter() - start

    async def abandon(self) -> None:
        """Call the tool, and hang up before the answer; the session stays open."""
        self._write(self._call())
        await self._writer.drain()
        self._writer.close()
        await self._connect()

    def _call(self) -> dict[str, Any]:
        params: dict[str, Any] = {"name": self._tool, "arguments": {}}
        if self._version == "2026-07-28":
            params["_meta"] = _META
        return {"id": 1, "method": "tools/call", "params": params}

    async def close(self) -> None:
        """End the session, if there is one, and hang up."""
        if self._session:
            await self._connect_again_if_closed()
            self._write_request("DELETE", b"", [])
            await self._answer()
        self._writer.close()
        await self._writer.wait_closed()

    async def _connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def _connect_again_if_closed(self) -> None:
        """Servers close connections that wait too long for a request, as they do while other callers connect."""
        if self._reader.at_eof():
            self._writer.close()
            await self._connect()

    async def _send(self, message: dict[str, Any]) -> bytes:
        await self._connect_again_if_closed()
        self._write(message)
        return await self._answer()

    def _write(self, message: dict[str, Any]) -> None:
        fields: list[str] = []
        if message["method"] != "initialize":
            fields.append(f"MCP-Protocol-Version: {self._version}")
        if self._version == "2026-07-28":
            fields += [f"Mcp-Method: {message['method']}", f"Mcp-Name: {self._tool}"]
        self._write_request("POST", json.dumps({"jsonrpc": "2.0", **message}).encode(), fields)

    def _write_request(self, method: str, body: bytes, more: list[str]) -> None:
        fields = [
            f"{method} {self._path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            "Content-Type: application/json",
            "Accept: application/json, text/event-stream",
            f"Content-Length: {len(body)}",
            *(["Mcp-Session-Id: " + self._session] if self._session else []),
            *more,
        ]
        self._writer.write("\r\n".join([*fields, "", ""]).encode() + body)

    async def _answer(self) -> bytes:
        try:
            return await self._read()
        except asyncio.IncompleteReadError as error:
            raise CallError("the connection ended before the answer") from error

    async def _read(self) -> bytes:
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[1:]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._session = headers.get("mcp-session-id", self._session)
        if headers.get("transfer-encoding") != "chunked":
            return await self._reader.readexactly(int(headers.get("content-length", "0")))
        body = b""
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            body += (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readexactly(2)
        return body


async def abandon(url: str, version: ProtocolVersion, tool: str, *, callers: int) -> None:
    """Have so many callers hang up before their answer, and then end their sessions."""
    clients = [Caller(url, version, tool) for _ in range(callers)]
    for step in (Caller.open, Caller.abandon, Caller.close):
        await asyncio.gather(*map(step, clients))


async def measure(url: str, version: ProtocolVersion, tool: str, *, callers: int, calls: int) -> Load:
    """Have some callers make so many calls in all.

    Raises:
        CallError: one did not succeed.
    """
    clients = [Caller(url, version, tool) for _ in range(callers)]
    await asyncio.gather(*(client.open() for client in clients))
    took: list[float] = []

    async def call(client: Caller) -> None:
        for _ in range(calls // callers):
            took.append(await client.call())

    start = time.perf_counter()
    await asyncio.gather(*map(call, clients))
    seconds = time.perf_counter() - start
    await asyncio.gather(*(client.close() for client in clients))
    slow = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
    return Load(len(took) / seconds, statistics.median(took), slow)
