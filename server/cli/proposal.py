"""Proposes a credential for a system from its documents and its authorization server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...tools.openapi.security import Scheme
from ..settings.proposals import ClientOptions, Proposal, env, own_client, variable

_BASIC = "its documents require HTTP Basic: set {} to NAME:PASSWORD, or to a key that is used as the name"
_WHOLE_HEADER = "its documents require the header Authorization: set {} to its whole value, such as `Bearer TOKEN`"


@dataclass(frozen=True, slots=True)
class Provider:
    """An authorization server; `issuer` is its URL if it is not the API itself."""

    registers: bool
    interactive: bool = True
    issuer: str = ""


def propose(name: str, client: ClientOptions, schemes: Sequence[Scheme], provider: Provider | None) -> Proposal:
    """The credential for a system that no preset knows."""
    flows = {scheme.flow: scheme for scheme in reversed(schemes) if scheme.kind == "oauth2"}
    if client.client_id is not None:
        return _own_client(name, client, flows.get("authorizationCode"), provider)
    takes_tokens = not schemes or any(scheme.takes_tokens for scheme in schemes)
    if provider and provider.registers and takes_tokens:
        only_clients = not provider.interactive or set(flows) == {"clientCredentials"}
        grant = "client_credentials" if only_clients else "authorization_code"
        return Proposal(
            {"grant": grant, **_issuer(provider)}, "its authorization server supports dynamic client registration"
        )
    unattended = flows.get("clientCredentials") or flows.get("password")
    if unattended and unattended.token and "authorizationCode" not in flows:
        return _unattended(name, unattended, provider)
    return _key(name, schemes) or _none(schemes, provider)


def _key(name: str, schemes: Sequence[Scheme]) -> Proposal | None:
    """An API key where the documents declare it; a header of its own is preferred to `Authorization`."""
    key_variable = variable(name, "API_KEY")
    key: dict[str, object] = {"grant": "api_key", "key": {"env": key_variable}}
    for scheme in schemes:
        if scheme.kind == "apiKey" and scheme.place in ("header", "query") and not scheme.is_authorization:
            reason = f"its documents require a key in the {scheme.place} {scheme.name}"
            return Proposal({**key, "in": scheme.place, "name": scheme.name}, reason, (key_variable,))
    if any(scheme.kind == "basic" for scheme in schemes):
        return Proposal({**key, "in": "basic"}, _BASIC.format(key_variable), (key_variable,))
    if any(scheme.is_authorization or scheme.kind == "bearer" for scheme in schemes):
        reason = _WHOLE_HEADER.format(key_variable)
        return Proposal({**key, "in": "header", "name": "Authorization"}, reason, (key_variable,))
    return None


def _none(schemes: Sequence[Scheme], provider: Provider | None) -> Proposal:
    if provider or any(scheme.takes_tokens for scheme in schemes):
        reason = "it requires a sign-in and has no dynamic client registration"
        return Proposal("none", f"{reason}: remove this system and add it again with --client-id")
    if any(scheme.kind == "apiKey" for scheme in schemes):
        return Proposal("none", "its documents require a key in a cookie, which is not supported")
    return Proposal("none", "its documents require none")


def _own_client(name: str, client: ClientOptions, oauth: Scheme | None, provider: Provider | None) -> Proposal:
    endpoints: dict[str, object] = {}
    if provider:
        endpoints = _issuer(provider)
    elif oauth and oauth.authorization and oauth.token:
        endpoints = {"authorization_endpoint": oauth.authorization, "token_endpoint": oauth.token}
    return own_client(name, client, endpoints)


def _unattended(name: str, oauth: Scheme, provider: Provider | None) -> Proposal:
    grant, names = "client_credentials", ("CLIENT_ID", "CLIENT_SECRET")
    if oauth.flow == "password":
        grant, names = "password", ("USERNAME", "PASSWORD")
    where = _issuer(provider) if provider else {"token_endpoint": oauth.token}
    credential = {"grant": grant, **{secret.lower(): env(name, secret) for secret in names}, **where}
    return Proposal(
        credential, "its documents require this OAuth grant", tuple(variable(name, secret) for secret in names)
    )


def _issuer(provider: Provider) -> dict[str, object]:
    return {"issuer": provider.issuer} if provider.issuer else {}
