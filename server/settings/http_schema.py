"""The schema of `[http]` in `closient-mcp.toml`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...tools.tiers.tier import Tier
from .secret_schema import SecretValue, Table


class IntrospectionTable(Table):
    """The issuer is asked about each token (RFC 7662)."""

    endpoint: str = Field(description="The URL of the endpoint.")
    client_id: SecretValue = Field(description="The client that asks.")
    client_secret: SecretValue = Field(description="The secret of that client.")


class HttpAuthTable(Table):
    """How callers authenticate: with a fixed token, or with an access token of an OAuth issuer."""

    mode: Literal["token", "oauth"] = Field(description="Fixed tokens, or access tokens of an issuer.")
    tokens: list[SecretValue] | None = Field(default=None, description="For mode token; each is a caller of its own.")
    issuer: str | None = Field(default=None, description="For mode oauth: whose access tokens are accepted.")
    audience: str | list[str] | None = Field(
        default=None, description="What the tokens are for, if not the URL of the server: public_url with /mcp."
    )
    required_scopes: list[str] | None = Field(default=None, description="The scopes that every caller needs.")
    introspection: IntrospectionTable | None = Field(
        default=None, description="For access tokens that are not JWTs, or that may be revoked."
    )
    client_id: SecretValue | None = Field(
        default=None,
        description="The client at the issuer that identifies callers when they sign in to a system. Register it with "
        "the redirect URI `{public_url}/callback/identity`. If omitted, closient-mcp registers one.",
    )
    client_secret: SecretValue | None = Field(default=None, description="The secret of that client, if it has one.")


class AccessTable(Table):
    """What the callers with a scope, of a group, or with one subject may use."""

    scope: str | None = Field(default=None, description="Callers whose token has this scope.")
    group: str | None = Field(default=None, description="Callers of this group: the claim `groups` of the token.")
    subject: str | None = Field(default=None, description="This caller: the claim `sub` of the token.")
    systems: list[str] | None = Field(default=None, description="The systems that they may use; default all.")
    allow: Tier | None = Field(default=None, description="The highest tier; default: whatever the system offers.")


class StoreTable(Table):
    """Redis or Valkey, for servers that share their sign-ins; needs the extra `redis`."""

    url: SecretValue = Field(description="Such as `redis://:PASSWORD@HOST:6379/0`, or `rediss://` for TLS.")
    keys: list[SecretValue] = Field(
        min_length=1, description="The keys that encrypt what is stored, newest first; at least 32 characters each."
    )


class HttpTable(Table):
    """How `serve --http` is reached, and by whom."""

    public_url: str | None = Field(default=None, description="Where clients reach the server, without /mcp.")
    allowed_hosts: list[str] = Field(default=[], description="Further hosts, with or without a port.")
    allowed_origins: list[str] = Field(default=[], description="Origins whose web pages may call the server.")
    trusted_proxies: list[str] = Field(
        default=[], description="Addresses or networks whose X-Forwarded-For is the caller's address."
    )
    auth: HttpAuthTable | None = Field(
        default=None, description="How callers authenticate; required unless the server listens on this machine only."
    )
    access: list[AccessTable] = Field(default=[], description="Without rules, callers may use everything.")
    store: StoreTable | None = Field(
        default=None, description="Where sign-ins are stored instead of files of this machine."
    )
