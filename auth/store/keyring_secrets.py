"""The part of a record that a keyring stores: its lasting secrets, as one text.

The file contains the rest, and in `keyring_id` a random id that changes with the text.
"""

from __future__ import annotations

import logging
from secrets import token_hex

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import UnavailableError
from ..records import Client, Record, Tokens
from ..secrets.keyring import KeyringError, SignIns

logger = logging.getLogger(__name__)


class _Secrets(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    client_id: str = ""
    client_secret: str | None = Field(default=None, repr=False)
    registration_token: str | None = Field(default=None, repr=False)
    tokens: Tokens | None = None


class KeyringSecrets:
    """Moves the secrets of one record to its entry in the keyring and back, without reading the entry again."""

    def __init__(self) -> None:
        self._keyring = SignIns()
        # The `keyring_id` of a record, and the text that the keyring stores for it.
        self._known = ("", "")
        self._warned = False

    def forget(self) -> None:
        """Read the entry again at the next use; a process that died may have changed it without changing the file."""
        self._known = ("", "")

    def load(self, record: Record, entry: str) -> Record:
        """The record with its secrets, or without them if the keyring no longer has them.

        Raises:
            UnavailableError: the keyring cannot be read.
        """
        if self._known[0] != record.keyring_id:
            try:
                text = self._keyring.get(entry)
            except KeyringError as error:
                raise UnavailableError(
                    f"The sign-in to {record.site} is in the keyring, which cannot be read: {error}.",
                    f"{error.next_step} Or run `closient-mcp logout {record.system}`, and sign in again.",
                    system=record.system,
                    url=record.site,
                ) from None
            if text is None:
                logger.warning("the keyring no longer contains the sign-in to %s", record.site)
            self._known = (record.keyring_id, text or "")
        return _with_secrets(record, self._known[1])

    def store(self, record: Record, entry: str) -> Record:
        """Store the secrets; return the record for the file, which still has them if the keyring fails."""
        text = _secrets_of(record)
        if self.is_unreadable(record):
            return _without_secrets(record, record.keyring_id)  # it is kept
        if text and (not record.keyring_id or self._known != (record.keyring_id, text)):
            try:
                self._keyring.put(entry, text)
            except KeyringError as error:
                if not self._warned:
                    logger.warning("the sign-in to %s is stored in a file, because %s", record.site, error)
                self._warned = True
                text = ""
            else:
                self._known = (token_hex(8), text)
        return _without_secrets(record, self._known[0]) if text else record.model_copy(update={"keyring_id": ""})

    def is_unreadable(self, record: Record) -> bool:
        """Whether the record has no secrets because the keyring did not return them."""
        return bool(record.keyring_id) and not has_secrets(record) and self._known == (record.keyring_id, "")

    def drop(self, entry: str) -> None:
        """Delete the entry, if possible."""
        self._keyring.drop(entry)


def has_secrets(record: Record) -> bool:
    """Whether the record contains lasting secrets; those of a pending sign-in expire by themselves."""
    client = record.client
    return bool(record.tokens or (client and (client.client_secret or client.registration_token)))


def _secrets_of(record: Record) -> str:
    client = record.client or Client(client_id="")
    secrets = _Secrets(
        client_id=client.client_id,
        client_secret=client.client_secret,
        registration_token=client.registration_token,
        tokens=record.tokens,
    )
    return secrets.model_dump_json(exclude_defaults=True) if has_secrets(record) else ""


def _without_secrets(record: Record, keyring_id: str) -> Record:
    bare = {"client_secret": None, "registration_token": None}
    client = record.client.model_copy(update=bare) if record.client else None
    return record.model_copy(update={"client": client, "tokens": None, "keyring_id": keyring_id})


def _with_secrets(record: Record, text: str) -> Record:
    try:
        secrets = _Secrets.model_validate_json(text)
    except ValidationError:
        return record
    client = record.client
    if client and client.client_id == secrets.client_id:
        given = {"client_secret": secrets.client_secret, "registration_token": secrets.registration_token}
        client = client.model_copy(update=given)
    return record.model_copy(update={"client": client, "tokens": secrets.tokens})
