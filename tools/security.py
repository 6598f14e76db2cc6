"""What a document says of the credentials that its operations want (OpenAPI 3.1 §4.8.27)."""

from __future__ import annotations

from dataclasses import dataclass

from .addresses import BadAddress, resolve
from .json_values import JsonObject, as_object, as_text

_MAX_SCHEMES = 20


@dataclass(frozen=True, slots=True)
class Scheme:
    """One security scheme: `kind` is apiKey, basic, bearer, oauth2 or openIdConnect.

    `place` and `name` are an apiKey's; `flow` is oauth2's first of authorizationCode, clientCredentials and
    password, with its addresses, and `issuer` is what openIdConnect names.
    """

    kind: str
    place: str = ""
    name: str = ""
    flow: str = ""
    authorization: str = ""
    token: str = ""
    issuer: str = ""


def security_schemes(document: JsonObject, address: str) -> tuple[Scheme, ...]:
    """The schemes that a document from `address` declares and that we know how to satisfy."""
    nodes = as_object(as_object(document.get("components")).get("securitySchemes"))
    schemes = (_scheme(as_object(node), address) for node in list(nodes.values())[:_MAX_SCHEMES])
    return tuple(dict.fromkeys(scheme for scheme in schemes if scheme))


def _scheme(node: JsonObject, address: str) -> Scheme | None:
    kind = as_text(node.get("type"))
    if kind == "apiKey":
        return Scheme(kind, as_text(node.get("in")), as_text(node.get("name")))
    if kind == "http" and (scheme := as_text(node.get("scheme")).lower()) in ("basic", "bearer"):
        return Scheme(scheme)
    if kind == "oauth2":
        return _oauth(as_object(node.get("flows")), address)
    if kind == "openIdConnect":
        issuer = _absolute(as_text(node.get("openIdConnectUrl")), address)
        return Scheme(kind, issuer=issuer.removesuffix("/.well-known/openid-configuration"))
    return None


def _oauth(flows: JsonObject, address: str) -> Scheme | None:
    for flow in ("authorizationCode", "clientCredentials", "password"):
        if isinstance(flows.get(flow), dict):
            found = as_object(flows[flow])
            authorization = _absolute(as_text(found.get("authorizationUrl")), address)
            return Scheme(
                "oauth2",
                flow=flow,
                authorization=authorization,
                token=_absolute(as_text(found.get("tokenUrl")), address),
            )
    return None


def _absolute(reference: str, address: str) -> str:
    try:
        return resolve(address, reference) if reference else ""
    except BadAddress:
        return ""
