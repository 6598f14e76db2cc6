"""What `add` is asked for, and the credential that it proposes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """The OAuth client named on the command line."""

    client_id: str | None = None
    redirect_uri: str | None = None


@dataclass(frozen=True, slots=True)
class AddRequest:
    """The command line of `add`."""

    name: str
    url: str
    preset: str | None = None
    base: str = ""
    account: str | None = None
    retailer: int | None = None
    client: ClientOptions = field(default_factory=ClientOptions)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A credential as the settings file has it, why it was chosen, and the environment variables to set for it."""

    credential: str | Mapping[str, object]
    reason: str
    variables: tuple[str, ...] = ()


def own_client(name: str, client: ClientOptions, endpoints: Mapping[str, object]) -> Proposal:
    """The user's own client; one that was registered with a fixed redirect URI also has a secret."""
    credential: dict[str, object] = {"grant": "authorization_code", "client_id": client.client_id}
    variables: tuple[str, ...] = ()
    if client.redirect_uri is not None:
        credential |= {"client_secret": env(name, "CLIENT_SECRET"), "redirect_uri": client.redirect_uri}
        variables = (variable(name, "CLIENT_SECRET"),)
    return Proposal({**credential, **endpoints}, "the client that you named", variables)


def variable(name: str, secret: str) -> str:
    """The environment variable for a secret of a system: `ACME_API_KEY`."""
    return f"{name.upper().replace('-', '_')}_{secret}"


def env(name: str, secret: str) -> dict[str, str]:
    """The reference to that variable in the settings file."""
    return {"env": variable(name, secret)}
