"""Checks which host a request is for, and which web page it comes from, against DNS rebinding."""

from __future__ import annotations

from urllib.parse import urlsplit

from ...auth.urls import is_loopback_host
from ...tools.formats.urls import InvalidUrlError, origin_of
from ..settings.http_model import HOST, HttpSettings
from .asgi import AsgiApplication, Receive, Scope, Send, headers_of, respond
from .listening import ListenAddress


class RequestOrigin:
    """Passes on requests for the hosts of the settings, from no web page or one whose origin is allowed.

    If only this machine can connect, its own names and its own web pages are allowed too.
    """

    def __init__(self, app: AsgiApplication, address: ListenAddress, settings: HttpSettings) -> None:
        self._app = app
        self._allows_loopback = address.is_local
        public = {settings.public_url} - {""}
        own = {str(address).lower()} if not (address.path or address.is_wildcard) else set[str]()
        self._hosts = {urlsplit(url).netloc.lower() for url in public} | set(settings.allowed_hosts) | own
        self._origins = {origin_of(url) for url in public} | set(settings.allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 or 403 to other requests."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not self._is_our_host(headers_of(scope, b"host")):
            error = "Unknown host. If it is one of yours, add it to http.allowed_hosts."
            await respond(send, 421, {"error": error})
        elif not all(map(self._is_allowed_origin, headers_of(scope, b"origin"))):
            error = "Web pages of this origin may not call this server. http.allowed_origins lists those that may."
            await respond(send, 403, {"error": error})
        else:
            await self._app(scope, receive, send)

    def _is_our_host(self, values: list[str]) -> bool:
        # Hosts do not differ by case (RFC 9110 §4.2.3).
        host = values[0].lower() if len(values) == 1 else ""
        match = HOST.fullmatch(host)
        if not match:
            return False
        is_own = self._allows_loopback and is_loopback_host(match["name"].strip("[]"))
        return is_own or not self._hosts.isdisjoint({host, match["name"]})

    def _is_allowed_origin(self, value: str) -> bool:
        try:
            origin = origin_of(value)
        except InvalidUrlError:  # `null` among them
            return False
        return origin in self._origins or (self._allows_loopback and is_loopback_host(urlsplit(origin).hostname or ""))
