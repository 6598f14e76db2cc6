"""A sign-in in use: its access token, renewed across tasks, processes, cancellation and shutdown.

The sign-in is lost if two processes use the same rotating refresh token, or if one is interrupted after the server
rotated it and before the new one is saved. So a refresh holds a lock between processes, reads the file again under the
lock, and runs in a thread that outlives its callers and that the end of the process waits for.
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
from ..history import REJECTIONS, History
from ..oauth.http import BUSY, HttpClient
from ..oauth.rejections import Meaning, Rejection
from ..oauth.tokens import Granted
from ..profile import Profile
from ..records import Record, Tokens
from ..store.record_store import Store
from .client_setup import ClientSetup
from .credentials import Credentials
from .current_tokens import CurrentTokens
from .messages import DeclinedError, Messages
from .refresh_mark import Answer, is_marked, new_mark
from .refresh_request import RefreshRequest
from .token_endpoint import TokenEndpoint
from .unattended import Unattended
from .unsaved_answer import UnsavedAnswer

logger = logging.getLogger(__name__)

# Seconds that a call waits for a slow server; longer than for the lock, and less than hosts wait for a call.
_PATIENCE = 40.0
# Seconds after which a rejection without an error code, such as a web page, is taken as one if it comes again.
_PAGE_PATIENCE = 60.0
# Seconds for which another process may be about to save an answer.
_ANSWER_PATIENCE = 5.0


class Session:
    """The sign-in to one system: `token` returns its access token, renewed first if necessary.

    `current` has the tokens in memory. A renewal runs in a thread (`refresh`), which all callers wait for. Under the
    lock of the record, it saves an answer that could not be saved before (`UnsavedAnswer`), uses the refresh token
    (`_renew`), and gets tokens with the credentials (`_fetch`) if the grant needs no user.
    """

    def __init__(
        self, profile: Profile, store: Store, http: HttpClient, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.profile = profile
        self.store = store
        self.http = http
        self.clock = clock
        self.credentials = Credentials(profile, store.redaction)
        self.messages = Messages(profile, store.redaction)
        self.client_setup = ClientSetup(profile, http, self.messages, self.credentials, clock)
        self.token_endpoint = TokenEndpoint(profile, http, self.credentials, clock)
        unattended = Unattended(store, self.client_setup, self.token_endpoint)
        self._refresh_request = RefreshRequest(self.client_setup, self.token_endpoint)
        self._unattended = unattended if profile.unattended else None
        self._identified = False
        # The last access token that a service accepted.
        self.accepted_token = ""
        # What the server last answered instead of renewing the sign-in.
        self.renewal_failure = ""
        self._last_rejected: tuple[str, float] = ("", 0.0)
        self._unsaved = UnsavedAnswer(store)
        self.current = CurrentTokens(profile, store, self._unsaved, clock)
        self._mark_found = ("", 0.0)
        # When the tokens were obtained whose refresh was rejected by a page, and when that was first so.
        self._page_found = (0.0, 0.0)
        self._job: Future[None] | None = None
        self._guard = threading.Lock()

    async def token(self, rejected_token: str | None = None) -> str | None:
        """A valid access token, None if no one is signed in. `rejected_token` is one that a service has just rejected.

        Raises:
            UnavailableError: the sign-in cannot be renewed at the moment.
            UserActionRequired: the credential file or a credential in the settings can't be used, or the service
                rejects every token.
        """
        if not self._identified:
            # In a thread: reading a client_id may run a command.
            await asyncio.to_thread(self.credentials.identity)
            self._identified = True
        await self._unsaved.retry()
        joined = True
        while joined:
            before = self.current.tokens
            if usable := await self.current.usable(rejected_token):
                return usable
            if not self._unattended and (self.current.tokens is None or not self.current.tokens.refresh_token):
                return None
            if rejected_token:
                await asyncio.to_thread(self._check_rejections)
            job, joined = self._start_refresh(rejected_token)
            try:
                await self._wait_for(job)
            except UnavailableError as error:
                if not self.current.unexpired(rejected_token):
                    raise
                logger.warning("%s %s", error.message, error.next_step)
            if unexpired := self.current.unexpired(rejected_token):
                return unexpired
            # If a refresh was under way, repeat: it may have replaced another token than the rejected one.
            joined = joined and self.current.tokens != before
        # Some servers return the same token until it expires; then the service decides.
        return self.current.unexpired(None) if self._unattended else None

    @property
    def is_renewing(self) -> bool:
        """Whether a refresh is under way, or its result could not be saved yet."""
        return (self._job is not None and not self._job.done()) or self._unsaved.exists

    async def _wait_for(self, job: Future[None]) -> None:
        """Wait for a refresh, which goes on if the caller is cancelled or the server is slow."""
        try:
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(job)), _PATIENCE)
        except TimeoutError:
            raise self.messages.unavailable(
                f"{self.profile.issuer} has not answered for {_PATIENCE:.0f} seconds",
                "The sign-in is being renewed; try again.",
            ) from None

    def record_rejection(self, token: str) -> None:
        """Record that a service rejected a new token; simultaneous rejections of one token count once."""
        rejected = (token, self.current.obtained_at(token))
        if rejected != self._last_rejected:
            self._last_rejected = rejected
            now = self.clock()
            self.change_history(lambda history: history.after(REJECTIONS, now))

    def change_history(self, change: Callable[[History], History], **changes: object) -> None:
        """Change the stored history and these members of the record, if it can be written."""
        with contextlib.suppress(AuthError, OSError):
            self.store.change_history(change, **changes)

    def record_failure(self, error: Exception) -> None:
        """Forget the sign-in under way, and remember when and why it was declined, if it was."""
        declined = (self.clock(), error.reason) if isinstance(error, DeclinedError) else (0.0, "")
        self.change_history(lambda history: history.after_failure(*declined), pending=None, device=None)

    def mark_expired(self, token: str) -> None:
        """Mark a token as expired that a service rejected and that cannot be renewed."""
        with contextlib.suppress(AuthError, OSError), self.store.lock():
            record = self.store.read()
            if record.tokens and record.tokens.access_token == token:
                expired = record.tokens.model_copy(update={"expires_at": self.clock()})
                self.store.write(record.model_copy(update={"tokens": expired}))

    def _check_rejections(self) -> None:
        if self.store.read().history.reached(REJECTIONS, self.clock()):
            raise self.messages.tokens_rejected()

    def _start_refresh(self, rejected_token: str | None) -> tuple[Future[None], bool]:
        """The refresh under way, or a new one, and whether it was under way."""
        with self._guard:
            if self._job is not None and not self._job.done():
                return self._job, True
            self._job = job = background.start(partial(self.refresh, rejected_token))
            return job, False

    def refresh(self, rejected_token: str | None = None, *, interactive: bool = False) -> None:
        """Renew the tokens unless another process just did; blocks for the lock and the requests.

        `interactive`: the user asked for it, so rejected credentials are tried once more.

        Raises:
            UnavailableError: the server does not answer as it should, and no valid token is left.
            UserActionRequired: a credential of the settings is missing or rejected.
        """
        self.credentials.load()
        self.renewal_failure = ""
        with self.store.lock():
            record = self._unsaved.save_in(self.store.read())
            tokens = self.current.of(record)
            self.current.replace(tokens)
            if self.current.is_good(tokens, rejected_token):
                return
            if tokens and self._renew(record, tokens, rejected_token):
                return
            if self._unattended:
                self._fetch(self._unattended, rejected_token, interactive)

    def _renew(self, record: Record, tokens: Tokens, rejected_token: str | None) -> bool:
        """Use the refresh token; return false if there is none or it is no longer valid."""
        server, client = record.server, record.client
        sent = tokens.refresh_token
        if not sent or not server or not client:
            return False
        if is_marked(record, sent):
            return self._answer_unknown(record, rejected_token)
        try:
            self.store.check_room("nothing was lost; you are still signed in")
            record = self._mark(record, sent, tokens)
        except UnavailableError:
            if self.current.unexpired(rejected_token):
                return True
            raise
        record, verdict = self._refresh_request.send(record, server, client, tokens)
        if isinstance(verdict, Granted):
            self.current.replace(verdict.tokens)  # before writing, so that a full disk does not lose the new token
            self._unsaved.save(record, Answer(sent, verdict.tokens, record.refreshing))
            return True
        if record.refreshing:
            record = self._unsaved.save(record, Answer(sent, tokens, record.refreshing))
        ends = verdict.meaning in (Meaning.CLIENT_INVALID, Meaning.SIGN_IN_INVALID)
        if not ends and not self._is_repeated_page(verdict, tokens):
            if self.current.unexpired(rejected_token):
                return True
            raise self._unavailable(verdict)
        # Locks do not work on every network disk: tokens of another process must not be deleted.
        stored = self.store.read().tokens
        self.current.replace(stored)
        if stored is not None and stored.refresh_token != sent:
            return True
        self._end_sign_in(record, verdict)
        return False

    def _is_repeated_page(self, verdict: Rejection, tokens: Tokens) -> bool:
        """Whether a refresh of these tokens was rejected again without an error code: waiting longer does not help."""
        decided = verdict.meaning is not Meaning.LATER or verdict.error
        if decided or verdict.status in BUSY or not 400 <= verdict.status < 500:
            return False
        if self._page_found[0] != tokens.obtained_at:
            self._page_found = (tokens.obtained_at, self.clock())
        return self.clock() - self._page_found[1] >= _PAGE_PATIENCE

    def _mark(self, record: Record, sent: str, tokens: Tokens) -> Record:
        """Mark that the refresh token is about to be sent, if other processes could not tell that this one died.

        A lock file is free only if its process died, and then no one will know the answer: the token is tried again. A
        lease also ends if its process was only stopped or cut off, and may still receive the answer.
        """
        if not self.store.is_remote or tokens.reusable:
            return record
        mark = new_mark(sent)
        try:
            return self.store.write(record.model_copy(update={"refreshing": mark}))
        except UnavailableError:
            # It may have been written nevertheless, and nothing was sent.
            self._unsaved.keep(Answer(sent, tokens, mark))
            raise

    def _answer_unknown(self, record: Record, rejected_token: str | None) -> bool:
        """Give up a sign-in whose token was sent by a process that lost its lock; as `_renew`.

        If it was only cut off, it may be about to save the answer. If it was stopped, it saves the answer later
        (`UnsavedAnswer`).
        """
        if self.current.unexpired(rejected_token):
            return True
        if self._mark_found[0] != record.refreshing:
            self._mark_found = (record.refreshing, time.monotonic())
        if time.monotonic() - self._mark_found[1] < _ANSWER_PATIENCE:
            raise self.messages.unavailable(
                f"another server renewed the sign-in at {self.profile.issuer} and has not stored the answer yet",
                "Try again in a few seconds.",
            )
        self.renewal_failure = "the connection was lost before the new token was saved"
        logger.warning("giving up the sign-in to %s: %s", record.site, self.renewal_failure)
        self.delete_tokens(record, refreshing=record.refreshing)
        return False

    def _fetch(self, unattended: Unattended, rejected_token: str | None, interactive: bool) -> None:
        try:
            fetched = unattended.fetch(self.store.read(), interactive=interactive)
        except AuthError:
            if self.current.unexpired(rejected_token):
                return
            raise
        self.current.replace(fetched.tokens)
        self.store.write(fetched)

    def _end_sign_in(self, record: Record, rejection: Rejection) -> None:
        """Delete tokens that the server no longer accepts; under the lock, and only if they are the stored ones.

        If the server did not say so in the words of RFC 6749 §5.2, the record is kept, and the user signs in again.
        """
        client_invalid = rejection.meaning is Meaning.CLIENT_INVALID
        # A client that may not refresh may still use its password.
        if (
            client_invalid
            and not self.profile.registers
            and (rejection.error == "invalid_client" or not self._unattended)
        ):
            raise self.messages.client_rejected(rejection.detail)
        logger.info("%s did not renew the sign-in: %s", record.site, rejection.reason)
        self.renewal_failure = self.store.redaction.hide(rejection.reason)
        if client_invalid and self.profile.registers:
            self.delete_tokens(record, client=None)
        elif rejection.error == "invalid_grant":
            self.delete_tokens(record)

    def delete_tokens(self, record: Record, **changes: object) -> None:
        """Write the record without its tokens and with these changes; call it under the record's lock."""
        self.store.write(record.model_copy(update={"tokens": None, "refreshing": "", **changes}))
        self.current.replace(None)

    def _unavailable(self, rejection: Rejection) -> UnavailableError:
        wait = f"in {rejection.retry_after:.0f} seconds" if rejection.retry_after else "later"
        return self.messages.unavailable(
            f"{self.profile.issuer} is not renewing sign-ins right now: {rejection.reason}",
            f"You are still signed in; try again {wait}.",
        )
