"""The settings of `serve --http`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from ...auth.secrets.references import SecretReference
from ...tools.tiers.tier import Tier

PATH = "/mcp"
# A host with or without a port; an IPv6 address is in brackets.
HOST = re.compile(r"(?P<name>[a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class TokenAuth:
    """Callers authenticate with one of these tokens."""

    tokens: tuple[SecretReference, ...]


@dataclass(frozen=True, slots=True)
class Introspection:
    """Where, and as which client, an issuer is asked about a token (RFC 7662)."""

    endpoint: str
    client_id: SecretReference
    client_secret: SecretReference


@dataclass(frozen=True, slots=True)
class OAuth:
    """Callers authenticate with access tokens of an issuer for one of the audiences; each needs the required scopes.

    `client_id` is our own client at the issuer, used to identify the user of a browser; if it is not set, a client is
    registered.
    """

    issuer: str
    audiences: tuple[str, ...]
    required_scopes: tuple[str, ...] = ()
    introspection: Introspection | None = None
    client_id: SecretReference | None = None
    client_secret: SecretReference | None = None


HttpAuth: TypeAlias = TokenAuth | OAuth


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Callers whose `claim` ("scope", "group" or "subject") has this value may use `systems` up to the tier `allow`."""

    claim: str
    value: str
    systems: tuple[str, ...]
    allow: Tier


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """The URL of Redis or Valkey, and the keys that encrypt what is stored there, the newest first."""

    url: SecretReference
    keys: tuple[SecretReference, ...]


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """How the server is reached, and by whom; `public_url` is empty if it is not set.

    Its scheme and host are in lower case, without a default port, and it has no trailing slash.

    Without `access` rules, every caller may use everything. Without a `store`, sign-ins are in files of this machine.
    """

    public_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    auth: HttpAuth | None = None
    access: tuple[AccessRule, ...] = ()
    store: StoreSettings | None = None

    @property
    def resource(self) -> str:
        """The URL of the MCP endpoint, which identifies the server to authorization servers (RFC 8707)."""
        return f"{self.public_url}{PATH}"
