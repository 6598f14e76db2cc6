"""Signs a user in through pages of a server that their browser reaches, which may have replicas."""

from __future__ import annotations

from ..oauth import authorization
from ..records import Pending
from ..session.renewal import Session
from ..session.shared_registration import SharedRegistration
from .authorization_request import AuthorizationRequest
from .authorization_responses import AuthorizationResponses
from .pages import STALE, Page
from .start_page import start_page


class PageLogin:
    """Sign-ins for one session. Who the user is, and that their browser comes back, is checked by the server's pages.

    Everything that is needed at the user's return is in the record, so that any replica can finish the sign-in.
    """

    def __init__(self, session: Session, registration: SharedRegistration) -> None:
        self._session = session
        self._store = session.store
        self._authorization_request = AuthorizationRequest(session, registration)
        self._responses = AuthorizationResponses(session)

    def begin(self, link: str, scopes: tuple[str, ...]) -> Pending | None:
        """A new request for these scopes, and for those that were missing before; an earlier one becomes void.

        None if the link with this identifier was used before, at any replica.

        Raises:
            AuthError: there is no server or no client to sign in with; the link can be used again.
        """
        record, redirect_uri = self._store.read(), self._session.profile.redirect_uri
        assert redirect_uri, "callers come back to a URL of the server"
        if link in record.history.links:
            return None
        more = (*record.history.withheld, *record.history.missed)
        scopes = tuple(dict.fromkeys((*scopes, *more)))
        pending = self._authorization_request.create_at(redirect_uri, record, scopes)
        return pending if self._use_link(link) else None

    def _use_link(self, id: str) -> bool:
        with self._store.lock():
            is_new = id not in self._store.read().history.links
            if is_new:
                self._store.change_history_locked(lambda history: history.with_link(id))
        return is_new

    def start_page(self, pending: Pending) -> Page:
        """Send the browser to the authorization server, or ask the user first if they could not expect that one."""
        return start_page(self._session.profile, pending)

    def finish(self, query: str) -> Page:
        """The last page of the sign-in that a redirect with this query belongs to; only the first redirect counts."""
        with self._store.lock():
            record = self._store.read()
            pending = record.pending
            if pending is None or pending.answered or self._session.clock() >= pending.expires_at:
                return STALE
            response = authorization.read_callback(query, pending)
            if response is None:
                return STALE
            if not authorization.rejects_resource(response.error, pending.server):
                answered = pending.model_copy(update={"answered": True})
                self._store.write(record.model_copy(update={"pending": answered}))
        if url := self._responses.url_without_resource(response.error, pending):
            return Page(303, location=url)
        return self._responses.page(self._responses.exchange(query, pending))
