"""Waiting for a person who signs in on another device (RFC 8628)."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Event

from .. import background
from ..errors import AuthError
from ..oauth.device import next_interval, pause
from ..oauth.retrying import ask
from ..oauth.tokens import Denied, Granted, TokenRequestOptions, Verdict, device_token_request
from ..records import Device, Record
from ..session.messages import DeclinedError, Messages
from ..session.renewal import Session
from .authorization_request import AuthorizationRequest
from .completion import SignInCompletion


class DeviceLogin:
    """Asks the token endpoint over and over until the person has decided. For whoever holds the login lock."""

    def __init__(self, session: Session, messages: Messages, authorization_request: AuthorizationRequest) -> None:
        self._session = session
        self._store = session.store
        self._messages = messages
        self._authorization_request = authorization_request
        self._completion = SignInCompletion(session, messages)

    def lead(
        self, record: Record, scopes: tuple[str, ...], interactive: bool, show: Callable[[Device], None], done: Event
    ) -> None:
        """See a sign-in through, the one that a dead owner left behind or a new one; `show` is told of its code.

        Raises:
            AuthError: it came to nothing.
        """
        left = record.device
        if left and self._session.clock() < left.expires_at:
            device = left
        else:
            device = self._authorization_request.create_for_device(record, scopes, interactive)
        show(device)
        try:
            self._poll(device, done)
        except AuthError as error:
            if self._is_kept(device):
                now = self._session.clock()
                declined = isinstance(error, DeclinedError)
                self._store.remember(lambda past: past.declined(now) if declined else past.failed(), device=None)
            raise

    def _poll(self, device: Device, done: Event) -> None:
        # A clock that jumps must neither prolong nor shorten it.
        until = time.monotonic() + max(0.0, device.expires_at - self._session.clock())
        interval = device.interval
        while not done.wait(pause(interval)):
            if time.monotonic() > until:
                raise self._messages.timed_out()
            if not self._is_kept(device):
                raise self._messages.given_up()
            answers: list[Verdict] = []
            # Tokens that are on their way when the process ends are still written.
            background.start(partial(self._ask, device, answers)).result()
            (verdict,) = answers
            if isinstance(verdict, Granted):
                return
            wait = next_interval(interval, verdict)
            if wait is None:
                assert isinstance(verdict, Denied)
                raise self._messages.not_granted_on_device(verdict, is_own=device.client.is_own)
            interval = wait

    def _is_kept(self, device: Device) -> bool:
        kept = self._store.read_file().device
        return kept is not None and kept.device_code == device.device_code

    def _ask(self, device: Device, answers: list[Verdict]) -> None:
        complete = self._session.credentials.complete(device.client, device.server)
        options = TokenRequestOptions(self._session.profile.resource)
        request = device_token_request(device.server, complete, device.device_code, options)
        verdict = ask(self._session.http, request, self._session.clock)
        if isinstance(verdict, Granted):
            self._completion.save(verdict, device, None)
        answers.append(verdict)
