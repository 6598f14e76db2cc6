"""A sign-in in use: its access token, kept fresh across tasks, processes, cancellation and shutdown.

Two processes that refresh one rotating token lose the sign-in, and so does one that is interrupted between the
server's rotation and its own writing. So: a lock between processes, a second look at the file under the lock, and
a thread of its own for the refresh, which outlives whoever waits for it, and which the end of the process waits for.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from .errors import Unavailable
from .profile import Profile
from .records import Client, Record, Tokens
from .registration import deregistration_request
from .sentences import Sentences
from .store import Store
from .tokens import Denied, Granted, Unclear, Verdict, is_usable, read_tokens, refresh_request, revoke_request
from .wire import NoAnswer, Wire

logger = logging.getLogger(__name__)

_THREAD = "closient-mcp-uninterrupted"
_RETRY_AFTER = (0.3, 1.0)
_DEADLINE = 12.0
_LONGEST_PAUSE = 5.0
# The codes that end a sign-in (RFC 6749 §5.2): the grant is gone, or the client it was made for is.
_GRANT_GONE = {"invalid_grant"}
_CLIENT_GONE = {"invalid_client", "unauthorized_client"}


class Session:
    """The sign-in to one system, for one caller."""

    def __init__(self, profile: Profile, store: Store, wire: Wire, *, clock: Callable[[], float] = time.time) -> None:
        self.profile = profile
        self.store = store
        self.wire = wire
        self.clock = clock
        self._tokens: Tokens | None = None
        self._unsaved: tuple[str, Tokens] | None = None
        self._job: Future[None] | None = None
        self._guard = threading.Lock()

    async def token(self, bad: str | None = None) -> str | None:
        """A good access token, or nothing where nobody is signed in. `bad` is one that was just refused.

        Raises:
            Unavailable: there is a sign-in, but it cannot be renewed at the moment.
            PersonNeeded: the credential file cannot be used.
        """
        # Twice: a refresh that was under way may have been for another token than the bad one.
        for _ in range(2):
            if good := self._good(bad):
                return good
            if self._tokens is None or not self._tokens.refresh_token:
                return None
            await asyncio.shield(asyncio.wrap_future(self._start_refresh(bad)))
            if alive := self._alive(bad):
                return alive
        return None

    def reread(self) -> None:
        """Look at the file again: somebody signed in, or granted more."""
        self._tokens = None

    def _good(self, bad: str | None) -> str | None:
        if self._tokens is None or not is_usable(self._tokens, self.clock()) or self._tokens.access_token == bad:
            # Another process may have refreshed, signed in or signed out: reading needs no lock.
            self._tokens = self.store.read().tokens
        tokens = self._tokens
        if tokens is None or not is_usable(tokens, self.clock()) or tokens.access_token == bad:
            return None
        return tokens.access_token

    def _alive(self, bad: str | None) -> str | None:
        """What a refresh left: good, or at least not over where it could not be renewed."""
        tokens = self._tokens
        if tokens is None or tokens.access_token == bad:
            return None
        over = tokens.expires_at is not None and self.clock() >= tokens.expires_at
        return None if over else tokens.access_token

    def _start_refresh(self, bad: str | None) -> Future[None]:
        """The refresh that is under way, or a new one in a thread that outlives whoever waits for it."""
        with self._guard:
            if self._job is None or self._job.done():
                job: Future[None] = Future()
                job.set_running_or_notify_cancel()  # so that a waiter's cancellation cannot cancel the job
                self._job = job
                threading.Thread(target=self._run, args=(job, bad), name=_THREAD, daemon=False).start()
            return self._job

    def _run(self, job: Future[None], bad: str | None) -> None:
        try:
            self.refresh(bad)
        except BaseException as error:
            job.set_exception(error)
        else:
            job.set_result(None)

    def refresh(self, bad: str | None = None) -> None:
        """Renew the tokens unless somebody else just did; blocks for up to the lock's and the wire's patience.

        Raises:
            Unavailable: the server does not answer as it should, and no token that still works is left.
        """
        with self.store.lock():
            record = self.store.read()
            now = self.clock()
            if self._unsaved and record.tokens and record.tokens.refresh_token == self._unsaved[0]:
                record = self.store.write(record.model_copy(update={"tokens": self._unsaved[1]}))
            self._unsaved = None
            tokens = self._tokens = record.tokens
            if tokens is None or (is_usable(tokens, now) and tokens.access_token != bad):
                return
            if not tokens.refresh_token or not record.server or not record.client:
                return
            verdict = self._ask(record, tokens)
            if isinstance(verdict, Granted):
                self._tokens = verdict.tokens  # before the write: a full disk must not cost the rotation
                self._unsaved = (tokens.refresh_token, verdict.tokens)
                self.store.write(record.model_copy(update={"tokens": verdict.tokens}))
                self._unsaved = None
            elif isinstance(verdict, Denied):
                self._end(record, verdict)
            elif tokens.access_token == bad or (tokens.expires_at is not None and now >= tokens.expires_at):
                raise self._unavailable(verdict)

    def _ask(self, record: Record, tokens: Tokens) -> Verdict:
        assert record.server and record.client and tokens.refresh_token
        call = refresh_request(record.server, self.client_of(record.client), tokens.refresh_token)
        until = time.monotonic() + _DEADLINE
        verdict: Verdict = Unclear("no time")
        for wait in (*_RETRY_AFTER, None):
            try:
                answer = self.wire.send(call, max(0.1, until - time.monotonic()))
                verdict = read_tokens(answer, self.clock(), tokens)
            except NoAnswer as error:
                verdict = Unclear(str(error))
            if not isinstance(verdict, Unclear) or wait is None:
                return verdict
            pause = max(wait, verdict.retry_after or 0.0)
            if time.monotonic() + pause >= until or pause > _LONGEST_PAUSE:
                return verdict
            time.sleep(pause)
        return verdict

    def client_of(self, client: Client) -> Client:
        """The client with its secret: one that is configured has it from there, never from the file."""
        if client.source != "configured":
            return client
        secret = self.profile.client_secret
        method = self.profile.auth_method if secret else "none"
        return client.model_copy(update={"client_secret": secret.reveal() if secret else None, "auth_method": method})

    def _end(self, record: Record, denied: Denied) -> None:
        """The server ended the sign-in; we hold the lock and this refresh token is the stored one, so it is true."""
        configured = record.client is not None and record.client.source == "configured"
        if denied.error in _CLIENT_GONE and configured:
            raise Sentences(self.profile, self.store.redaction).client_rejected()
        if denied.error in _CLIENT_GONE:
            logger.info("%s no longer knows this client (%s)", record.site, denied.error)
            self.store.write(record.model_copy(update={"tokens": None, "client": None}))
            self._tokens = None
        elif denied.error in _GRANT_GONE:
            logger.info("the sign-in to %s has ended (%s)", record.site, denied.error)
            self.store.write(record.model_copy(update={"tokens": None}))
            self._tokens = None
        else:
            raise self._unavailable(Unclear(f"{denied.error}: {denied.description}".rstrip(": ")))

    def _unavailable(self, verdict: Unclear) -> Unavailable:
        wait = f"in {verdict.retry_after:.0f} seconds" if verdict.retry_after else "in a while"
        return Unavailable(
            f"{self.profile.issuer} is not renewing sign-ins right now ({verdict.reason}).",
            f"You are still signed in; try again {wait}.",
            system=self.profile.system,
            address=self.profile.issuer,
        )

    def uninterrupted(self, work: Callable[[], None]) -> None:
        """Do this in a thread that the end of the process waits for, as it does for a refresh."""
        job: Future[None] = Future()

        def run() -> None:
            try:
                work()
            except BaseException as error:
                job.set_exception(error)
            else:
                job.set_result(None)

        threading.Thread(target=run, name=_THREAD, daemon=False).start()
        job.result()

    def sign_out(self, *, forget: bool = False) -> str:
        """Revoke the sign-in at the server and drop it here; with `forget` the registration too.

        Gives what is to be said of it; what the server does not confirm is dropped here all the same.
        """
        with self.store.lock():
            record = self.store.read()
            said = self._revoke(record)
            client = record.client
            if forget and client and record.server:
                if call := deregistration_request(client, record.server):
                    with contextlib.suppress(NoAnswer):  # a registration that nobody uses any more does no harm
                        self.wire.send(call)
                client = None
            self.store.write(
                record.model_copy(update={"tokens": None, "pending": None, "person": "", "client": client})
            )
            self._tokens = None
        return said

    def _revoke(self, record: Record) -> str:
        host = self.profile.issuer
        if record.tokens is None:
            return f"Nobody was signed in to {host}."
        if record.server is None or record.client is None:
            return f"Signed out of {host} here."
        call = revoke_request(record.server, self.client_of(record.client), record.tokens)
        if call is None:
            return f"Signed out of {host} here; it offers no way to revoke the sign-in there."
        try:
            answer = self.wire.send(call)
        except NoAnswer as error:
            reason = str(error)
        else:
            if answer.status == 200:
                return f"Signed out of {host}: the sign-in is revoked."
            reason = f"HTTP {answer.status}"
        return f"Signed out here, but {host} did not confirm it ({reason}); remove the application in its settings too."


def finish_uninterrupted(seconds: float) -> None:
    """Wait, at most so long, for refreshes and exchanges under way: what a server just gave out gets written."""
    until = time.monotonic() + seconds
    for thread in threading.enumerate():
        if thread.name == _THREAD:
            thread.join(max(0.0, until - time.monotonic()))
