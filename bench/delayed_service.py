"""A service on loopback that answers every request after 20 ms; it prints its URL, and ends with its input."""

from __future__ import annotations

import asyncio
import json
import sys

_SECONDS = 0.02
_ANSWER = json.dumps({"id": 1, "name": "a thing"}).encode()
_OPERATION = {
    "operationId": "get_thing",
    "summary": "Get a thing",
    "responses": {"200": {"description": "A thing", "content": {"application/json": {"schema": {"type": "object"}}}}},
}


async def _serve() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await _request(reader):
            is_document = b" /openapi.json " in request
            if not is_document:
                await asyncio.sleep(_SECONDS)
            body = document if is_document else _ANSWER
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    shown = {
        "openapi": "3.1.0",
        "info": {"title": "Bench", "version": "1"},
        "servers": [{"url": url}],
        "paths": {"/thing": {"get": _OPERATION}},
    }
    document = json.dumps(shown).encode()
    print(url, flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def _request(reader: asyncio.StreamReader) -> bytes:
    """The head of the next request, which has no body; empty at the end of the connection."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


if __name__ == "__main__":
    asyncio.run(_serve())
