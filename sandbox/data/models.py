"""The tables: organizations and their keys, products, stores, offers, search sessions and resolution rules."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import models

JSON = dict[str, Any]

_FEW = 5

_ALPHABET = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LETTERS = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))


def short_id(name: str) -> str:
    """A 22-character id in Closient's alphabet, derived from the name."""
    return hashlib.sha256(name.encode()).digest()[:22].translate(_LETTERS).decode()


class Organization(models.Model):
    """An organization."""

    id: models.CharField[str, str] = models.CharField(max_length=22, primary_key=True)
    name: models.CharField[str, str] = models.CharField(max_length=255)


class Membership(models.Model):
    """A user's role in an organization."""

    id: models.CharField[str, str] = models.CharField(max_length=22, primary_key=True)
    user: models.ForeignKey[User, User] = models.ForeignKey(User, on_delete=models.CASCADE)
    organization: models.ForeignKey[Organization, Organization] = models.ForeignKey(
        Organization, on_delete=models.CASCADE
    )
    role: models.CharField[str, str] = models.CharField(max_length=10)
    organization_id: str


class ApiKey(models.Model):
    """An API key, stored as a digest because the key itself is shown only once."""

    id: models.CharField[str, str] = models.CharField(max_length=22, primary_key=True)
    digest: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    prefix: models.CharField[str, str] = models.CharField(max_length=3)
    last4: models.CharField[str, str] = models.CharField(max_length=4)
    name: models.CharField[str, str] = models.CharField(max_length=100)
    description: models.CharField[str, str] = models.CharField(max_length=255)
    role: models.CharField[str, str] = models.CharField(max_length=10)
    is_active: models.BooleanField[bool, bool] = models.BooleanField()
    rate_limit_per_minute: models.IntegerField[int, int] = models.IntegerField()
    created: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    organization: models.ForeignKey[Organization, Organization] = models.ForeignKey(
        Organization, on_delete=models.CASCADE
    )
    organization_id: str


class Product(models.Model):
    """A trade item; `document` holds the fields that are never queried."""

    id: models.CharField[str, str] = models.CharField(max_length=22, primary_key=True)
    gtin: models.CharField[str, str] = models.CharField(max_length=14, unique=True)
    product_name: models.CharField[str, str] = models.CharField(max_length=255)
    brand: models.CharField[str, str] = models.CharField(max_length=100)
    data_source: models.CharField[str, str] = models.CharField(max_length=30)
    confidence_score: models.FloatField[float, float] = models.FloatField()
    country_of_origin: models.CharField[str, str] = models.CharField(max_length=2)
    created: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    owner: models.ForeignKey[Organization | None, Organization | None] = models.ForeignKey(
        Organization, null=True, on_delete=models.SET_NULL
    )
    owner_id: str | None
    document: models.JSONField[JSON, JSON] = models.JSONField()


class Brand(models.Model):
    """A brand; products name it. `document` holds its website, description, social networks and metadata."""

    id: models.CharField[str, str] = models.CharField(max_length=22, primary_key=True)
    name: models.CharField[str, str] = models.CharField(max_length=100, unique=True)
    created: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    organization: models.ForeignKey[Organization | None, Organization | None] = models.ForeignKey(
        Organization, null=True, on_delete=models.SET_NULL
    )
    organization_id: str | None
    document: models.JSONField[JSON, JSON] = models.JSONField()


class Retailer(models.Model):
    """A chain of stores, run by an organization."""

    id: models.CharField[str, str] = models.CharField(max_length=22, primary_key=True)
    name: models.CharField[str, str] = models.CharField(max_length=100)
    created: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    organization: models.ForeignKey[Organization, Organization] = models.ForeignKey(
        Organization, on_delete=models.CASCADE
    )
    organization_id: str


class Store(models.Model):
    """A store."""

    id: models.CharField[str, str] = models.CharField(max_length=22, primary_key=True)
    retailer: models.ForeignKey[Retailer, Retailer] = models.ForeignKey(Retailer, on_delete=models.CASCADE)
    name: models.CharField[str, str] = models.CharField(max_length=100)
    address: models.CharField[str, str] = models.CharField(max_length=200)
    latitude: models.FloatField[float, float] = models.FloatField()
    longitude: models.FloatField[float, float] = models.FloatField()
    retailer_id: str


class Offer(models.Model):
    """A product in a store, with its price and stock."""

    id: models.CharField[str, str] = models.CharField(max_length=22, primary_key=True)
    product: models.ForeignKey[Product, Product] = models.ForeignKey(Product, on_delete=models.CASCADE)
    store: models.ForeignKey[Store, Store] = models.ForeignKey(Store, on_delete=models.CASCADE)
    sku: models.CharField[str, str] = models.CharField(max_length=64)
    cents: models.IntegerField[int, int] = models.IntegerField()
    quantity: models.IntegerField[int | None, int | None] = models.IntegerField(null=True)
    last_checked_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    product_id: str
    store_id: str

    @property
    def stock_status(self) -> str:
        """The stock in words; few pieces are `low_stock`."""
        if self.quantity is None:
            return "unknown"
        return "in_stock" if self.quantity > _FEW else "low_stock" if self.quantity else "out_of_stock"


class SearchSession(models.Model):
    """A search session and its state."""

    id: models.CharField[str, str] = models.CharField(max_length=43, primary_key=True)
    state: models.JSONField[JSON, JSON] = models.JSONField()
    touched: models.DateTimeField[datetime, datetime] = models.DateTimeField()


class ResolutionRule(models.Model):
    """An organization's rule for the links of a GTIN."""

    id: models.CharField[str, str] = models.CharField(max_length=22, primary_key=True)
    organization: models.ForeignKey[Organization, Organization] = models.ForeignKey(
        Organization, on_delete=models.CASCADE
    )
    gtin: models.CharField[str, str] = models.CharField(max_length=14)
    document: models.JSONField[JSON, JSON] = models.JSONField()
    organization_id: str


class CustomUrl(models.Model):
    """A target of resolution rules."""

    id: models.CharField[str, str] = models.CharField(max_length=22, primary_key=True)
    organization: models.ForeignKey[Organization, Organization] = models.ForeignKey(
        Organization, on_delete=models.CASCADE
    )
    url: models.CharField[str, str] = models.CharField(max_length=2048)
    created: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    modified: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    organization_id: str
