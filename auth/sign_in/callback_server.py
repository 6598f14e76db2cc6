"""The loopback listener for redirects (RFC 8252 §7.3)."""

from __future__ import annotations

import hmac
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import urlsplit

from ..oauth.redirects import HOST, PATH, Redirect, browser_cookie, checked_redirect, start_path
from .pages import NOT_YET, STALE, Page, is_loaded_in_advance, other_browser, rendered

# For how long the last page can be loaded again.
LINGER_SECONDS = 3.0
# How long a browser may take to load it for the first time.
_FOLLOW_SECONDS = 1.0
# How often the server checks whether it should stop.
_POLL = 0.1
_REQUEST_SECONDS = 5


_START_AGAIN = "Close this tab and start the sign-in from your assistant or terminal."
_NOT_FOUND = Page(404, "Not found", "Only the pages of a sign-in are here.", _START_AGAIN)
_WRONG_HOST = Page(400, "Wrong host", "This URL is for signing in on this machine.", _START_AGAIN)
_OTHER_BROWSER = other_browser(
    "Start it again from your assistant. If a terminal asks you for a URL, copy the URL of this page there."
)
_USED = Page(
    410,
    "This sign-in was started in another browser",
    "If that was not you, another user of this machine may have opened it to sign in as themselves.",
    "Finish it in that browser; or sign out with `closient-mcp logout`, and start again.",
)


# They name no service: anybody may load them.
_NAMELESS = (_NOT_FOUND, _WRONG_HOST)


class CallbackServer:
    """Listens on 127.0.0.1; `begin` must be called before the browser is sent anywhere.

    The first browser that opens the start page is given a cookie, and only with that cookie is a response accepted at
    the redirect URI: not from another user of this machine (RFC 9700 §4.7). Everything else, such as favicons, is 404
    and has no effect.
    """

    def __init__(self, redirect_uri: str | None = None, path: str = PATH) -> None:
        """Bind to the port of a redirect URI, or to any free port.

        Raises:
            OSError: the port is taken, or listening is not allowed.
        """
        redirect = checked_redirect(redirect_uri) if redirect_uri else Redirect(HOST, 0, path)
        self._servers = [_Server((HOST, redirect.port), _Handler)]
        self.port: int = self._servers[0].server_port
        if redirect.host != HOST:
            # Browsers try [::1] first for localhost, and no other program should be listening there.
            with suppress(*((OSError,) if redirect.host == "localhost" else ())):
                self._servers.append(_Server6(("::1", self.port), _Handler))
        self.redirect_uri = redirect_uri or f"http://{HOST}:{self.port}{path}"
        self._host, self._path = redirect.host, redirect.path
        self._hosts = {f"{host}:{self.port}" for host in (HOST, redirect.host)}
        self._start: Page | None = None
        self._last: Page | None = None
        self.closing: threading.Thread | None = None
        self._guard = threading.Lock()

    def begin(
        self,
        state: str,
        start: Page,
        handle: Callable[[str], Page],
        sent: Callable[[], None] = lambda: None,
        service: str = "",
    ) -> None:
        """Serve: the start page, and what `handle` makes of a redirect's query; the pages name the `service`.

        `sent` is called when the last page was sent, or no browser asked for it: the process must not end before.
        """
        self._handle, self._sent, self._service = handle, sent, service
        self._start_path = start_path(state)
        self.url = f"http://{self._host}:{self.port}{self._start_path}"
        self._cookie = f"closient-mcp-{self.port}={browser_cookie(state)}"
        self._start, self._unopened = start, True
        for server in self._servers:
            server.respond = self._respond
            threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True).start()

    def close(self) -> None:
        """Stop listening, without waiting for open connections."""
        for server in self._servers:
            if self._start:
                server.shutdown()
            server.server_close()

    def close_later(self) -> threading.Thread:
        """Stop listening in a thread, after time to load the last page again."""
        with self._guard:
            if self.closing is None:
                self.closing = threading.Timer(LINGER_SECONDS, self.close)
                self.closing.daemon, self.closing.name = True, "closient-mcp-login"
                self.closing.start()
            return self.closing

    def _respond(self, target: str, headers: Message, send: Callable[[Page, str], None]) -> None:
        page = self._page(target, headers)
        try:
            send(page, "" if page in _NAMELESS else self._service)
        finally:
            if page is self._last:
                self._unloaded.cancel()
                self._sent()

    def _page(self, target: str, headers: Message) -> Page:
        # DNS rebinding: another site's name may resolve to this address.
        if headers.get("host") not in self._hosts:
            return _WRONG_HOST
        path, query = urlsplit(target)[2:4]
        if path not in (self._start_path, self._path):
            return _NOT_FOUND
        if is_loaded_in_advance(headers.get):
            return NOT_YET
        cookies = "; ".join(headers.get_all("cookie", [])).split("; ")
        is_known = any(hmac.compare_digest(cookie.encode(), self._cookie.encode()) for cookie in cookies)
        return self._callback_page(query, is_known) if path == self._path else self._start_page(is_known)

    def _start_page(self, is_known: bool) -> Page:
        assert self._start
        with self._guard:
            is_first, self._unopened = self._unopened, False
        if is_known:
            return self._last or self._start
        return replace(self._start, cookie=self._cookie) if is_first else _USED

    def _callback_page(self, query: str, is_known: bool) -> Page:
        if not is_known:
            return _OTHER_BROWSER
        page = self._handle(query)
        if page is STALE or page.location:
            return page
        self._last = page
        self._unloaded = threading.Timer(_FOLLOW_SECONDS, self._sent)
        self._unloaded.daemon = True
        self._unloaded.start()
        # RFC 9700 §4.3.1: the page has a URL without the code, which stays in the browser's history.
        return Page(303, location=self._start_path)


class _Server(ThreadingHTTPServer):
    # Open connections are not waited for; the exchange of a code has a thread of its own.
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    # On Windows this would allow two programs to listen on one port; elsewhere it allows reuse after closing.
    allow_reuse_address = os.name == "posix"
    respond: Callable[[str, Message, Callable[[Page, str], None]], None]

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore browsers that close the connection."""


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    timeout = _REQUEST_SECONDS

    def do_GET(self) -> None:
        cast(_Server, self.server).respond(self.path, self.headers, self._send)

    def _send(self, page: Page, service: str) -> None:
        headers, body = rendered(page, service)
        if page.cookie:
            headers["Set-Cookie"] = f"{page.cookie}; HttpOnly; SameSite=Lax; Path=/"
        self.send_response(page.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Hide the versions of Python and its server."""
        return "closient-mcp"

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the URL contains the code."""
