"""How one system is reached: its HTTP clients and its sign-in, made when they are first needed.

What they import takes 40 ms and the certificates of their TLS context 18 ms more; a start from the cache needs neither.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...auth.secrets.redaction import Redaction
from ..settings.model import Settings, SignIn, SystemSettings

if TYPE_CHECKING:
    import httpx2

    from ...auth.session.renewal import Session
    from ...auth.sign_in.login import Login

# With any of these, making a client may fail, which a command should say at once.
_MACHINE_SETTINGS = {"http_proxy", "https_proxy", "all_proxy", "ssl_cert_file", "ssl_cert_dir"}


class LateClient:
    """An HTTP client that is made for its first request."""

    def __init__(self, make: Callable[[], httpx2.AsyncClient]) -> None:
        self._make = make
        self._made: httpx2.AsyncClient | None = None

    def make(self) -> httpx2.AsyncClient:
        """The client, made now if it was not before.

        Raises:
            SettingsError: the machine's proxy or certificate settings cannot be used.
        """
        if self._made is None:
            self._made = self._make()
        return self._made

    def stream(self, method: str, url: str, **options: Any) -> AbstractAsyncContextManager[httpx2.Response]:
        """As `httpx2.AsyncClient.stream`."""
        return self.make().stream(method, url, **options)

    async def aclose(self) -> None:
        """Close the client if it was made."""
        if self._made is not None:
            await self._made.aclose()


class Access:
    """The clients and the sign-in of one system; `everything` is all settings."""

    def __init__(self, settings: SystemSettings, everything: Settings, redaction: Redaction) -> None:
        self._settings = settings
        self._everything = everything
        self._redaction = redaction
        self.api = LateClient(self._api)
        self.documents = LateClient(self._documents)
        if _MACHINE_SETTINGS & {name.lower() for name in everything.child_environment or ()}:
            self.documents.make()

    @cached_property
    def session(self) -> Session | None:
        """The session, if the system uses OAuth."""
        if not isinstance(self._settings.credential, SignIn):
            return None
        from .clients import session_for

        return session_for(self._settings, self._settings.credential, self._everything.home, self._redaction)

    @cached_property
    def login(self) -> Login | None:
        """The sign-in, if a user can sign in."""
        if self.session is None or not self._settings.login:
            return None
        from ...auth.sign_in.browser import opener
        from ...auth.sign_in.login import Login

        return Login(self.session, opener(self._everything.browser, self._everything.child_environment))

    async def aclose(self) -> None:
        """Close the clients."""
        await self.api.aclose()
        await self.documents.aclose()

    def _api(self) -> httpx2.AsyncClient:
        from .clients import client_for

        return client_for(self._settings, self.session, self._redaction)

    def _documents(self) -> httpx2.AsyncClient:
        from .clients import anonymous_client

        return anonymous_client(self._settings.site)
