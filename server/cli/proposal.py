"""What credential to write for a system that was looked up: a function of what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...tools.openapi.security import Scheme

_BASIC = "its documents want HTTP Basic: set {} to NAME:PASSWORD, or to a key that goes as the name"
_WHOLE_HEADER = "its documents want the header Authorization: set {} to all of it, such as `Bearer TOKEN`"


@dataclass(frozen=True, slots=True)
class Given:
    """What the person said of the credential on the command line."""

    client_id: str | None = None
    redirect_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """An authorization server that publishes metadata: what it offers, and its URL where that is not the API's."""

    registers: bool
    people: bool = True
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A credential as the settings file writes it, why it is this one, and the variables to set for it."""

    credential: str | Mapping[str, object]
    because: str
    variables: tuple[str, ...] = ()


def propose(name: str, given: Given, schemes: Sequence[Scheme], provider: Provider | None) -> Proposal:
    """The credential for a system that no preset knows."""
    flows = {scheme.flow: scheme for scheme in reversed(schemes) if scheme.kind == "oauth2"}
    if given.client_id is not None:
        return _own_client(name, given, flows.get("authorizationCode"), provider)
    takes_tokens = not schemes or any(scheme.takes_tokens for scheme in schemes)
    if provider and provider.registers and takes_tokens:
        only_clients = not provider.people or set(flows) == {"clientCredentials"}
        grant = "client_credentials" if only_clients else "authorization_code"
        return Proposal({"grant": grant, **_issuer(provider)}, "we can register there by ourselves")
    unattended = flows.get("clientCredentials") or flows.get("password")
    if unattended and unattended.token and "authorizationCode" not in flows:
        return _unattended(name, unattended, provider)
    return _key(name, schemes) or _none(schemes, provider)


def _key(name: str, schemes: Sequence[Scheme]) -> Proposal | None:
    """A key in the place that the documents name; one of its own before the header that others use too."""
    variable = _var(name, "API_KEY")
    key: dict[str, object] = {"grant": "api_key", "key": {"env": variable}}
    for scheme in schemes:
        if scheme.kind == "apiKey" and scheme.place in ("header", "query") and not scheme.is_authorization:
            because = f"its documents want a key in the {scheme.place} {scheme.name}"
            return Proposal({**key, "in": scheme.place, "name": scheme.name}, because, (variable,))
    if any(scheme.kind == "basic" for scheme in schemes):
        return Proposal({**key, "in": "basic"}, _BASIC.format(variable), (variable,))
    if any(scheme.is_authorization or scheme.kind == "bearer" for scheme in schemes):
        because = _WHOLE_HEADER.format(variable)
        return Proposal({**key, "in": "header", "name": "Authorization"}, because, (variable,))
    return None


def _none(schemes: Sequence[Scheme], provider: Provider | None) -> Proposal:
    if provider or any(scheme.takes_tokens for scheme in schemes):
        because = "it wants a sign-in, and no application can register itself there"
        return Proposal("none", f"{because}: take this out and add it again with --client-id")
    if any(scheme.kind == "apiKey" for scheme in schemes):
        return Proposal("none", "its documents want a key in a cookie, which we do not send")
    return Proposal("none", "its documents ask for none")


def _own_client(name: str, given: Given, oauth: Scheme | None, provider: Provider | None) -> Proposal:
    credential: dict[str, object] = {"grant": "authorization_code", "client_id": given.client_id}
    if given.redirect_uri is not None:
        # Only a client that was registered by hand with a secret has a fixed URL; a public one needs neither.
        credential |= {"client_secret": _env(name, "CLIENT_SECRET"), "redirect_uri": given.redirect_uri}
    if provider:
        credential |= _issuer(provider)
    elif oauth and oauth.authorization and oauth.token:
        credential |= {"authorization_endpoint": oauth.authorization, "token_endpoint": oauth.token}
    variables = (_var(name, "CLIENT_SECRET"),) if given.redirect_uri is not None else ()
    return Proposal(credential, "you named a client of your own", variables)


def _unattended(name: str, oauth: Scheme, provider: Provider | None) -> Proposal:
    grant, names = "client_credentials", ("CLIENT_ID", "CLIENT_SECRET")
    if oauth.flow == "password":
        grant, names = "password", ("USERNAME", "PASSWORD")
    where = _issuer(provider) if provider else {"token_endpoint": oauth.token}
    credential = {"grant": grant, **{one.lower(): _env(name, one) for one in names}, **where}
    return Proposal(credential, "its documents want this OAuth grant", tuple(_var(name, one) for one in names))


def _issuer(provider: Provider) -> dict[str, object]:
    return {"issuer": provider.issuer} if provider.issuer else {}


def for_closient(given: Given) -> Proposal:
    """Closient: a registration of ours, else a client of the person's own."""
    if given.client_id is None:
        return Proposal({"grant": "authorization_code"}, "Closient lets us register by ourselves")
    return _own_client("closient", given, None, None)


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
    because = f"your OAuth app's client; {credential['redirect_uri']} has to be one of the app's redirect URLs"
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
