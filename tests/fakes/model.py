"""A model that always answers "done", so that hosts start without an account, and that records the tools offered."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Model:
    """The API of OpenAI at `url`; `offered` has the names of all tools that were offered to it."""

    url: str
    offered: set[str] = field(default_factory=set[str])


@contextmanager
def serving_model() -> Generator[Model]:
    """A running model."""
    model = Model("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._send("application/json", json.dumps({"object": "list", "data": [{"id": "fake", "object": "model"}]}))

        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
            model.offered.update(_names(question.get("tools", [])))
            responses = self.path.endswith("/responses")
            self._send("text/event-stream", _response_events() if responses else _completion_events())

        def _send(self, media_type: str, text: str) -> None:
            self.send_response(200)
            self.send_header("content-type", media_type)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    model.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _names(tools: list[dict[str, Any]]) -> Iterator[str]:
    """The names of tools, also of those in a namespace."""
    for tool in tools:
        yield str((tool.get("function") or tool).get("name"))
        yield from _names(tool.get("tools", []))


def _completion_events() -> str:
    """The events of `/chat/completions`."""
    chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "fake"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    choices: list[dict[str, Any]] = [
        {"index": 0, "delta": {"role": "assistant", "content": "done"}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
    ]
    lines = [json.dumps({**chunk, "choices": [choice], "usage": usage}) for choice in choices]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])


def _response_events() -> str:
    """The events of `/responses`."""
    content = [{"type": "output_text", "text": "done", "annotations": list[str]()}]
    item = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2, "input_tokens_details": {"cached_tokens": 0},
             "output_tokens_details": {"reasoning_tokens": 0}}  # fmt: skip
    response = {"id": "r", "object": "response", "created_at": 1, "model": "fake", "output": [item], "usage": usage}
    events: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": {**response, "status": "in_progress", "output": []}}),
        ("response.output_item.done", {"output_index": 0, "item": item}),
        ("response.completed", {"response": {**response, "status": "completed"}}),
    ]
    return "".join(f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n" for name, data in events)
