"""What a document says of the credentials that its operations want (OpenAPI 3.1 §4.8.27)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..formats.json_values import JsonObject, as_object, as_text
from ..formats.urls import InvalidUrlError, resolve

_MAX_SCHEMES = 20
_FLOWS = ("authorizationCode", "clientCredentials", "password", "implicit")
# RFC 9110 §5.6.2; a query parameter may be called more, but none that we have met is.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_OPENID = "/.well-known/openid-configuration"
# Also inside a longer name, such as `django_sessionid` or `XSRF-TOKEN`.
_CREDENTIAL = re.compile(
    r"sess|(^|[._-])s?sid($|[._-])|connect\.sid|token|auth|csrf|xsrf|jwt|login|remember|credential|secret|passw|api[._-]?key"
    r"|bearer|sso|identity|^__(host|secure)-",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Scheme:
    """One security scheme: `kind` is apiKey, basic, bearer, oauth2 or openIdConnect.

    `place` and `name` are an apiKey's; `flow` is oauth2's first of authorizationCode, clientCredentials, password
    and implicit, with its URLs, and `issuer` is what openIdConnect names.
    """

    kind: str
    place: str = ""
    name: str = ""
    flow: str = ""
    authorization: str = ""
    token: str = ""
    issuer: str = ""

    @property
    def takes_tokens(self) -> bool:
        """Whether a token of an authorization server may satisfy it."""
        return self.kind in ("oauth2", "openIdConnect", "bearer") or self.is_authorization

    @property
    def is_authorization(self) -> bool:
        """Whether it is the `Authorization` header, described as if it were a key like others."""
        return self.kind == "apiKey" and self.place == "header" and self.name.lower() == "authorization"


def security_schemes(document: JsonObject, url: str) -> tuple[Scheme, ...]:
    """The schemes that a document declares and that we know; relative URLs are resolved against `url`."""
    nodes = as_object(as_object(document.get("components")).get("securitySchemes"))
    schemes = (_scheme(as_object(node), url) for node in list(nodes.values())[:_MAX_SCHEMES])
    return tuple(dict.fromkeys(scheme for scheme in schemes if scheme))


def _scheme(node: JsonObject, url: str) -> Scheme | None:
    kind = as_text(node.get("type"))
    if kind == "apiKey":
        place, name = as_text(node.get("in")), as_text(node.get("name"))
        return Scheme(kind, place, name) if _TOKEN.fullmatch(name) else None
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
    found = as_object(flows[flow])
    return Scheme(
        "oauth2",
        flow=flow,
        authorization=_absolute(as_text(found.get("authorizationUrl")), url),
        token=_absolute(as_text(found.get("tokenUrl")), url),
    )


def _absolute(reference: str, url: str) -> str:
    """The whole URL, or nothing where it is none (RFC 3986 §2: no other characters than these)."""
    try:
        absolute = resolve(url, reference) if reference else ""
    except InvalidUrlError:
        return ""
    return absolute if re.fullmatch(r"[!-~]*", absolute) else ""


def is_credential(document: JsonObject, name: str) -> bool:
    """Whether a cookie proves who somebody is: the document's security schemes name it, or its name says so."""
    schemes = as_object(as_object(document.get("components")).get("securitySchemes")).values()
    named = {as_text(as_object(one).get("name")) for one in schemes if as_object(one).get("in") == "cookie"}
    return name in named or bool(_CREDENTIAL.search(name))
