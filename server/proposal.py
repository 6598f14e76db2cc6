"""What credential to write for a system that was looked up: a function of what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..tools.security import Scheme


@dataclass(frozen=True, slots=True)
class Given:
    """What the person said of the credential on the command line."""

    client_id: str | None = None
    redirect_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A credential as the settings file writes it, why it is this one, and the variables to set for it."""

    credential: str | Mapping[str, object]
    because: str
    variables: tuple[str, ...] = ()


def propose(name: str, given: Given, schemes: Sequence[Scheme], *, discovered: bool, registers: bool) -> Proposal:
    """The credential for a system that no preset knows.

    `discovered` says that its authorization server publishes metadata, `registers` that it lets us register.
    """
    oauth = next((scheme for scheme in schemes if scheme.kind == "oauth2"), None)
    if given.client_id is not None:
        return _own_client(name, given, None if discovered else oauth)
    if registers:
        return Proposal({"grant": "authorization_code"}, "its authorization server lets us register ourselves")
    for scheme in schemes:
        if scheme.kind == "apiKey" and scheme.place in ("header", "query"):
            key = {"grant": "api_key", "key": _env(name, "API_KEY"), "in": scheme.place, "name": scheme.name}
            return Proposal(
                key, f"its documents want a key in the {scheme.place} {scheme.name}", (_var(name, "API_KEY"),)
            )
    if oauth and oauth.token and oauth.flow != "authorizationCode":
        return _unattended(name, oauth, discovered=discovered)
    if any(scheme.kind == "basic" for scheme in schemes):
        key = {"grant": "api_key", "key": _env(name, "API_KEY"), "in": "basic"}
        return Proposal(key, "its documents want HTTP Basic; the key goes as the user's name", (_var(name, "API_KEY"),))
    if discovered or oauth:
        because = "it wants a sign-in, and lets no application register itself: say --client-id, and --redirect-uri if "
        return Proposal("none", f"{because}one is registered")
    if any(scheme.kind == "bearer" for scheme in schemes):
        return Proposal("none", "its documents want a bearer token and do not say where it is to be had")
    return Proposal("none", "its documents ask for none")


def _own_client(name: str, given: Given, oauth: Scheme | None) -> Proposal:
    credential: dict[str, object] = {"grant": "authorization_code", "client_id": given.client_id}
    if given.redirect_uri is not None:
        # Only a client that was registered by hand with a secret has a fixed address; a public one needs neither.
        credential |= {"client_secret": _env(name, "CLIENT_SECRET"), "redirect_uri": given.redirect_uri}
    if oauth and oauth.authorization and oauth.token:
        credential |= {"authorization_endpoint": oauth.authorization, "token_endpoint": oauth.token}
    variables = (_var(name, "CLIENT_SECRET"),) if given.redirect_uri is not None else ()
    return Proposal(credential, "you named a client of your own", variables)


def _unattended(name: str, oauth: Scheme, *, discovered: bool) -> Proposal:
    variables = ["CLIENT_ID", "CLIENT_SECRET"]
    credential: dict[str, object] = {"grant": "client_credentials"}
    if oauth.flow == "password":
        variables = ["USERNAME", "PASSWORD"]
        credential = {"grant": "password"}
    credential |= {variable.lower(): _env(name, variable) for variable in variables}
    if not discovered:
        credential["token_endpoint"] = oauth.token
    because = f"its documents want the OAuth grant {credential['grant']}"
    return Proposal(credential, because, tuple(_var(name, variable) for variable in variables))


def for_close(name: str, given: Given) -> Proposal:
    """Close: an OAuth app's client, else an API key."""
    if given.client_id is None:
        key = {"grant": "api_key", "key": _env(name, "API_KEY")}
        return Proposal(key, "an API key from Close: Settings, Developer, API Keys", (_var(name, "API_KEY"),))
    credential = {
        "grant": "authorization_code",
        "client_id": given.client_id,
        "client_secret": _env(name, "CLIENT_SECRET"),
        "redirect_uri": given.redirect_uri or "http://127.0.0.1:8765/callback",
    }
    because = f"your OAuth app's client; {credential['redirect_uri']} has to be one of the app's redirect addresses"
    return Proposal(credential, because, (_var(name, "CLIENT_SECRET"),))


def for_fluent(name: str) -> Proposal:
    """Fluent Commerce: a user's name and password, and the account's client."""
    variables = ("USERNAME", "PASSWORD", "CLIENT_ID", "CLIENT_SECRET")
    credential: dict[str, object] = {"grant": "password"}
    credential |= {variable.lower(): _env(name, variable) for variable in variables}
    because = "Fluent knows the password grant only"
    return Proposal(credential, because, tuple(_var(name, variable) for variable in variables))


def _var(name: str, what: str) -> str:
    return f"{name.upper().replace('-', '_')}_{what}"


def _env(name: str, what: str) -> dict[str, str]:
    return {"env": _var(name, what)}
