"""How one user reaches a system: their session, and an HTTP client that carries it, made when they are first needed.

What they import takes 40 ms and the certificates of their TLS context 18 ms more; a start from the cache needs neither.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ...auth.secrets.redaction import Redaction
from ..settings.model import Settings, SignIn, SystemSettings
from .client_pool import ClientPool
from .stored_sign_ins import StoredSignIns

if TYPE_CHECKING:
    import httpx2

    from ...auth.session.renewal import Session
    from ...auth.session.shared_registration import SharedRegistration
    from ...auth.sign_in.login import Login
    from ...auth.sign_in.page_login import PageLogin

# In place of a caller, whose identifiers are hexadecimal: the record of the client that all of them use.
REGISTRATION = "registration"


class UserClient:
    """The session of one user and the HTTP client that carries it: of the user of this machine, or of one caller."""

    def __init__(
        self,
        settings: SystemSettings,
        everything: Settings,
        redaction: Redaction,
        sign_ins: StoredSignIns,
        caller: str = "",
        name: str = "",
    ) -> None:
        self._settings = settings
        self._everything = everything
        self._redaction = redaction
        self._sign_ins = sign_ins
        self._caller = caller
        self._name = name
        self.api = ClientPool(self._api)

    @cached_property
    def session(self) -> Session | None:
        """The session, if the system uses OAuth."""
        credential = self._settings.credential
        if not isinstance(credential, SignIn):
            return None
        from .clients import session_for

        records = self._sign_ins.records(credential.profile.store)
        return session_for(self._settings, credential, records, self._redaction, self._caller, self._name)

    @cached_property
    def login(self) -> Login | None:
        """The sign-in through a browser of this machine or another device, if a user can sign in."""
        if self.session is None or not self._settings.has_login:
            return None
        from ...auth.sign_in.browser import opener
        from ...auth.sign_in.login import Login

        command = None if self._caller else self._everything.browser
        return Login(self.session, opener(command, self._everything.child_environment), self._registration)

    @cached_property
    def page_login(self) -> PageLogin | None:
        """The sign-in of a caller through pages of this server, if they sign in for themselves."""
        if self.session is None or self._registration is None:
            return None
        from ...auth.sign_in.page_login import PageLogin

        return PageLogin(self.session, self._registration)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is lost if it is closed."""
        made = self.__dict__  # what is not made yet is not made for this
        session: Session | None = made.get("session")
        login: Login | None = made.get("login")
        return not (session and session.is_renewing) and not (login and login.is_under_way)

    @cached_property
    def _registration(self) -> SharedRegistration | None:
        credential = self._settings.credential
        if self.session is None or not isinstance(credential, SignIn) or not credential.profile.per_caller:
            return None
        from ...auth.session.shared_registration import SharedRegistration
        from .clients import store_for

        records = self._sign_ins.records(credential.profile.store)
        store = store_for(self._settings, credential, records, self._redaction, REGISTRATION)
        return SharedRegistration(self.session.client_setup, store)

    def _api(self) -> httpx2.AsyncClient:
        from .clients import client_for

        return client_for(self._settings, self.session, self._redaction)
