"""Where sign-ins are stored: in files of this machine, or in the Redis of `[http]`."""

from __future__ import annotations

from secrets import token_bytes
from typing import TYPE_CHECKING

from ...auth.profile import Storage
from ...auth.secrets.redaction import Redaction
from ...auth.secrets.references import SecretError
from ...auth.secrets.sealing import Sealer
from ..settings.http_model import StoreSettings
from ..settings.model import Settings, SettingsError, SystemSettings

if TYPE_CHECKING:
    from ...auth.records import Record
    from ...auth.store.backend import Records
    from ...auth.store.redis_connection import RedisConnection


class StoredSignIns:
    """The places of records; `connection` is that to Redis, None if they are in files."""

    def __init__(self, settings: Settings, redaction: Redaction) -> None:
        """Nothing is sent yet.

        Raises:
            SettingsError: the URL or a key of the store cannot be used.
        """
        store = settings.http.store
        self._folder = settings.home / "credentials"
        self.connection = _connection(store, redaction) if store else None

    def records(self, storage: Storage) -> Records:
        """The records; `storage` is where a system's are, if they are in files."""
        if self.connection:
            from ...auth.store.redis_records import RedisRecords

            return RedisRecords(self.connection)
        from ...auth.store.files import Files

        return Files(self._folder, storage)

    def of_callers(self, system: SystemSettings) -> list[Record]:
        """The records of the callers who are signed in to a system, without what a keyring has of them.

        Raises:
            UnavailableError: Redis failed.
        """
        place = (system.name, system.site)
        records = [record for record in self.records("file").all() if (record.system, record.site) == place]
        signed_in = [record for record in records if record.caller and (record.tokens or record.keyring_id)]
        return sorted(signed_in, key=lambda record: record.caller_name)

    def sealer(self) -> Sealer:
        """Seals what comes back through a browser, to any of the servers that share the sign-ins."""
        return self.connection.sealer if self.connection else Sealer([token_bytes(32)])

    def close(self) -> None:
        """Close the connection."""
        if self.connection:
            self.connection.close()


def _connection(store: StoreSettings, redaction: Redaction) -> RedisConnection:
    from ...auth.store.redis_connection import RedisConnection, StoreSettingsError

    try:
        keys = [key.open(redaction).reveal() for key in store.keys]
        # Messages name the URL; only its password is masked.
        connection = RedisConnection(store.url.open(Redaction()).reveal(), keys)
    except SecretError as error:
        raise SettingsError(f"http.store: {error}. {error.next_step}") from None
    except StoreSettingsError as error:
        raise SettingsError(f"http.store: {error}.") from None
    redaction.add(connection.password)
    return connection
