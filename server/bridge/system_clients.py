"""How one system is reached: the clients for its documents and its API, and whose sign-in a call uses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...auth.secrets.redaction import Redaction
from ...tools.http.messages import Client
from ..settings.model import Settings, SystemSettings
from .caller_clients import CallerClients
from .client_pool import ClientPool
from .stored_sign_ins import StoredSignIns
from .user_client import UserClient

if TYPE_CHECKING:
    import httpx2

# With any of these, making a client may fail.
_MACHINE_SETTINGS = {"http_proxy", "https_proxy", "all_proxy", "ssl_cert_file", "ssl_cert_dir"}


class SystemClients:
    """The clients of one system, and the sign-in of the caller; `everything` is all settings."""

    def __init__(
        self, settings: SystemSettings, everything: Settings, redaction: Redaction, sign_ins: StoredSignIns
    ) -> None:
        self._settings = settings
        self.documents = ClientPool(self._documents)
        self._make = partial(UserClient, settings, everything, redaction, sign_ins)
        self._own = self._make()
        self.callers = CallerClients(self._make) if settings.per_caller else None
        self.api: Client = self.callers or self._own.api
        self._environment = everything.child_environment or {}

    def check_machine(self) -> None:
        """Make the client for documents now if a setting of the machine may prevent that.

        Raises:
            SettingsError: it does.
        """
        if _MACHINE_SETTINGS & {name.lower() for name in self._environment}:
            self.documents.client()

    @property
    def user(self) -> UserClient:
        """The client of the caller that a call is made for, or of the user of this machine."""
        return self.callers.current() if self.callers else self._own

    def of_caller(self, id: str) -> UserClient:
        """The client of this caller, for ending their sign-in."""
        return self._make(id)

    async def aclose(self) -> None:
        """Close the clients."""
        await self._own.api.aclose()
        await self.documents.aclose()
        if self.callers:
            await self.callers.aclose()

    def _documents(self) -> httpx2.AsyncClient:
        from .clients import anonymous_client

        return anonymous_client(self._settings.site)
