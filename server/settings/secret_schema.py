"""The schema of secrets in `closient-mcp.toml`, and the base of its tables."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag


class Table(BaseModel):
    """A table whose keys and types are exact."""

    # hide_input: a value may be a secret, and must not get into the text of an error.
    # defer_build: without a file nothing is validated, and the start need not wait for the validators.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, defer_build=True)


class FromEnvironment(Table):
    """A secret in an environment variable."""

    env: str = Field(min_length=1, description="The name of an environment variable.")


class FromKeyring(Table):
    """A secret in the system's keyring, under the service `closient-mcp`."""

    keyring: str = Field(min_length=1, description="The name of an entry, stored with `keyring set closient-mcp NAME`.")


class FromCommand(Table):
    """A secret that a command prints; the first item is the program, no shell is involved."""

    command: Annotated[list[str], Field(min_length=1)] = Field(
        description='A program and its arguments, such as ["/usr/bin/pass", "show", "acme"].'
    )


def _kind_of_secret(value: Any) -> str:
    if not isinstance(value, dict):
        return "text"
    return next((key for key in ("keyring", "command") if key in value), "env")


SecretValue: TypeAlias = Annotated[
    Annotated[str, Tag("text")]
    | Annotated[FromEnvironment, Tag("env")]
    | Annotated[FromKeyring, Tag("keyring")]
    | Annotated[FromCommand, Tag("command")],
    Discriminator(_kind_of_secret),
]
