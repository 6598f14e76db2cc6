"""Proposes a credential for a system from its documents and its authorization server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...tools.openapi.security import Scheme
from ..settings.proposals import AddRequest, CredentialValues, Proposal, env, own_client

_BASIC = "its documents require HTTP Basic: set {} to NAME:PASSWORD, or to a key that is used as the name"
_WHOLE_HEADER = "its documents require the header Authorization: set {} to its whole value, such as `Bearer TOKEN`"


@dataclass(frozen=True, slots=True)
class Provider:
    """An authorization server; `issuer` is its URL if it is not the API itself."""

    registers: bool
    interactive: bool = True
    issuer: str = ""


def propose(request: AddRequest, schemes: Sequence[Scheme], provider: Provider | None) -> Proposal:
    """The credential for a system that no preset knows."""
    flows = {scheme.flow: scheme for scheme in reversed(schemes) if scheme.kind == "oauth2"}
    if request.client_id is not None:
        return own_client(request, _endpoints(flows.get("authorizationCode"), provider))
    takes_tokens = not schemes or any(scheme.takes_tokens for scheme in schemes)
    if provider and provider.registers and takes_tokens:
        only_clients = not provider.interactive or set(flows) == {"clientCredentials"}
        grant = "client_credentials" if only_clients else "authorization_code"
        reason = "its authorization server supports dynamic client registration"
        return Proposal({"grant": grant, **_issuer(provider)}, reason)
    unattended = flows.get("clientCredentials") or flows.get("password")
    if unattended and unattended.token and "authorizationCode" not in flows:
        return _unattended(request.name, unattended, provider)
    return _key(env(request.name, "API_KEY"), schemes) or _none(schemes, provider)


def _key(secret: dict[str, str], schemes: Sequence[Scheme]) -> Proposal | None:
    """An API key where the documents declare it; a header of its own is preferred to `Authorization`."""
    key: CredentialValues = {"grant": "api_key", "key": secret}
    for scheme in schemes:
        if scheme.kind == "apiKey" and scheme.location in ("header", "query") and not scheme.is_authorization:
            reason = f"its documents require a key in the {scheme.location} {scheme.name}"
            return Proposal({**key, "in": scheme.location, "name": scheme.name}, reason)
    if any(scheme.kind == "basic" for scheme in schemes):
        return Proposal({**key, "in": "basic"}, _BASIC.format(secret["env"]))
    if any(scheme.is_authorization or scheme.kind == "bearer" for scheme in schemes):
        return Proposal({**key, "in": "header", "name": "Authorization"}, _WHOLE_HEADER.format(secret["env"]))
    return None


def _none(schemes: Sequence[Scheme], provider: Provider | None) -> Proposal:
    if provider or any(scheme.takes_tokens for scheme in schemes):
        reason = "it requires a sign-in and has no dynamic client registration"
        return Proposal("none", f"{reason}: remove this system and add it again with --client-id")
    if any(scheme.kind == "apiKey" for scheme in schemes):
        return Proposal("none", "its documents require a key in a cookie, which is not supported")
    return Proposal("none", "its documents require none")


def _endpoints(oauth: Scheme | None, provider: Provider | None) -> dict[str, str]:
    if provider is None and oauth and oauth.authorization and oauth.token:
        return {"authorization_endpoint": oauth.authorization, "token_endpoint": oauth.token}
    return _issuer(provider)


def _unattended(name: str, oauth: Scheme, provider: Provider | None) -> Proposal:
    grant, names = "client_credentials", ("CLIENT_ID", "CLIENT_SECRET")
    if oauth.flow == "password":
        grant, names = "password", ("USERNAME", "PASSWORD")
    where = _issuer(provider) if provider else {"token_endpoint": oauth.token}
    secrets = {secret.lower(): env(name, secret) for secret in names}
    return Proposal({"grant": grant, **secrets, **where}, "its documents require this OAuth grant")


def _issuer(provider: Provider | None) -> dict[str, str]:
    return {"issuer": provider.issuer} if provider and provider.issuer else {}
