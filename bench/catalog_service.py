"""A service that only describes: a catalog of any length, a page that is not a catalog, and a catalog that takes long.

`python -m bench.catalog_service` prints its URL and serves until its input ends.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

_SLOW_SECONDS = 20.0
_OPERATIONS = 5


class _Service(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    ending = threading.Event()

    def body(self, path: str) -> bytes:
        """What is at a path: `/catalog/6000`, `/document/17`, `/html`, `/slow`."""
        kind, _, number = path.strip("/").partition("/")
        if kind == "catalog":
            return json.dumps({"linkset": [self._context(index) for index in range(int(number))]}).encode()
        if kind == "document":
            return _document(int(number))
        if kind == "slow":
            self.ending.wait(_SLOW_SECONDS)
        return b"<!doctype html><title>Shop</title>"

    def _context(self, index: int) -> dict[str, object]:
        url = f"http://127.0.0.1:{self.server_port}"
        link = {"href": f"{url}/document/{index}", "type": "application/openapi+json"}
        return {"anchor": f"{url}/store{index}/api/v1/", "title": f"Store {index}", "service-desc": [link]}


def _document(index: int) -> bytes:
    paths = {
        f"/store{index}/api/v1/things{number}/{{id}}": {
            "get": {
                "operationId": f"get_thing_{number}",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "well"}},
            }
        }
        for number in range(_OPERATIONS)
    }
    info = {"title": f"Store {index}", "version": "1"}
    return json.dumps({"openapi": "3.1.0", "info": info, "paths": paths}).encode()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer."""
        body = cast(_Service, self.server).body(self.path)
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: stdout is for the URL."""


def main() -> None:
    """Serve until the input ends."""
    service = _Service(("127.0.0.1", 0), _Handler)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{service.server_port}", flush=True)
    sys.stdin.read()
    service.ending.set()


if __name__ == "__main__":
    main()
