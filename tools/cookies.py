"""Which cookies are an agent's to give: preferences are, whatever says who somebody is never."""

from __future__ import annotations

import re

from .json_values import JsonObject, as_object, as_text

# Also inside a longer name, such as `django_sessionid` or `XSRF-TOKEN`.
_CREDENTIAL = re.compile(
    r"sess|(^|[._-])s?sid($|[._-])|connect\.sid|token|auth|csrf|xsrf|jwt|login|remember|credential|secret|passw|api[._-]?key"
    r"|bearer|sso|identity|^__(host|secure)-",
    re.IGNORECASE,
)


def is_credential(document: JsonObject, name: str) -> bool:
    """Whether a cookie proves who somebody is: the document's security schemes name it, or its name says so."""
    schemes = as_object(as_object(document.get("components")).get("securitySchemes")).values()
    named = {as_text(as_object(one).get("name")) for one in schemes if as_object(one).get("in") == "cookie"}
    return name in named or bool(_CREDENTIAL.search(name))
