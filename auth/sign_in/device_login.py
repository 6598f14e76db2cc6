"""Polls until the user has signed in on another device (RFC 8628)."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Event

from .. import background
from ..errors import AuthError
from ..oauth.device import next_interval, pause
from ..oauth.tokens import Granted, Verdict
from ..records import Device, Record
from ..session.renewal import Session
from .authorization_request import AuthorizationRequest
from .completion import save_sign_in


class DeviceLogin:
    """Sign-ins on another device; for the holder of the login lock."""

    def __init__(self, session: Session, authorization_request: AuthorizationRequest) -> None:
        self._session = session
        self._store = session.store
        self._messages = session.messages
        self._authorization_request = authorization_request

    def run(
        self, record: Record, scopes: tuple[str, ...], interactive: bool, show: Callable[[Device], None], done: Event
    ) -> None:
        """Complete a sign-in, that of a dead process or a new one; `show` receives its code.

        Raises:
            AuthError: it failed.
        """
        device = record.device
        if device is None or self._session.clock() >= device.expires_at:
            device = self._authorization_request.create_for_device(record, scopes, interactive)
        show(device)
        try:
            self._poll(device, done)
        except AuthError as error:
            if self._is_pending(device):
                self._session.record_failure(error)
            raise

    def _poll(self, device: Device, done: Event) -> None:
        # Independent of changes of the system clock.
        until = time.monotonic() + max(0.0, device.expires_at - self._session.clock())
        interval = device.interval
        while not done.wait(pause(interval)):
            if time.monotonic() > until:
                raise self._messages.timed_out()
            if not self._is_pending(device):
                raise self._messages.cancelled()
            # In the background, so that tokens are saved even if the process ends meanwhile.
            verdict = background.start(partial(self._request, device)).result()
            if isinstance(verdict, Granted):
                return
            wait = next_interval(interval, verdict)
            if wait is None:
                raise self._messages.rejected(verdict, device.scopes)
            interval = wait

    def _is_pending(self, device: Device) -> bool:
        stored = self._store.read_file().device
        return stored is not None and stored.device_code == device.device_code

    def _request(self, device: Device) -> Verdict:
        form = {"device_code": device.device_code}
        verdict = self._session.token_endpoint.request("device", device.server, device.client, form)
        if isinstance(verdict, Granted):
            save_sign_in(self._session, verdict, device)
        return verdict
