"""The loopback address that a browser comes back to (RFC 8252 §7.3), and the pages that it then shows."""

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

# How long closing may take: the server looks so often whether it is to stop.
_POLL = 0.1
_REQUEST_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Page:
    """What a person is shown: true, and without anything that a server wrote unescaped."""

    status: int
    title: str
    text: str


DONE = Page(200, "You are signed in", "You can close this tab and go back to your assistant.")
STALE = Page(400, "This page is out of date", "Start the sign-in again from your assistant.")


def failed(text: str) -> Page:
    """The page for a sign-in that did not work out."""
    return Page(200, "You are not signed in", text)


def _nothing() -> None:
    """Nobody wants to know."""


class CallbackServer:
    """Listens on 127.0.0.1; `begin` must be called before the browser is sent anywhere.

    `/` leads on to the authorization server, so that the URL a person is given stays short and holds no
    state; the redirect address's path takes the answer. Everything else, favicons and prefetches, is 404 and ends
    nothing.
    """

    def __init__(self, redirect_uri: str | None = None) -> None:
        """Bind, for a redirect address or on any free port.

        Raises:
            OSError: the port is taken, or the machine lets nothing listen.
        """
        redirect = checked_redirect(redirect_uri) if redirect_uri else Redirect(HOST, 0, PATH)
        self._servers = [_Server((HOST, redirect.port), _Handler)]
        self._begun = False
        self.port: int = self._servers[0].server_port
        if redirect.host != HOST:
            # By that name browsers go to [::1] first, and nobody else should be listening there.
            with suppress(OSError):
                self._servers.append(_Server6(("::1", self.port), _Handler))
        for server in self._servers:
            server.path = redirect.path
            server.hosts = {f"{host}:{self.port}" for host in (HOST, redirect.host)}
        self.redirect_uri = redirect_uri or f"http://{HOST}:{self.port}{PATH}"
        self.url = f"http://{HOST}:{self.port}/"

    def begin(self, destination: str, handle: Callable[[str], Page], sent: Callable[[], None] = _nothing) -> None:
        """Serve: `destination` is where `/` leads, `handle` turns a callback's query into a page.

        `sent` is told when such a page is on its way: before that the process must not end.
        """
        for server in self._servers:
            server.destination, server.handle, server.sent = destination, handle, sent
            threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True).start()
        self._begun = True

    def close(self) -> None:
        """Stop listening; nobody who keeps a connection open is waited for."""
        for server in self._servers:
            if self._begun:
                server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    # Nobody waits for whoever keeps a connection open; the exchange of a code has a thread of its own.
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    # Elsewhere this lets a port be taken again that has just been left; on Windows it lets two listen on it.
    allow_reuse_address = os.name == "posix"
    destination = ""
    path = PATH
    hosts: AbstractSet[str] = frozenset()
    handle: Callable[[str], Page]
    sent: Callable[[], None]

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no news."""


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    timeout = _REQUEST_SECONDS

    def do_GET(self) -> None:
        server = cast(_Server, self.server)
        # DNS rebinding: another site's name may have been pointed at this address.
        if self.headers.get("host") not in server.hosts:
            self._send(Page(400, "Not here", "This URL is for signing in on this machine."))
            return
        target = urlsplit(self.path)
        if target.path == "/" and not (server.path == "/" and target.query):
            self.send_response(302)
            self._close_with({"Location": server.destination}, b"")
        elif target.path == server.path:
            try:
                self._send(server.handle(target.query))
            finally:
                server.sent()
        else:
            self._send(Page(404, "Nothing here", "This URL is for signing in."))

    def _send(self, page: Page) -> None:
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
        """No word about what we are made of."""
        return "closient-mcp"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the URL holds the code."""
