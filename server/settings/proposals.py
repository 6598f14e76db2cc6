"""The command line of `add`, and the credential that it proposes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

# A credential as the settings file has it; a secret is a reference such as `{ env = "ACME_API_KEY" }`.
CredentialValues: TypeAlias = Mapping[str, str | Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class AddRequest:
    """The command line of `add`."""

    name: str
    url: str = ""
    preset: str | None = None
    base: str = ""
    account: str | None = None
    retailer: int | None = None
    client_id: str | None = None
    redirect_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A credential for the settings file, or `none`, and why it was chosen."""

    credential: CredentialValues | str
    reason: str

    @property
    def variables(self) -> list[str]:
        """The environment variables that it refers to."""
        values = () if isinstance(self.credential, str) else self.credential.values()
        return [value["env"] for value in values if not isinstance(value, str)]


def own_client(request: AddRequest, endpoints: Mapping[str, str]) -> Proposal:
    """The client that the user named; one that was registered with a fixed redirect URI also has a secret."""
    credential: CredentialValues = {"grant": "authorization_code", "client_id": request.client_id or ""}
    if request.redirect_uri is not None:
        secret = env(request.name, "CLIENT_SECRET")
        credential = {**credential, "client_secret": secret, "redirect_uri": request.redirect_uri}
    return Proposal({**credential, **endpoints}, "the client that you named")


def env(name: str, secret: str) -> dict[str, str]:
    """The reference to the environment variable for a secret of a system: `ACME_API_KEY`."""
    return {"env": f"{name.upper().replace('-', '_')}_{secret}"}
