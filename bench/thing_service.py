"""A service on loopback with a small answer and a large one: `python -m bench.thing_service [MILLISECONDS]`.

It prints its URL, answers each request after so long (at once by default), and ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys

_SIZE = 2_000_000


async def _serve(seconds: float) -> None:
    bodies = {"/thing": json.dumps(_thing(1)).encode(), "/things": _things()}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while path := await _requested(reader):
            if path in bodies and seconds:
                await asyncio.sleep(seconds)
            body = bodies.get(path, document)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    document = json.dumps(_document(url)).encode()
    print(url, flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def _requested(reader: asyncio.StreamReader) -> str:
    """The path of the next request, which has no body; empty at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return ""
    return head.split(b" ", 2)[1].decode()


def _thing(number: int) -> dict[str, object]:
    price = {"amount": number * 0.25, "currency": "EUR"}
    return {"id": number, "name": "a thing", "price": price, "tags": ["small", "red"], "note": None, "in_stock": True}


def _things() -> bytes:
    count = _SIZE // len(json.dumps(_thing(10_000)))
    return json.dumps({"items": [_thing(number) for number in range(count)]}).encode()


def _document(url: str) -> dict[str, object]:
    content = {"application/json": {"schema": {"type": "object"}}}
    paths = {
        f"/{name}": {
            "get": {
                "operationId": f"get_{name}",
                "summary": f"Get the {name}",
                "responses": {"200": {"description": "It.", "content": content}},
            }
        }
        for name in ("thing", "things")
    }
    info = {"title": "Bench", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "servers": [{"url": url}], "paths": paths}


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]) / 1000 if sys.argv[1:] else 0.0))
