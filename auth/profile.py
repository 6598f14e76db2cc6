"""How a system is signed in to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .secrets.references import SecretReference

Grant: TypeAlias = Literal["authorization_code", "client_credentials", "password", "device_code"]
Place: TypeAlias = Literal["file", "keyring"]
ClientAuth: TypeAlias = Literal["client_secret_basic", "client_secret_post", "none"]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The authorization server's URLs that the settings name; what they leave out is discovered."""

    authorization: str | None = None
    token: str | None = None
    revocation: str | None = None
    registration: str | None = None
    device_authorization: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One system's OAuth settings. `issuer` is where its metadata is found, `origins` where its tokens may go.

    Without a `client_id` we register ourselves; `version` is then told as our software's. `scopes` are what to
    ask for instead of what operations want; none of them asks for nothing. A `redirect_uri` is one that was
    registered by hand, so its port is fixed. `in_query` sends credentials in the token endpoint's query.
    `finds_issuer` says that `issuer` is the service itself, which may name another (RFC 9728). `store` is where the
    tokens are kept. `or_else` is what may be done instead of signing in, such as "or set ACME_KEY".
    """

    system: str
    issuer: str
    origins: frozenset[str]
    version: str
    grant: Grant = "authorization_code"
    endpoints: Endpoints = field(default_factory=Endpoints)
    client_id: SecretReference | None = None
    client_secret: SecretReference | None = None
    client_auth: ClientAuth | None = None
    scopes: tuple[str, ...] | None = None
    redirect_uri: str | None = None
    pkce: bool = True
    resource: str | None = None
    username: SecretReference | None = None
    password: SecretReference | None = None
    in_query: bool = False
    finds_issuer: bool = False
    store: Place = "file"
    or_else: str = ""

    @property
    def unattended(self) -> bool:
        """Whether tokens are had without a person."""
        return self.grant in ("client_credentials", "password")
