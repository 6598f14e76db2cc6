"""The scopes that the curated tools need."""

from __future__ import annotations

SEARCH, PRODUCTS, RESOLVER, COMPLIANCE = ("search:read",), ("products:read",), ("resolver:read",), ("compliance:read",)
