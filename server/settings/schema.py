"""The schema of `closient-mcp.toml`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, cast, get_args

from pydantic import BaseModel, Discriminator, Field, Tag

from ...tools.tiers.tier import Tier
from .http_schema import HttpTable
from .model import RESULT_CHARACTERS
from .secret_schema import SecretValue, Table

SYSTEM_NAME = r"^[a-z][a-z0-9-]{0,15}$"
NAME_RULE = "a system's name is a lowercase letter, then up to 15 lowercase letters, digits or hyphens"


ClientAuthMethod: TypeAlias = Literal["client_secret_basic", "client_secret_post", "none"]
_ENDPOINT = "Only where discovery does not find it."
_GRANT = "How the system is signed in to."


class _OAuthTable(Table):
    issuer: str | None = Field(default=None, description="The authorization server, if the service does not name it.")
    token_endpoint: str | None = Field(default=None, description=_ENDPOINT)
    revocation_endpoint: str | None = Field(default=None, description=_ENDPOINT)
    client_id: SecretValue | None = Field(
        default=None, description="Your own OAuth client, or the https URL of its metadata document."
    )
    client_secret: SecretValue | None = Field(default=None, description="The secret of that client.")
    client_auth: ClientAuthMethod | None = Field(default=None, description="How the client sends its secret.")
    scopes: list[str] | None = Field(default=None, description="Requested instead of those that the operations need.")
    resource: str | None = Field(
        default=None, description="The resource indicator (RFC 8707); an empty text sends none."
    )
    store: Literal["file", "keyring"] = Field(default="file", description="Where tokens and secrets are kept.")
    shared: bool = Field(default=False, description="Used for all callers of `serve --http`.")


class AuthorizationCodeTable(_OAuthTable):
    """The user signs in with a browser; without a `client_id`, a client is registered (RFC 7591)."""

    grant: Literal["authorization_code"] = Field(default="authorization_code", description=_GRANT)
    authorization_endpoint: str | None = Field(default=None, description=_ENDPOINT)
    registration_endpoint: str | None = Field(default=None, description=_ENDPOINT)
    device_authorization_endpoint: str | None = Field(default=None, description=f"For `login --device`. {_ENDPOINT}")
    redirect_uri: str | None = Field(
        default=None,
        description="As registered, or to be registered: on this machine, with its port, or an https URL. For callers "
        "of `serve --http`, below http.public_url; default there: public_url with /callback.",
    )
    pkce: bool = Field(default=True, description="Whether the sign-in uses PKCE (RFC 7636); default true.")


class DeviceCodeTable(_OAuthTable):
    """The user signs in on another device (RFC 8628); without a `client_id`, a client is registered (RFC 7591)."""

    grant: Literal["device_code"] = Field(description=_GRANT)
    device_authorization_endpoint: str | None = Field(default=None, description=_ENDPOINT)
    registration_endpoint: str | None = Field(default=None, description=_ENDPOINT)


class ClientCredentialsTable(_OAuthTable):
    """The client itself signs in; without a `client_id`, one is registered (RFC 7591)."""

    grant: Literal["client_credentials"] = Field(description=_GRANT)
    registration_endpoint: str | None = Field(default=None, description=_ENDPOINT)


class PasswordTable(_OAuthTable):
    """A user name and a password are exchanged for tokens; the user is not asked."""

    grant: Literal["password"] = Field(description=_GRANT)
    username: SecretValue = Field(description="The user's name.")
    password: SecretValue = Field(description="The user's password.")
    credentials_in: Literal["body", "query"] = Field(
        default="body", description="`query` only for a service that accepts nothing else: URLs are logged."
    )


class ApiKeyTable(Table):
    """A key that is sent with each request."""

    grant: Literal["api_key"] = Field(description=_GRANT)
    key: SecretValue = Field(description="The key; for `Authorization` the whole value, such as `Bearer TOKEN`.")
    # `in` is a keyword of Python.
    location: Literal["header", "basic", "query"] | None = Field(
        default=None,
        alias="in",
        description="Where it is sent; default header. For `basic` the key is the user name, or NAME:PASSWORD.",
    )
    name: str | None = Field(
        default=None, min_length=1, description="The header or the query parameter; default X-API-Key or api_key."
    )
    shared: bool = Field(default=False, description="Used for all callers of `serve --http`.")


def _grant(value: Any) -> str:
    if isinstance(value, str):
        return "none"
    return str(cast("dict[str, Any]", value).get("grant", "authorization_code")) if isinstance(value, dict) else "none"


CredentialTable: TypeAlias = Annotated[
    Annotated[Literal["none"], Tag("none")]
    | Annotated[AuthorizationCodeTable, Tag("authorization_code")]
    | Annotated[DeviceCodeTable, Tag("device_code")]
    | Annotated[ClientCredentialsTable, Tag("client_credentials")]
    | Annotated[PasswordTable, Tag("password")]
    | Annotated[ApiKeyTable, Tag("api_key")],
    Discriminator(_grant),
]


def credential_table(grant: object) -> type[BaseModel]:
    """The table of a grant; for an unknown grant, that of the default grant."""
    members = (get_args(member) for member in get_args(get_args(CredentialTable)[0]))
    tables: dict[object, type[BaseModel]] = {tag.tag: table for table, tag in members if tag.tag != "none"}
    return tables.get(grant, AuthorizationCodeTable)


class SystemTable(Table):
    """One system: a preset, or where its documents are, and its credential."""

    preset: Literal["closient", "close", "fluent"] | None = Field(
        default=None, description="What is known about a service; a system with one of these names has it by default."
    )
    site: str | None = Field(default=None, min_length=1, description="For closient a site's name or URL; else its URL.")
    catalog: str | None = Field(
        default=None, min_length=1, description="The URL of an api-catalog (RFC 9727), or a file."
    )
    description: str | list[str] | None = Field(
        default=None, description="URLs or files of OpenAPI documents, instead of a catalog."
    )
    base: str | None = Field(default=None, description="The URL of the APIs, instead of the servers in the documents.")
    origins: list[str] = Field(default=[], description="Further origins that calls and the credential may go to.")
    pin: list[str] | None = Field(default=None, description="APIs to list as tools under `auto`, in this order.")
    tiers: dict[str, Tier] = Field(
        default={},
        description='Tiers of tools by name, where the automatic one is wrong: { "acme_reports_run" = "read" }.',
    )
    allow: Tier | None = Field(
        default=None, description="The highest tier that this system offers, if it is lower than that of all systems."
    )
    credential: CredentialTable | None = Field(
        default=None, description='"none", or a table: see below. Without a preset the default is "none".'
    )
    account: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,62}$", description="The Fluent account, such as ACME."
    )
    environment: Literal["sandbox", "production"] | None = Field(
        default=None, description="The environment of the Fluent account."
    )
    retailer: int | None = Field(default=None, ge=0, description="The Fluent retailer.")


class ConfigFile(Table):
    """The settings file."""

    expose: str | list[str] | None = Field(
        default=None, description="The operations to list as tools: auto (default), core, all, or a list of APIs."
    )
    allow: Tier | None = Field(
        default=None, description="The highest tier of operations that is offered; default destructive."
    )
    read_only: bool | None = Field(default=None, description='The same as allow = "read".')
    files: list[str] = Field(default=[], description="Folders from which agents may send files.")
    result_characters: int = Field(
        default=RESULT_CHARACTERS,
        ge=2_000,
        le=500_000,
        description=f"Results that are longer are cut; default {RESULT_CHARACTERS}.",
    )
    http: HttpTable | None = Field(default=None, description="For `serve --http`.")
    systems: dict[Annotated[str, Field(pattern=SYSTEM_NAME)], SystemTable] = Field(
        default={},
        description="The systems by name, which begins the names of their tools; if it is set, only those are used.",
        json_schema_extra={"additionalProperties": False},
    )
