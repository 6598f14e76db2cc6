"""The tables of registrations and of redeemed codes."""

from __future__ import annotations

from typing import Any

from django.db import models


class Registration(models.Model):
    """The metadata of a registration (RFC 7591) that the toolkit has no columns for."""

    client_id: models.CharField[str, str] = models.CharField(max_length=255, primary_key=True)
    software_id: models.CharField[str, str] = models.CharField(max_length=255, db_index=True)
    metadata: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    issued_at: models.BigIntegerField[int, int] = models.BigIntegerField()
    secret: models.CharField[str, str] = models.CharField(max_length=255)
    access_token: models.CharField[str, str] = models.CharField(max_length=255)


class RedeemedCode(models.Model):
    """An authorization code that was exchanged, by its digest, and the first tokens that it gave, by theirs."""

    code: models.CharField[str, str] = models.CharField(max_length=64, primary_key=True)
    access_token: models.CharField[str, str] = models.CharField(max_length=64)
    refresh_token: models.CharField[str, str] = models.CharField(max_length=64)


def registered(client_id: str) -> dict[str, Any]:
    """The metadata that a client registered, or nothing."""
    registration = Registration.objects.filter(client_id=client_id).first()
    return registration.metadata if registration else {}
