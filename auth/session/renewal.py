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
from functools import partial

from .. import background
from ..errors import AuthError, UnavailableError
from ..oauth.discovery import same_origin
from ..oauth.http import HttpClient
from ..oauth.retrying import ask_patiently
from ..oauth.tokens import Denied, Granted, Inconclusive, TokenRequestOptions, Verdict, is_usable, refresh_request
from ..profile import Profile
from ..records import Client, Record, Server, Tokens
from ..store.record_store import Store
from .client_setup import ClientSetup
from .credentials import Credentials
from .messages import Messages
from .refusals import Refusals
from .unattended import Unattended

logger = logging.getLogger(__name__)

_NEW = 60.0


class Session:
    """The sign-in to one system, for one caller; where the grant needs no person, what stands for one.

    `taken` is the access token that a service took last.
    """

    def __init__(
        self, profile: Profile, store: Store, http: HttpClient, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.profile = profile
        self.store = store
        self.http = http
        self.clock = clock
        self.credentials = Credentials(profile, store.redaction)
        self._messages = Messages(profile, store.redaction)
        self.refusals = Refusals(store, self._messages, clock)
        self.client_setup = ClientSetup(profile, http, self._messages, self.credentials, clock)
        self._unattended = (
            Unattended(profile, store, http, self._messages, self.credentials, self.client_setup, clock)
            if profile.unattended
            else None
        )
        self._known = False
        self.taken = ""
        self._tokens: Tokens | None = None
        self._unsaved: tuple[str, Tokens] | None = None
        self._job: Future[None] | None = None
        self._guard = threading.Lock()

    async def token(self, bad: str | None = None) -> str | None:
        """A good access token, or nothing where nobody is signed in. `bad` is one that was just refused.

        Raises:
            UnavailableError: there is a sign-in, but it cannot be renewed at the moment.
            UserActionRequired: the credential file or a credential in the settings can't be used, or the service
                rejects every token.
        """
        if not self._known:
            # Whose file it is may be for a command to say, and that takes its time.
            await asyncio.to_thread(self.credentials.identity)
            self._known = True
        if self._unsaved:
            await asyncio.to_thread(self._save)
        joined = True
        while joined:
            if good := await self._good(bad):
                return good
            if not self._unattended and (self._tokens is None or not self._tokens.refresh_token):
                return None
            # Again, if this one was under way: it may have been for another token than the bad one.
            if bad:
                await asyncio.to_thread(self.refusals.check)
            job, joined = self._start_refresh(bad)
            try:
                await asyncio.shield(asyncio.wrap_future(job))
            except UnavailableError as error:
                if not self._alive(bad):
                    raise
                logger.warning("%s %s", error.message, error.next_step)
            if alive := self._alive(bad):
                return alive
        # Some servers give the same token until it ends, whatever becomes of it; then the service's word counts.
        return self._alive(None) if self._unattended else None

    async def newer(self, token: str) -> str | None:
        """A good token other than this one, where another process has left one; nothing is renewed for it."""
        if self._unsaved:
            return None  # what is in memory is all there is
        self.reread()
        good = await self._good(token)
        return good if good != token else None

    def obtained_at(self, token: str) -> float:
        """When this token was issued, as far as is known."""
        tokens = self._tokens
        return tokens.obtained_at if tokens and tokens.access_token == token else 0.0

    def is_new(self, token: str) -> bool:
        """Whether this token was issued a moment ago, so that another one would fare no better."""
        return self.clock() - self.obtained_at(token) < _NEW

    def reread(self) -> None:
        """Look at the file again: somebody signed in, or granted more."""
        self._keep(None)

    async def _good(self, bad: str | None) -> str | None:
        tokens = self._tokens
        if tokens is None or not is_usable(tokens, self.clock()) or tokens.access_token == bad:
            # Another process may have refreshed, signed in or signed out: reading needs no lock. A keyring is slow.
            tokens = self._take(tokens, self._tokens_of(await asyncio.to_thread(self.store.read)))
        if tokens is None or not is_usable(tokens, self.clock()) or tokens.access_token == bad:
            return None
        return tokens.access_token

    def _tokens_of(self, record: Record) -> Tokens | None:
        """A record's tokens, unless the settings ask for other scopes by now and no person is needed for that."""
        others = self._unattended is not None and set(record.asked) != set(self.profile.scopes or ())
        return None if others else record.tokens

    def _take(self, known: Tokens | None, read: Tokens | None) -> Tokens | None:
        """Go by what was read, unless a refresh has ended meanwhile: what it got is newer than what we read."""
        with self._guard:
            if self._tokens is known:
                self._tokens = read
            return self._tokens

    def _keep(self, tokens: Tokens | None) -> None:
        with self._guard:
            self._tokens = tokens

    def _alive(self, bad: str | None) -> str | None:
        """What a refresh left: good, or at least not over where it could not be renewed."""
        tokens = self._tokens
        if tokens is None or tokens.access_token == bad:
            return None
        over = tokens.expires_at is not None and self.clock() >= tokens.expires_at
        return None if over else tokens.access_token

    def _start_refresh(self, bad: str | None) -> tuple[Future[None], bool]:
        """The refresh that is under way, or a new one in a thread that outlives whoever waits; and whether it was."""
        with self._guard:
            if self._job is not None and not self._job.done():
                return self._job, True
            self._job = job = background.start(partial(self.refresh, bad))
            return job, False

    def refresh(self, bad: str | None = None, *, interactive: bool = False) -> None:
        """Renew the tokens unless somebody else just did; blocks for up to the lock's and the wire's patience.

        `interactive` says that the person asked for it: then credentials that were refused are tried once more.

        Raises:
            UnavailableError: the server does not response as it should, and no token that still works is left.
            UserActionRequired: a credential of the settings is missing, or was refused.
        """
        self.credentials.open()
        with self.store.lock():
            record = self.store.read()
            record = self._saved(record)
            tokens = self._tokens_of(record)
            self._keep(tokens)
            if tokens and is_usable(tokens, self.clock()) and tokens.access_token != bad:
                return
            if tokens and self._renew(record, tokens, bad):
                return
            if self._unattended:
                self._fetch(self._unattended, bad, interactive)

    def _save(self) -> None:
        """Write what could not be written, if that is possible by now."""
        with contextlib.suppress(AuthError), self.store.lock():
            self._saved(self.store.read())

    def _saved(self, record: Record) -> Record:
        """The record with what a refresh got and no disk took, unless others have changed it; we hold the lock."""
        if self._unsaved and record.tokens and record.tokens.refresh_token == self._unsaved[0]:
            record = self.store.write(record.model_copy(update={"tokens": self._unsaved[1]}))
        self._unsaved = None
        return record

    def _renew(self, record: Record, tokens: Tokens, bad: str | None) -> bool:
        """Use the refresh token; gives whether that settled it, and not where there is none or it has ended."""
        server, client = record.server, record.client
        if not tokens.refresh_token or not server or not client:
            return False
        try:
            self.store.check_room("nothing is lost, you are still signed in")
        except UnavailableError:
            if self._alive(bad):
                return True
            raise
        verdict = self._ask(server, client, tokens)
        if isinstance(verdict, Inconclusive) and verdict.is_elsewhere and (now := self._moved(server)):
            record = record.model_copy(update={"server": now})
            verdict = self._ask(now, client, tokens)
        if isinstance(verdict, Denied):
            # Not every disk's locks hold between machines: nobody else's tokens are ended.
            kept = self.store.read().tokens
            self._keep(kept)
            if kept is not None and kept.refresh_token != tokens.refresh_token:
                return True
            self._end(record, verdict)
            return False
        if isinstance(verdict, Granted):
            self._keep(verdict.tokens)  # before the write: a full disk must not cost the rotation
            self._unsaved = (tokens.refresh_token, verdict.tokens)
            self.store.write(record.model_copy(update={"tokens": verdict.tokens}))
            self._unsaved = None
        elif not self._alive(bad):
            raise self._unavailable(verdict)
        return True

    def _ask(self, server: Server, client: Client, tokens: Tokens) -> Verdict:
        complete = self.credentials.complete(client, server)
        scope = tokens.scope if self.profile.grant == "password" and self.profile.scopes else ""
        options = TokenRequestOptions(self.profile.resource, self.profile.in_query, scope)
        request = refresh_request(server, complete, tokens.refresh_token or "", options)
        return ask_patiently(self.http, request, self.clock, tokens)

    def _moved(self, server: Server) -> Server | None:
        """The server as it describes itself by now, if its token endpoint has moved and not to another origin."""
        try:
            now = self.client_setup.server()
        except AuthError:
            return None
        moved = now.token_endpoint != server.token_endpoint
        return now if moved and same_origin(now.token_endpoint, server.token_endpoint) else None

    def _fetch(self, unattended: Unattended, bad: str | None, interactive: bool) -> None:
        """Have new tokens without a person; we hold the lock."""
        record = self.store.read()
        if interactive:
            history = record.history.model_copy(update={"bad_credentials": ""})
            record = record.model_copy(update={"history": history})
        try:
            fetched = unattended.fetch(record, interactive=interactive)
        except AuthError:
            if self._alive(bad):
                return  # a little life is left in the old one
            raise
        self._keep(fetched.tokens)
        self.store.write(fetched)

    def _end(self, record: Record, denied: Denied) -> None:
        """The server ended the sign-in; we hold the lock and this refresh token is the stored one, so it is true."""
        own = record.client is not None and record.client.is_own
        # A client that may not refresh may still have new tokens for its password.
        if own and (denied.error == "invalid_client" or (denied.ends_client and not self._unattended)):
            raise self._messages.client_rejected()
        if denied.ends_client and not own:
            logger.info("%s no longer knows this client (%s)", record.site, denied.error)
            self.drop(record, client=None)
        elif denied.error == "invalid_grant":
            logger.info("the sign-in to %s has ended (%s)", record.site, denied.error)
            self.drop(record)
        elif not self._unattended:
            raise self._unavailable(Inconclusive(f"{denied.error}: {denied.description}".rstrip(": ")))

    def drop(self, record: Record, **changes: object) -> None:
        """Write the record without its tokens, and with these changes; for whoever holds its lock."""
        self.store.write(record.model_copy(update={"tokens": None, **changes}))
        self._keep(None)

    def _unavailable(self, verdict: Inconclusive) -> UnavailableError:
        wait = f"in {verdict.retry_after:.0f} seconds" if verdict.retry_after else "in a while"
        return self._messages.unavailable(
            f"{self.profile.issuer} is not renewing sign-ins right now ({verdict.reason})",
            f"You are still signed in; try again {wait}.",
        )
