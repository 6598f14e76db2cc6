"""Services to test against: one of our own making on loopback, and the sandbox in a process of its own."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx2
from jsonschema import Draft202012Validator

from closient_mcp.tools.formats.json_values import JsonObject, JsonValue

from .limits import SECONDS


@dataclass(frozen=True)
class Reply:
    """What the service answers."""

    body: bytes | str | dict[str, Any] | list[Any] = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def content(self) -> bytes:
        """The body as bytes."""
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Received:
    """What the service got: header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


Answer: TypeAlias = "Reply | Callable[[Received], Reply]"


@dataclass
class Service:
    """A service on loopback that answers as a test sets it up, and records the requests."""

    url: str
    routes: dict[str, Answer]
    received: list[Received] = field(default_factory=list[Received])
    otherwise: Answer = field(default_factory=lambda: Reply({"detail": "no such path"}, 404))
    _arrival: threading.Condition = field(default_factory=threading.Condition)

    def receive(self, got: Received) -> None:
        """Record a request, and wake the tests that wait for it."""
        with self._arrival:
            self.received.append(got)
            self._arrival.notify_all()

    def wait_for(self, fulfilled: Callable[[], bool]) -> None:
        """Wait until what was received is as it should be."""
        with self._arrival:
            assert self._arrival.wait_for(fulfilled, SECONDS)

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(got.path == path for got in self.received)

    def catalog_of(self, *apis: str) -> dict[str, Any]:
        """A catalog that lists an OpenAPI document for each API, as Closient's does."""
        return {
            "linkset": [
                {
                    "anchor": f"{self.url}/{api}/api/v1/",
                    "service-desc": [
                        {"href": f"{self.url}/{api}/api/v1/openapi.json", "type": "application/openapi+json"}
                    ],
                }
                for api in apis
            ]
        }

    def serve_apis(self, **documents: dict[str, Any]) -> None:
        """Serve a catalog and these documents, by their APIs."""
        self.routes["/.well-known/api-catalog"] = Reply(self.catalog_of(*documents))
        for api, document in documents.items():
            self.routes[f"/{api}/api/v1/openapi.json"] = Reply(document)


@contextmanager
def running_service(routes: dict[str, Answer] | None = None) -> Generator[Service]:
    """A service on a port of its own; unknown paths get a 404."""
    service = Service("", routes if routes is not None else {})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body are two packets, and the second would wait for the first to be acknowledged.
        disable_nagle_algorithm = True

        def answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = Received(self.command, parts.path, parts.query, headers, self.rfile.read(length))
            service.receive(got)
            route = service.routes.get(parts.path, service.otherwise)
            reply = route if isinstance(route, Reply) else route(got)
            content = reply.content()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815 (the base class looks for these names)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test looks at `received`."""

    class Server(ThreadingHTTPServer):
        # Where more clients connect at once than may wait, the next try is a second later.
        request_queue_size = 128

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    over = threading.Event()

    def serve() -> None:
        while True:
            request, url = server.get_request()
            if over.is_set():
                server.shutdown_request(request)
                return
            server.process_request(request, url)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        over.set()
        # So that it looks up at once.
        socket.create_connection(("127.0.0.1", server.server_port)).close()
        thread.join(SECONDS)
        server.server_close()


def operation(**members: Any) -> dict[str, Any]:
    """An OpenAPI operation that answers 200."""
    return {"responses": {"200": {"description": "well"}}, **members}


def document(paths: dict[str, Any], **members: Any) -> dict[str, Any]:
    """An OpenAPI document with these paths."""
    return {"openapi": "3.1.0", "info": {"title": "Test", "version": "1"}, "paths": paths, **members}


def fits(schema: JsonObject, instance: JsonValue) -> bool:
    """Whether an instance is valid by a JSON Schema, which itself has to be one."""
    validator = _validator(json.dumps(schema))
    return validator.is_valid(instance)  # pyright: ignore[reportUnknownMemberType] (a stub's gap)


@cache
def _validator(schema: str) -> Draft202012Validator:
    """The validator of a schema; checking a schema takes longer than checking an instance."""
    checked = json.loads(schema)
    Draft202012Validator.check_schema(checked)
    return Draft202012Validator(checked)


@dataclass(frozen=True)
class Sandbox:
    """The sandbox: where it is, and keys that it accepts or refuses."""

    url: str
    api_key: str
    keys: Mapping[str, str]

    def log(self) -> list[dict[str, Any]]:
        """What arrived since the last reset."""
        url = f"{self.url}/__sandbox__/log"
        arrived: list[dict[str, Any]] = httpx2.get(url, trust_env=False, verify=False).json()
        return arrived

    def count(self, method: str, path: str) -> int:
        """How often a path was asked for since the last reset."""
        return sum((entry["method"], entry["path"]) == (method, path) for entry in self.log())

    def control(self, name: str) -> None:
        """Use one of the sandbox's own levers, such as `expire-tokens`."""
        httpx2.post(f"{self.url}/__sandbox__/{name}", trust_env=False, verify=False).raise_for_status()

    def fault(self, path: str, kind: str, times: int = 1) -> None:
        """Let the next requests under a path fail."""
        body = {"path": path, "kind": kind, "times": times}
        httpx2.post(f"{self.url}/__sandbox__/fault", json=body, trust_env=False, verify=False).raise_for_status()

    def vary(self, *names: str) -> None:
        """Activate variants until the next reset."""
        url = f"{self.url}/__sandbox__/variants"
        httpx2.post(url, json={"names": names}, trust_env=False, verify=False).raise_for_status()

    def reset(self) -> None:
        """Back to the start."""
        self.control("reset")
