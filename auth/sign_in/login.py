"""Guides the user through a sign-in: one registration and one tab, however many processes ask for it.

The process that holds the login lock is the owner: it registers, listens, opens the browser and exchanges the code. The
others follow by watching the record. If the owner dies, the next process takes over its pending request on the same
port, so that the open tab still works.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from .. import background
from ..errors import UnavailableError
from ..history import SIGN_INS, TABS
from ..oauth import authorization
from ..oauth.http import valid_scopes
from ..oauth.redirects import is_pasted, start_url
from ..oauth.tokens import is_usable
from ..records import Device, Pending, Record
from ..session.renewal import Session
from ..session.shared_registration import SharedRegistration
from .attempt import Destination, SignInAttempt
from .authorization_request import AuthorizationRequest
from .authorization_responses import AuthorizationResponses
from .browser import Opener
from .callback_server import CallbackServer
from .code_exchange import current
from .device_login import DeviceLogin
from .pages import STALE, Page
from .start_page import start_page, unexpected_server

_FOLLOW_SECONDS = 0.2
_CHECK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """What a caller of `Login.start` asks for."""

    scopes: tuple[str, ...]
    browser: bool
    interactive: bool
    device: bool

    def all_scopes(self, record: Record) -> tuple[str, ...]:
        """The scopes to request; if interactive, also those that were withheld or that services missed."""
        more = (*record.history.withheld, *record.history.missed) if self.interactive else ()
        return tuple(dict.fromkeys((*self.scopes, *more)))


class Login:
    """Sign-ins for one session, at most one at a time."""

    def __init__(self, session: Session, open_browser: Opener, registration: SharedRegistration | None = None) -> None:
        self._session = session
        self._store = session.store
        self._clock = session.clock
        self._open = open_browser
        self._messages = session.messages
        self._profile = session.profile
        self._authorization_request = AuthorizationRequest(session, registration)
        self._responses = AuthorizationResponses(session)
        self._device_login = DeviceLogin(session, self._authorization_request)
        self._attempt: SignInAttempt | None = None
        self._listener: CallbackServer | None = None
        self._guard = threading.Lock()

    @property
    def uses_device(self) -> bool:
        """Whether the user signs in on any device, by entering a code there."""
        return self._profile.grant == "device_code"

    @property
    def is_under_way(self) -> bool:
        """Whether a sign-in was started and has not ended."""
        return self._attempt is not None and not self._attempt.done.is_set()

    def start(
        self, scopes: Sequence[str], *, browser: bool = True, interactive: bool = False, device: bool = False
    ) -> SignInAttempt:
        """Start a sign-in that requests these scopes, or join the one under way.

        `interactive`: the user asked for it, so earlier refusals and limits do not apply. `device`: sign in on another
        device, whatever the settings say.
        """
        with self._guard:
            last = self._attempt
            if last and ((last.has_unreported_error() and not interactive) or not last.done.is_set()):
                return last
            self._attempt = attempt = SignInAttempt()
            device = device or self.uses_device
            request = SignInRequest(valid_scopes(dict.fromkeys(scopes)), browser, interactive, device)
            # A daemon: the end of the process does not wait for the user. The pending request stays.
            threading.Thread(target=self._run, args=(attempt, request), name="closient-mcp-login", daemon=True).start()
            return attempt

    def paste(self, attempt: SignInAttempt, text: str) -> bool:
        """Accept a redirected URL that the user pasted; return whether it belongs to this sign-in."""
        pending = self._store.read().pending
        if pending is None:
            return attempt.done.is_set()
        accepted = self._handle_callback(attempt, pending, authorization.query_of_pasted(text)) is not STALE
        attempt.release()
        return accepted

    def decline(self, attempt: SignInAttempt) -> None:
        """End an attempt because the user declined before going anywhere."""
        with attempt.guard:
            if not attempt.has_ended:
                error = self._messages.declined()
                attempt.conclude(error)
                self._session.record_failure(error)
        attempt.release()

    def _run(self, attempt: SignInAttempt, request: SignInRequest) -> None:
        try:
            self._lead_or_follow(attempt, request)
        except Exception as error:
            attempt.finish(self._responses.as_auth_error(error))

    def _lead_or_follow(self, attempt: SignInAttempt, request: SignInRequest) -> None:
        if is_pasted(self._profile.redirect_uri) and not request.interactive:
            raise self._messages.terminal_needed(self._profile.redirect_uri or "")
        lock = self._store.login_lock()
        until = time.monotonic() + authorization.LIFETIME
        while not attempt.done.is_set():
            if not lock.acquire():
                self._follow(attempt, request, until)
                time.sleep(_FOLLOW_SECONDS)
                continue
            try:
                self._lead(attempt, request)
            finally:
                lock.release()
            return

    def _follow(self, attempt: SignInAttempt, request: SignInRequest, until: float) -> None:
        """Update the attempt from the owner's progress."""
        record = self._store.read()
        if record.pending is None and record.device is None and self._is_signed_in(record, request):
            attempt.finish()
        elif time.monotonic() > until:
            attempt.finish(self._messages.timed_out())
        elif record.device:
            self._show_code(attempt, record.device)
        elif request.interactive and record.pending and record.pending.opened:
            self._give_up(record.pending)
        elif record.pending and record.pending.opened is not None and self._clock() < record.pending.expires_at:
            destination = self._destination(record.pending)
            may_open = request.browser and destination.url and not destination.server
            attempt.opened_elsewhere |= bool(record.pending.opened) and not attempt.opened
            if may_open and not record.pending.opened and not attempt.ready.is_set():
                record = self._open_for_owner(record.pending.state)
            if record.pending:
                attempt.opened = bool(record.pending.opened)
                attempt.show(self._destination(record.pending))

    def _open_for_owner(self, state: str) -> Record:
        """Open the browser that the owner could not open; return the changed record."""
        with self._store.lock():
            record = self._store.read()
            pending = record.pending
            if pending is None or pending.state != state or pending.opened:
                return record
            opened = {"opened": self._open(self._destination(pending).url)}
            return self._store.write(record.model_copy(update={"pending": pending.model_copy(update=opened)}))

    def _destination(self, pending: Pending) -> Destination:
        url, server = start_url(pending.redirect_uri, pending.state), pending.server.authorization_endpoint
        return Destination(url, server=unexpected_server(self._profile, server), authorize_url=pending.url)

    def _show_code(self, attempt: SignInAttempt, device: Device) -> None:
        attempt.show(Destination(device.url, device.user_code, unexpected_server(self._profile, device.url)))

    def open_browser(self, attempt: SignInAttempt) -> None:
        """Open a browser for an attempt whose unexpected server was shown to the user."""
        attempt.opened = self._open(attempt.destination.url)

    def _lead(self, attempt: SignInAttempt, request: SignInRequest) -> None:
        with suppress(UnavailableError):
            background.start(self._session.refresh).result()  # tokens that only expired need no user
        record = self._store.read()
        if self._is_signed_in(record, request):
            attempt.finish()
            return
        if not request.interactive:
            self._check_limits(record)
        scopes = request.all_scopes(record)
        if request.device:
            show = partial(self._show_code, attempt)
            self._device_login.run(record, scopes, request.interactive, show, attempt.done)
            if not attempt.has_ended:
                attempt.finish()
            return
        if self._listener:
            self._listener.close()  # its port is needed now
        resumed = self._authorization_request.resume(record, request.interactive)
        listener, pending = resumed or self._authorization_request.create(record, scopes, request.interactive)
        destination = self._destination(pending)
        start = start_page(self._profile, pending)
        handle = partial(self._handle_callback, attempt, pending)
        service = f"{self._profile.system} at {self._profile.issuer}"
        listener.begin(pending.state, start, handle, partial(self._release, attempt, request, listener), service)
        try:
            attempt.opened_elsewhere = bool(pending.opened)
            # Command lines are visible to others: the start page opens for one browser only.
            may_open = request.browser and not destination.server
            attempt.opened = attempt.opened_elsewhere or (may_open and self._open(listener.url))
            self._show_user(attempt, pending, is_new=resumed is None)
            self._wait(attempt, pending, record)
        finally:
            self._listener = listener
            if not listener.closing:
                listener.close()

    def _release(self, attempt: SignInAttempt, request: SignInRequest, listener: CallbackServer) -> None:
        closing = listener.close_later()
        if request.interactive:
            background.start(closing.join)  # a command ends when the last page need no longer be there
        attempt.release()

    def _show_user(self, attempt: SignInAttempt, pending: Pending, *, is_new: bool) -> None:
        with self._store.lock():
            record = self._store.read()
            if record.pending and record.pending.state == pending.state:  # unless the user has come back already
                history = record.history.after(TABS, self._clock()) if is_new else record.history
                shown = pending.model_copy(update={"opened": attempt.opened})
                self._store.write(record.model_copy(update={"pending": shown, "history": history}))
        attempt.show(self._destination(pending))

    def _wait(self, attempt: SignInAttempt, pending: Pending, before: Record) -> None:
        """Wait until the user comes back, here or to another process."""
        # A clock that is set back must not prolong it.
        until = time.monotonic() + min(authorization.LIFETIME, max(0.0, pending.expires_at - self._clock()))
        while not attempt.done.wait(_CHECK_SECONDS):
            with attempt.guard:
                if not attempt.has_ended and not current(self._session, pending):
                    self._end_elsewhere(attempt, before, self._store.read())
                elif not attempt.has_ended and time.monotonic() > until:
                    self._give_up(pending.model_copy(update={"opened": attempt.opened}))
                    raise self._messages.timed_out()

    def _give_up(self, pending: Pending) -> None:
        """End a sign-in that no one finished; it is kept, for the server may have shown an error page."""
        self._store.change(pending=pending.model_copy(update={"expires_at": 0.0}))

    def _end_elsewhere(self, attempt: SignInAttempt, before: Record, now: Record) -> None:
        if now.tokens and now.tokens != before.tokens:
            attempt.finish()
            return
        declined = now.history.declined_at > before.history.declined_at
        raise self._messages.declined(now.history.declined) if declined else self._messages.cancelled()

    def _check_limits(self, record: Record) -> None:
        """Check that an agent does not bother the user again and again.

        Raises:
            UserActionRequired: the user has just declined, or many sign-ins were not finished or did not last.
        """
        history, now = record.history, self._clock()
        if history.recently_declined(now):
            raise self._messages.declined(history.declined)
        for limit in (TABS, SIGN_INS):
            if history.reached(limit, now):
                raise self._messages.stopped(limit)

    def _is_signed_in(self, record: Record, request: SignInRequest) -> bool:
        """Whether there is a valid token with all requested scopes that the server supports.

        Scopes in the settings are compared with those requested: another request would not grant more. For the same
        reason, scopes that were withheld are requested again only if the user asked for it.
        """
        if record.tokens is None or not is_usable(record.tokens, self._clock()):
            return False
        if self._profile.scopes is not None:
            return set(self._profile.scopes) <= set(record.asked)
        settled = {*record.tokens.scope.split(), *(() if request.interactive else record.history.withheld)}
        supported = record.server.scopes_supported if record.server else ()
        return all(scope in settled or (supported and scope not in supported) for scope in request.all_scopes(record))

    def _handle_callback(self, attempt: SignInAttempt, pending: Pending, query: str) -> Page:
        """Handle a redirect's query; only the first one with our state counts."""
        response = authorization.read_callback(query, pending)
        if response is None:
            return STALE
        with attempt.guard:
            if not attempt.has_ended and (url := self._responses.url_without_resource(response.error, pending)):
                return Page(303, location=url)
            if not attempt.has_ended:
                attempt.conclude(self._responses.exchange(query, pending))
        return self._responses.page(attempt.error)
