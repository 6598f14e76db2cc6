"""What becomes of the response to an authorization request, and what the user then sees."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from functools import partial

from .. import background
from ..errors import AuthError
from ..oauth import authorization
from ..records import Pending
from ..session.renewal import Session
from .code_exchange import exchange_code
from .pages import DONE, Page, failed

logger = logging.getLogger(__name__)


class AuthorizationResponses:
    """Handles the responses to the requests of one session; their state was compared before."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._store = session.store

    def url_without_resource(self, error: str, pending: Pending) -> str:
        """Where the user has to be sent again because the server accepts no `resource`; empty if that is not so."""
        if not authorization.rejects_resource(error, pending.server):
            return ""
        with self._store.lock():
            record = self._store.read()
            stored = record.pending
            if stored is None or stored.state != pending.state or not stored.server.resource:
                return ""
            changed = authorization.without_resource(stored)
            self._store.write(record.model_copy(update={"pending": changed}))
            return changed.url

    def exchange(self, query: str, pending: Pending) -> AuthError | None:
        """Exchange the code in a query and save the tokens, whatever happens to the caller; return why it failed."""
        try:
            background.start(partial(exchange_code, self._session, query, pending)).result()
        except Exception as error:
            self._session.record_failure(error)
            return self.as_auth_error(error)
        return None

    def as_auth_error(self, error: Exception) -> AuthError:
        """The error to report; one of our own is logged."""
        if isinstance(error, AuthError):
            return error
        logger.error("the sign-in failed; this is a bug", exc_info=error)
        return self._session.messages.bug(error)

    def page(self, error: AuthError | None) -> Page:
        """The last page of a sign-in."""
        if error:
            return failed(error.message, error.next_step)
        with suppress(AuthError):
            record = self._store.read()
            details = record.tokens.details if record.tokens else {}
            if who := self._session.profile.described(record.user, details):
                return replace(DONE, text=f"You are signed in{who}.")
        return DONE
