"""Leading a person through a sign-in: one registration, one tab, whatever number of processes ask for it.

One process holds the login lock and is the owner: it registers, listens, opens the browser and exchanges the
code. The others follow by watching the record. An owner that dies leaves its pending request behind, and the
next process takes it over on the same port, so that the tab that is already open still works.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from .. import background
from ..errors import AuthError, UnavailableError
from ..history import MOST_SIGN_INS, MOST_TABS, SIGN_INS_COUNT
from ..oauth import authorization
from ..oauth.authorization import Stale
from ..oauth.discovery import same_origin
from ..oauth.redirects import short_url
from ..oauth.tokens import is_usable
from ..records import Device, Pending, Record, Server
from ..session.messages import DeclinedError, Messages
from ..session.renewal import Session
from .attempt import SignInAttempt
from .authorization_request import AuthorizationRequest, Started
from .browser import Opener
from .callback_server import DONE, STALE, Page, failed
from .code_exchange import CodeExchange, is_kept
from .device_login import DeviceLogin

logger = logging.getLogger(__name__)

_POLL = 0.2
_LOOK = 0.5


@dataclass(frozen=True, slots=True)
class SignInRequest:
    scopes: tuple[str, ...]
    browser: bool
    interactive: bool
    device: bool

    def all_scopes(self, record: Record) -> tuple[str, ...]:
        """What to have; by hand also what was withheld before, and what services missed."""
        more = (*record.history.withheld, *record.history.missed) if self.interactive else ()
        return tuple(dict.fromkeys((*self.scopes, *more)))


class Login:
    """Sign-ins for one session; at most one at a time."""

    def __init__(self, session: Session, open_browser: Opener) -> None:
        self._session = session
        self._store = session.store
        self._clock = session.clock
        self._open = open_browser
        self._messages = Messages(session.profile, session.store.redaction)
        self._profile = session.profile
        self._authorization_request = AuthorizationRequest(session, self._messages)
        self._exchange = CodeExchange(session, self._messages)
        self._on_device = DeviceLogin(session, self._messages, self._authorization_request)
        self._attempt: SignInAttempt | None = None
        self._guard = threading.Lock()

    def start(
        self, scopes: Sequence[str], *, browser: bool = True, interactive: bool = False, device: bool = False
    ) -> SignInAttempt:
        """Begin a sign-in that asks for these scopes, or join the one under way.

        `interactive` says that the person asked for it: then neither an earlier no nor the brake stands in the way.
        `device` has them sign in on another one, whatever the settings say.
        """
        with self._guard:
            last = self._attempt
            if last and last.unreported() and not interactive:
                return last
            if last is None or last.done.is_set():
                self._attempt = attempt = SignInAttempt()
                wish = SignInRequest(tuple(dict.fromkeys(scopes)), browser, interactive, self._by_device(device))
                # A daemon: nobody waits at the end of the process for a person. The pending request stays.
                threading.Thread(target=self._run, args=(attempt, wish), name="closient-mcp-login", daemon=True).start()
                return attempt
            return last

    def paste(self, attempt: SignInAttempt, text: str) -> bool:
        """Take a redirected URL that the person pasted; gives whether it was this sign-in's."""
        pending = self._store.read().pending
        if pending is None:
            return attempt.done.is_set()
        taken = self._answered(attempt, pending, authorization.query_of_pasted(text)) is not STALE
        attempt.release()
        return taken

    def decline(self, attempt: SignInAttempt) -> None:
        """Take a no for an answer that was given before the person went anywhere; a callback is not waited for."""
        with attempt.guard:
            if not attempt.ended:
                attempt.conclude(self._messages.declined())
                with suppress(AuthError, OSError):
                    now = self._clock()
                    self._store.remember(lambda history: history.declined(now), pending=None, device=None)
        attempt.release()

    def _by_device(self, asked: bool) -> bool:
        return asked or self._profile.grant == "device_code"

    def _run(self, attempt: SignInAttempt, wish: SignInRequest) -> None:
        try:
            self._lead_or_follow(attempt, wish)
        except AuthError as error:
            attempt.finish(error)
        except Exception as error:
            logger.exception("the sign-in failed; this is a bug")
            attempt.finish(self._messages.bug(error))

    def _lead_or_follow(self, attempt: SignInAttempt, wish: SignInRequest) -> None:
        from filelock import Timeout

        lock = self._store.login_lock()
        until = time.monotonic() + authorization.LIFETIME
        while not attempt.done.is_set():
            try:
                lock.acquire(timeout=0)
            except Timeout:
                self._follow(attempt, wish, until)
                time.sleep(_POLL)
                continue
            except OSError as error:
                raise self._store.no_lock(error) from error
            try:
                self._lead(attempt, wish)
            finally:
                lock.release()
            return

    def _follow(self, attempt: SignInAttempt, wish: SignInRequest, until: float) -> None:
        """Look how the owner gets on."""
        record = self._store.read()
        if record.pending is None and record.device is None and self._is_signed_in(record, wish):
            self._finish_well(attempt)
        elif time.monotonic() > until:
            attempt.finish(self._messages.timed_out())
        elif record.device:
            self._show(attempt, record.device)
        elif record.pending and record.pending.opened is not None:
            if wish.browser and not record.pending.opened and not attempt.ready.is_set():
                record = self._opened(record.pending.state)
            if record.pending is None:
                return
            attempt.server = self._elsewhere(record.pending.server)
            attempt.url = short_url(record.pending.redirect_uri)
            attempt.authorize_url = record.pending.url
            attempt.opened = bool(record.pending.opened)
            attempt.ready.set()

    def _opened(self, state: str) -> Record:
        """Open the browser that its owner could not open; gives the record as it is then."""
        with self._store.lock():
            record = self._store.read()
            pending = record.pending
            if pending is None or pending.state != state or pending.opened:
                return record
            opened = {"opened": self._open(short_url(pending.redirect_uri))}
            return self._store.write(record.model_copy(update={"pending": pending.model_copy(update=opened)}))

    def _show(self, attempt: SignInAttempt, device: Device) -> None:
        attempt.url, attempt.user_code = device.url, device.user_code
        attempt.server = self._elsewhere(device.server)
        attempt.ready.set()

    def _elsewhere(self, server: Server | None) -> str:
        """The authorization server, if a person would not expect it: it is for them to see whom they trust."""
        return "" if server is None or same_origin(server.issuer, self._profile.issuer) else server.issuer

    def _lead(self, attempt: SignInAttempt, wish: SignInRequest) -> None:
        with suppress(UnavailableError):
            background.start(self._session.refresh).result()  # what has only expired needs no person
        record = self._store.read()
        if self._is_signed_in(record, wish):
            self._finish_well(attempt)
            return
        if not wish.interactive:
            self._check_patience(record)
        scopes = wish.all_scopes(record)
        if wish.device:
            self._on_device.lead(record, scopes, wish.interactive, partial(self._show, attempt), attempt.done)
            if not attempt.ended:
                self._finish_well(attempt)
            return
        started = self._authorization_request.resumed(record) or self._authorization_request.create(
            record, scopes, wish.interactive
        )
        self._lead_in_browser(attempt, started, record, wish.browser)

    def _lead_in_browser(self, attempt: SignInAttempt, started: Started, record: Record, browser: bool) -> None:
        listener, pending = started.listener, started.pending
        response = partial(self._answered, attempt, pending)
        listener.begin(pending.url, response, attempt.release)
        try:
            attempt.url, attempt.authorize_url = listener.url, pending.url
            attempt.server = self._elsewhere(pending.server)
            # The short URL: a command line is for all to read, and must not hold the state.
            new_tab = not pending.opened and browser and self._open(listener.url)
            attempt.opened = bool(pending.opened) or new_tab
            self._tell_followers(pending.model_copy(update={"opened": attempt.opened}), is_new=started.is_new)
            attempt.ready.set()
            self._wait(attempt, pending, record)
        finally:
            listener.close()

    def _wait(self, attempt: SignInAttempt, pending: Pending, before: Record) -> None:
        """Until the person comes back, here or to another process that they gave the answer to."""
        # A clock that went back must not prolong it.
        until = time.monotonic() + min(authorization.LIFETIME, max(0.0, pending.expires_at - self._clock()))
        while not attempt.done.wait(_LOOK):
            with attempt.guard:
                if not attempt.ended and not is_kept(self._session, pending):
                    self._end_elsewhere(attempt, before, self._store.read())
                elif not attempt.ended and time.monotonic() > until:
                    self._store.change(pending=None)
                    raise self._messages.timed_out()

    def _end_elsewhere(self, attempt: SignInAttempt, before: Record, now: Record) -> None:
        if now.tokens and now.tokens != before.tokens:
            self._finish_well(attempt)
        else:
            raise (
                self._messages.declined()
                if now.history.declined_at > before.history.declined_at
                else self._messages.given_up()
            )

    def _check_patience(self, record: Record) -> None:
        """What an agent asks for over and over is not put to the person over and over.

        Raises:
            UserActionRequired: they have just declined, or tabs were opened again and again to no end.
        """
        history, now = record.history, self._clock()
        if history.declined_lately(now):
            raise self._messages.declined()
        if history.too_many_tabs(now):
            raise self._messages.stopped(MOST_TABS, "sign-ins", SIGN_INS_COUNT)
        if history.too_many_sign_ins(now):
            raise self._messages.stopped(MOST_SIGN_INS, "sign-ins", SIGN_INS_COUNT)

    def _is_signed_in(self, record: Record, wish: SignInRequest) -> bool:
        """Whether there is nothing left to do: a good token with all of the scopes that the server knows of.

        Scopes that the settings fix are compared with what was asked for: what is granted is the server's affair,
        and asking again would grant no more. For the same reason what was withheld is only asked for by hand.
        """
        if record.tokens is None or not is_usable(record.tokens, self._clock()):
            return False
        if record.history.is_dead(record.tokens.access_token):
            return False
        if self._profile.scopes is not None:
            return set(self._profile.scopes) <= set(record.asked)
        settled = set(record.tokens.scope.split()) | (set[str]() if wish.interactive else set(record.history.withheld))
        supported = set(record.server.scopes_supported) if record.server else set[str]()
        return all(scope in settled or (supported and scope not in supported) for scope in wish.all_scopes(record))

    def _finish_well(self, attempt: SignInAttempt) -> None:
        self._session.reread()
        attempt.finish()

    def _tell_followers(self, pending: Pending, *, is_new: bool) -> None:
        """Write whether a browser was opened, unless the person has come back already."""
        with self._store.lock():
            record = self._store.read()
            if record.pending and record.pending.state == pending.state:
                history = record.history.tab_opened(self._clock()) if is_new else record.history
                self._store.write(record.model_copy(update={"pending": pending, "history": history}))

    def _answered(self, attempt: SignInAttempt, pending: Pending, query: str) -> Page:
        """What a callback's query comes to: tokens, a failure, or nothing at all. One answer counts, the first."""
        if isinstance(authorization.read_callback(query, pending), Stale):
            return STALE
        with attempt.guard:
            if not attempt.ended:
                self._end(attempt, query, pending)
        if attempt.error:
            return failed(f"{attempt.error.message} {attempt.error.next_step}")
        return DONE

    def _end(self, attempt: SignInAttempt, query: str, pending: Pending) -> None:
        """Exchange the code, if there is one; whatever comes of it, the attempt ends here."""
        try:
            background.start(partial(self._exchange.conclude, query, pending)).result()
        except Exception as error:
            told = error if isinstance(error, AuthError) else self._messages.bug(error)
            if told is not error:
                logger.exception("the sign-in failed; this is a bug")
            with suppress(AuthError, OSError):
                now, declined = self._clock(), isinstance(error, DeclinedError)
                self._store.remember(lambda past: past.declined(now) if declined else past.failed(), pending=None)
            attempt.conclude(told)
        else:
            self._session.reread()
            attempt.conclude()
