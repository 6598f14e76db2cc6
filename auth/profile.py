"""How to sign in to a system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .secrets.references import SecretReference

Grant: TypeAlias = Literal["authorization_code", "client_credentials", "password", "device_code"]
Storage: TypeAlias = Literal["file", "keyring"]
ClientAuth: TypeAlias = Literal["client_secret_basic", "client_secret_post", "none"]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The authorization server's endpoints that the settings name; the others are discovered."""

    authorization: str | None = None
    token: str | None = None
    revocation: str | None = None
    registration: str | None = None
    device_authorization: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One system's OAuth settings. Metadata is at the `issuer`, tokens go to the `origins` only.

    Without a `client_id` we register a client, with `version` as our software version. `scopes` replace those that
    operations need; an empty tuple requests none. The port of a `redirect_uri` is fixed. `in_query` sends
    credentials in the token endpoint's query. `finds_issuer`: `issuer` is the service itself, whose metadata may refer
    to another authorization server (RFC 9728), but to none in `other_systems`, the systems' names by host or domain.
    `store` is where the tokens are kept. `alternative` is an alternative to signing in, such as "or set ACME_KEY".
    Token responses may have the user's name in `name_details`, and should have the values in `expected_details`.
    `identity_scopes` are requested where the server supports them, so that it returns who signed in; `whoami` is a URL
    of the service that says so too. `per_caller`: each caller of a server signs in for themselves, through its pages.
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
    other_systems: Mapping[str, str] = field(default_factory=dict[str, str])
    store: Storage = "file"
    alternative: str = ""
    name_details: tuple[str, ...] = ()
    identity_scopes: tuple[str, ...] = ()
    whoami: str = ""
    expected_details: Mapping[str, str] = field(default_factory=dict[str, str])
    per_caller: bool = False

    @property
    def unattended(self) -> bool:
        """Whether the grant needs no user."""
        return self.grant in ("client_credentials", "password")

    @property
    def registers(self) -> bool:
        """Whether we register a client: none is configured, and the grant needs one."""
        return self.client_id is None and self.grant != "password"

    def user_in(self, details: Mapping[str, str]) -> str:
        """The user's name in the details of a token response, empty without one."""
        return " ".join(details[name] for name in self.name_details if name in details)

    def differences(self, details: Mapping[str, str]) -> str:
        """How the details of a token response differ from the settings, as a sentence; empty if they do not."""
        names = [name for name, value in self.expected_details.items() if details.get(name, value) != value]
        facts = (
            f"The sign-in belongs to {name.removesuffix('_id').lower()} {details[name]}, "
            f"the settings say {self.expected_details[name]}."
            for name in names
        )
        return " ".join(facts)

    def described(self, user: str, details: Mapping[str, str]) -> str:
        """Who is signed in, such as ` as Ana Kern (retailer_id 5)`; empty if nothing is known."""
        facts = ", ".join(f"{name} {value}" for name, value in details.items() if name not in self.name_details)
        return (f" as {user}" if user else "") + (f" ({facts})" if facts else "")


@dataclass(frozen=True, slots=True)
class KeyHints:
    """What is known of a service's API keys: what is visibly wrong with one, if anything, and where to get another."""

    fault: Callable[[str], str] = lambda _: ""
    source: str = ""
