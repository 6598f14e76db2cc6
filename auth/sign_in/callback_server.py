"""The loopback listener for redirects (RFC 8252 §7.3), and the pages that it shows."""

from __future__ import annotations

import html
import os
import socket
import threading
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from string import Template
from typing import cast
from urllib.parse import urlsplit

from ..oauth.redirects import HOST, PATH, Redirect, checked_redirect

# How often the server checks whether it should stop.
_POLL = 0.1
_REQUEST_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Page:
    """What the user sees; it is escaped when it is sent. With a `location`, the browser goes on there."""

    status: int
    title: str = ""
    text: str = ""
    location: str = ""


DONE = Page(200, "You are signed in", "You can close this tab and go back to your assistant.")
STALE = Page(400, "This page is out of date", "Start the sign-in again from your assistant.")


def failed(text: str) -> Page:
    """The page for a sign-in that failed."""
    return Page(200, "You are not signed in", text)


class CallbackServer:
    """Listens on 127.0.0.1; `begin` must be called before the browser is sent anywhere.

    `/` redirects to the authorization server, so that the URL shown to users is short and contains no state. The
    redirect URI's path receives the response. Everything else, such as favicons, is 404 and has no effect.
    """

    def __init__(self, redirect_uri: str | None = None) -> None:
        """Bind to the port of a redirect URI, or to any free port.

        Raises:
            OSError: the port is taken, or listening is not allowed.
        """
        redirect = checked_redirect(redirect_uri) if redirect_uri else Redirect(HOST, 0, PATH)
        self._servers = [_Server((HOST, redirect.port), _Handler)]
        self._begun = False
        self.port: int = self._servers[0].server_port
        if redirect.host != HOST:
            # Browsers try [::1] first for localhost, and no other program should be listening there.
            with suppress(OSError):
                self._servers.append(_Server6(("::1", self.port), _Handler))
        for server in self._servers:
            server.path = redirect.path
            server.hosts = {f"{host}:{self.port}" for host in (HOST, redirect.host)}
        self.redirect_uri = redirect_uri or f"http://{HOST}:{self.port}{PATH}"
        self.url = f"http://{HOST}:{self.port}/"

    def begin(self, destination: str, handle: Callable[[str], Page], sent: Callable[[], None] = lambda: None) -> None:
        """Serve: `/` redirects to `destination`, and `handle` turns a redirect's query into a page.

        `sent` is called when such a page was sent: the process must not end before.
        """
        for server in self._servers:
            server.destination, server.handle, server.sent = destination, handle, sent
            threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True).start()
        self._begun = True

    def close(self) -> None:
        """Stop listening, without waiting for open connections."""
        for server in self._servers:
            if self._begun:
                server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    # Open connections are not waited for; the exchange of a code has a thread of its own.
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    # On Windows this would allow two programs to listen on one port; elsewhere it allows reuse after closing.
    allow_reuse_address = os.name == "posix"
    destination = ""
    path = PATH
    hosts: AbstractSet[str] = frozenset()
    handle: Callable[[str], Page]
    sent: Callable[[], None]

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore browsers that close the connection."""


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    timeout = _REQUEST_SECONDS

    def do_GET(self) -> None:
        server = cast(_Server, self.server)
        # DNS rebinding: another site's name may resolve to this address.
        if self.headers.get("host") not in server.hosts:
            self._send(Page(400, "Wrong host", "This URL is for signing in on this machine."))
            return
        target = urlsplit(self.path)
        if target.path == "/" and not (server.path == "/" and target.query):
            self._send(Page(302, location=server.destination))
        elif target.path == server.path:
            try:
                self._send(server.handle(target.query))
            finally:
                server.sent()
        else:
            self._send(Page(404, "Not found", "This URL is for signing in."))

    def _send(self, page: Page) -> None:
        if page.location:
            self.send_response(page.status)
            self._close_with({"Location": page.location}, b"")
            return
        template = Template(files(__package__ or "").joinpath("page.html").read_text(encoding="utf-8"))
        text = template.substitute(title=html.escape(page.title), text=html.escape(page.text))
        self.send_response(page.status)
        self._close_with({"Content-Type": "text/html; charset=utf-8"}, text.encode())

    def _close_with(self, headers: dict[str, str], body: bytes) -> None:
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        common = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Security-Policy": policy}
        for name, value in {**headers, **common, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Hide the versions of Python and its server."""
        return "closient-mcp"

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the URL contains the code."""
