"""How a system is signed in to."""

from __future__ import annotations

from dataclasses import dataclass

from .secrets import Secret


@dataclass(frozen=True, slots=True)
class Profile:
    """One system's OAuth settings. `issuer` is where its metadata is found, `origins` where its tokens may go.

    Without a `client_id` we register ourselves; `version` is then told as our software's.
    """

    system: str
    issuer: str
    origins: frozenset[str]
    version: str
    client_id: str | None = None
    client_secret: Secret | None = None
    auth_method: str = "client_secret_basic"
