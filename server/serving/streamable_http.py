"""`closient-mcp serve --http`: MCP over Streamable HTTP."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import anyio
import anyio.to_thread
import uvicorn
from mcp.server.streamable_http import logger as sdk_logger
from mcp.server.transport_security import TransportSecuritySettings
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect

from ...auth import background
from ...auth.secrets.redaction import Redaction
from ...tools.formats.urls import is_loopback_url
from ..bridge.composition import Bridge, open_bridge
from ..callers.credentials import for_callers
from ..callers.identity import Verifier
from ..callers.identity_proof import IdentityProof
from ..callers.sign_in_links import SignInLinks
from ..process.garbage import spare_long_lived
from ..process.logs import start_log
from ..process.signals import LAST_SECONDS
from ..settings.http_model import PATH, HttpSettings, OAuth, TokenAuth
from ..settings.model import Settings, SettingsError
from .asgi import AsgiApplication
from .audit import Audit
from .authentication import Authentication, verifier_of
from .availability import Availability
from .connections import ACCEPTED_AT_ONCE, REQUEST_SECONDS, HttpConnection, HttpServer
from .listening import ListenAddress, listen, parse_listen_address
from .protocol import McpBridge
from .request_origin import RequestOrigin
from .sign_in_pages import SignInPages
from .streams import Streams

# Supervisors often kill after 30 seconds.
_DRAIN_SECONDS = 20
_NOTICE_SECONDS = 5.0


def serve_http(settings: Settings, address: str) -> int:
    """Serve at `[HOST:]PORT` or `unix:PATH` until stopped.

    Raises:
        SettingsError: the address is invalid, in use, or reachable from other machines without authentication; or a
            token cannot be read.
    """
    where = parse_listen_address(address)
    check_protection(where, settings)
    redaction = start_log(settings.log_level, settings.log_file, folder=settings.home)
    verifier = verifier_of(settings.http.auth, redaction) if settings.http.auth else None
    with listen(where) as listener:
        try:
            anyio.run(_serve, for_callers(settings), redaction, listener, where, verifier)
        finally:
            if where.path:
                where.path.unlink(missing_ok=True)
    return 0


def check_protection(address: ListenAddress, settings: Settings) -> None:
    """Check that only callers who may use the server reach it.

    Raises:
        SettingsError: other machines reach it without authentication, or under a name that is not known.
    """
    http = settings.http
    is_behind_proxy = bool(http.trusted_proxies) or (http.public_url != "" and not is_loopback_url(http.public_url))
    if http.auth is None and (is_behind_proxy or not address.is_local):
        how = " through a proxy, as [http] says" if address.is_local else ""
        raise SettingsError(
            f"--http {address} is reachable from other machines{how}, and callers are not authenticated. "
            f"Set auth under [http] in {settings.config}, or use 127.0.0.1 without a proxy."
        )
    if address.is_wildcard and not (http.public_url or http.allowed_hosts):
        raise SettingsError(
            f"--http {address}: set public_url or allowed_hosts under [http] in {settings.config}: "
            "requests for other names are refused."
        )


def links_for(bridge: Bridge) -> SignInLinks | None:
    """The links with which callers sign in for themselves; None if they do not, or only on other devices."""
    settings = bridge.settings
    if not settings.http.public_url or not any(system.per_caller for system in settings.systems):
        return None
    return SignInLinks(settings.http.public_url, bridge.sign_ins.sealer())


def application(
    mcp_bridge: McpBridge,
    address: ListenAddress,
    bridge: Bridge,
    verifier: Verifier | None,
    links: SignInLinks | None = None,
) -> Availability:
    """The server as an ASGI application; with a verifier, callers authenticate, and no request depends on another."""
    http = bridge.settings.http
    server = mcp_bridge.server(has_sessions=verifier is None)
    server.middleware.append(Audit(bridge))
    sdk_logger.addFilter(_is_worth_logging)
    app: AsgiApplication = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=verifier is not None,
        # Checked before authentication, and by one rule for all paths.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    if verifier:
        app = Authentication(Streams(app), http, verifier)
    if http.allowed_origins:
        exposed = ["mcp-session-id", "www-authenticate"]
        methods = ["GET", "POST", "DELETE"]
        app = CORSMiddleware(
            app, allow_origins=http.allowed_origins, allow_methods=methods, allow_headers=["*"], expose_headers=exposed
        )
    if verifier and links:
        redaction, records, auth = bridge.calls.redaction, bridge.sign_ins.records("file"), http.auth
        proof = IdentityProof(auth, http.public_url, records, redaction) if isinstance(auth, OAuth) else None
        app = SignInPages(app, bridge, links, verifier, proof)
    return Availability(RequestOrigin(app, address, http), lambda: mcp_bridge.is_loaded)


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """Whether a record is not about a client that hung up in the middle of its request: any client can do so often."""
    return not (record.exc_info and isinstance(record.exc_info[1], ClientDisconnect))


def configuration(app: AsgiApplication, settings: HttpSettings) -> uvicorn.Config:
    """How uvicorn serves the application."""
    return uvicorn.Config(
        app,
        http=HttpConnection,
        ws="none",
        backlog=ACCEPTED_AT_ONCE,
        timeout_keep_alive=REQUEST_SECONDS,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )


async def _serve(
    settings: Settings, redaction: Redaction, listener: socket.socket, address: ListenAddress, verifier: Verifier | None
) -> None:
    async with open_bridge(settings, redaction) as bridge:
        links = links_for(bridge)
        is_remote = not address.is_local or bool(settings.http.public_url)
        mcp_bridge = McpBridge(bridge, is_remote=is_remote, links=links, on_loaded=spare_long_lived)
        app = application(mcp_bridge, address, bridge, verifier, links)
        print(_announcement(listener, address, settings), file=sys.stderr, flush=True)
        await _Server(configuration(app, settings.http), mcp_bridge, app).serve(sockets=[listener])


def _announcement(listener: socket.socket, address: ListenAddress, settings: Settings) -> str:
    if address.path:
        return f"MCP at {PATH} of {address}; only you can call it. Stop it with Ctrl+C."
    url = (
        settings.http.resource
        if settings.http.public_url
        else f"http://{replace(address, port=listener.getsockname()[1])}{PATH}"
    )
    match settings.http.auth:
        case None:
            callers = "every user of this machine can call it"
        case TokenAuth():
            callers = "callers need its token"
        case OAuth(issuer=issuer):
            callers = f"callers need an access token of {issuer}"
    return f"MCP at {url}; {callers}. Stop it with Ctrl+C."


class _Server(HttpServer):
    """Ends by the signal, as uvicorn does, but lets a load balancer notice first, and waits until tokens are saved."""

    def __init__(self, config: uvicorn.Config, bridge: McpBridge, availability: Availability) -> None:
        super().__init__(config)
        self._bridge = bridge
        self._availability = availability

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Also end in order when the terminal closes, unless `nohup` has that ignored."""
        with super().capture_signals():
            number = getattr(signal, "SIGHUP", None)
            if number is None or signal.getsignal(number) is signal.SIG_IGN:
                yield
                return
            before = signal.signal(number, self.handle_exit)
            try:
                yield
            finally:
                signal.signal(number, before)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._availability.stop()
        self._bridge.end_subscriptions()
        with anyio.move_on_after(_NOTICE_SECONDS):
            await self._availability.noticed()
        await super().shutdown(sockets)
        await anyio.to_thread.run_sync(background.finish, LAST_SECONDS)
