"""Security schemes of a document (OpenAPI 3.1 §4.8.27)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..formats.json_values import JsonObject, as_object, as_text
from ..formats.media_types import TOKEN
from ..formats.urls import InvalidUrlError, resolve

_MAX_SCHEMES = 20
_FLOWS = ("authorizationCode", "clientCredentials", "password", "implicit")
_OPENID = "/.well-known/openid-configuration"
# Matches parts of names, such as `django_sessionid` or `XSRF-TOKEN`.
_CREDENTIAL = re.compile(
    r"sess|(^|[._-])s?sid($|[._-])|connect\.sid|token|auth|csrf|xsrf|jwt|login|remember|credential|secret|passw|api[._-]?key"
    r"|bearer|sso|identity|^__(host|secure)-",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Scheme:
    """A security scheme; `kind` is apiKey, basic, bearer, oauth2 or openIdConnect.

    `location` and `name` belong to apiKey, `flow` (the first of authorizationCode, clientCredentials, password and
    implicit) and its URLs to oauth2, and `issuer` to openIdConnect.
    """

    kind: str
    location: str = ""
    name: str = ""
    flow: str = ""
    authorization: str = ""
    token: str = ""
    issuer: str = ""

    @property
    def takes_tokens(self) -> bool:
        """Whether it accepts access tokens of an authorization server."""
        return self.kind in ("oauth2", "openIdConnect", "bearer") or self.is_authorization

    @property
    def is_authorization(self) -> bool:
        """Whether it is the `Authorization` header described as an API key."""
        return self.kind == "apiKey" and self.location == "header" and self.name.lower() == "authorization"


def declared_schemes(document: JsonObject) -> JsonObject:
    """The security scheme objects of a document by name."""
    return as_object(as_object(document.get("components")).get("securitySchemes"))


def security_schemes(document: JsonObject, url: str) -> tuple[Scheme, ...]:
    """The supported schemes of a document that was served at `url`."""
    schemes = (_scheme(as_object(node), url) for node in list(declared_schemes(document).values())[:_MAX_SCHEMES])
    return tuple(dict.fromkeys(scheme for scheme in schemes if scheme))


def _scheme(node: JsonObject, url: str) -> Scheme | None:
    kind = as_text(node.get("type"))
    if kind == "apiKey":
        location, name = as_text(node.get("in")), as_text(node.get("name"))
        return Scheme(kind, location, name) if TOKEN.fullmatch(name) and len(name) <= 100 else None
    if kind == "http" and (scheme := as_text(node.get("scheme")).lower()) in ("basic", "bearer"):
        return Scheme(scheme)
    if kind == "oauth2":
        return _oauth(as_object(node.get("flows")), url)
    if kind == "openIdConnect":
        issuer = _absolute(as_text(node.get("openIdConnectUrl")), url)
        return Scheme(kind, issuer=issuer.removesuffix(_OPENID))
    return None


def _oauth(flows: JsonObject, url: str) -> Scheme | None:
    flow = next((flow for flow in _FLOWS if isinstance(flows.get(flow), dict)), None)
    if flow is None:
        return None
    urls = [_absolute(as_text(as_object(flows[flow]).get(name)), url) for name in ("authorizationUrl", "tokenUrl")]
    return Scheme("oauth2", flow=flow, authorization=urls[0], token=urls[1])


def _absolute(reference: str, url: str) -> str:
    """The absolute URL, or '' if it is invalid (RFC 3986 §2)."""
    try:
        absolute = resolve(url, reference) if reference else ""
    except InvalidUrlError:
        return ""
    return absolute if re.fullmatch(r"[!-~]*", absolute) else ""


def is_credential(name: str) -> bool:
    """Whether the name of a parameter is one that credentials have."""
    return bool(_CREDENTIAL.search(name))


def carries_credential(document: JsonObject, location: str, name: str) -> bool:
    """Whether a parameter is a security scheme of the document, so that the system's credential may be in it."""
    schemes = map(as_object, declared_schemes(document).values())
    names = {as_text(scheme.get("name")).lower() for scheme in schemes if scheme.get("in") == location}
    # Schemes are also used for headers such as X-Tenant-Id, which the credential doesn't set.
    return name.lower() in names and (location == "cookie" or is_credential(name) or "key" in name.lower())
