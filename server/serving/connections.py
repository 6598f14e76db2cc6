"""HTTP connections that are bounded in number, and in the time that they wait for a complete request."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

# So many connections are accepted in a turn of the event loop.
ACCEPTED_AT_ONCE = 8
# Turns from accepting a connection to closing it, if there are too many.
_TURNS_TO_CLOSE = 4
# So many wait to be accepted. More are dropped, and their clients try again after a second.
BACKLOG = 1_024
# Longer than the clients of the SDKs keep an idle connection (4 and 5 seconds): else a call would now and then go into
# a connection that is just being closed.
REQUEST_SECONDS = 20
# Of a response, in that time: slower readers are not waited for.
_FEWEST_BYTES = 20_000
_MOST = 1_000
_FEWEST = 8
# Kept for files, pipes and connections to services.
_OTHER_DESCRIPTORS = 64


def most_connections() -> int:
    """How many connections may be open at once, so that descriptors remain for everything else."""
    if sys.platform == "win32":
        return _MOST
    import resource

    available, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if available == resource.RLIM_INFINITY:
        return _MOST
    return max(_FEWEST, min(_MOST, available - _OTHER_DESCRIPTORS - _TURNS_TO_CLOSE * ACCEPTED_AT_ONCE))


class HttpServer(uvicorn.Server):
    """A server at which more connections wait than it accepts at once; to asyncio, both are the same number."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start accepting, and let the others wait."""
        await super().startup(sockets)
        for listener in sockets or []:
            listener.listen(BACKLOG)


class HttpConnection(H11Protocol):
    """A connection that is closed if no complete request arrives in time, or if too many are open.

    A client that still reads a long response has more time for its next request.

    Of too many, the one that has waited longest for a request is closed; the new one if all others have one.
    """

    _timer: asyncio.TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether no complete request is under way."""
        cycle = self._last_request
        return cycle is None or cycle.response_complete or cycle.more_body

    @property
    def waits_until(self) -> float:
        """When the connection is closed if no request is complete by then, in the loop's time."""
        return self._timer.when() if self._timer else 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._start_timer()
        if len(self.connections) > most_connections():
            others = cast("set[HttpConnection]", self.connections - {self})
            waiting = [other for other in others if other.is_waiting and not other.transport.is_closing()]
            min(waiting, key=lambda other: other.waits_until, default=self).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_timer()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Stop waiting when a request is complete; if it has two lengths, it is the last (RFC 9112 §6.1)."""
        super().handle_events()
        cycle = self._last_request
        if cycle and {b"content-length", b"transfer-encoding"} <= {name for name, _ in cycle.scope["headers"]}:
            cycle.keep_alive = False
        if not self.is_waiting:
            self._stop_timer()

    def on_response_complete(self) -> None:
        """Wait for the next request, unless it arrived already."""
        super().on_response_complete()
        if self.is_waiting and not self.transport.is_closing():
            self._start_timer()

    def shutdown(self) -> None:
        """Close the connection: after the response to a complete request, else at once."""
        cycle = self._last_request
        if cycle and cycle.more_body and not cycle.response_complete:
            self.transport.abort()
        else:
            super().shutdown()

    @property
    def _last_request(self) -> RequestResponseCycle | None:
        return cast("RequestResponseCycle | None", self.cycle)

    def _start_timer(self) -> None:
        self._stop_timer()
        self._wait(self.transport.get_write_buffer_size())

    def _wait(self, unsent: int) -> None:
        self._timer = self.loop.call_later(REQUEST_SECONDS, self._close_unless_read, unsent)

    def _close_unless_read(self, unsent: int) -> None:
        left = self.transport.get_write_buffer_size()
        if unsent and unsent - left >= min(unsent, _FEWEST_BYTES):
            self._wait(left)
        else:
            self.transport.abort()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
