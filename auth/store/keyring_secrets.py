"""The secrets of a record as one text, for a keyring, and the record without them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..records import Record, Tokens


class _Seal(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    client_id: str = ""
    client_secret: str | None = Field(default=None, repr=False)
    registration_token: str | None = Field(default=None, repr=False)
    tokens: Tokens | None = None


def secrets_of(record: Record) -> str:
    """What lasts and is secret in it, nothing where there is none: a pending sign-in's secrets end by themselves."""
    client = record.client
    seal = _Seal(
        client_id=client.client_id if client else "",
        client_secret=client.client_secret if client else None,
        registration_token=client.registration_token if client else None,
        tokens=record.tokens,
    )
    return seal.model_dump_json(exclude_defaults=True) if record.tokens or _has_secret(record) else ""


def without_secrets(record: Record, seal: str) -> Record:
    """The record as a file may hold it while a keyring holds the rest, under this mark."""
    bare = {"client_secret": None, "registration_token": None}
    client = record.client.model_copy(update=bare) if record.client else None
    return record.model_copy(update={"client": client, "tokens": None, "seal": seal})


def with_secrets(record: Record, text: str) -> Record:
    """The record with what a keyring held for it; with none of that where it is no such text."""
    try:
        seal = _Seal.model_validate_json(text)
    except ValidationError:
        return record
    client = record.client
    if client and client.client_id == seal.client_id:
        kept = {"client_secret": seal.client_secret, "registration_token": seal.registration_token}
        client = client.model_copy(update=kept)
    return record.model_copy(update={"client": client, "tokens": seal.tokens})


def _has_secret(record: Record) -> bool:
    return record.client is not None and bool(record.client.client_secret or record.client.registration_token)
