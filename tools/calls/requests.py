"""Building the request of an operation from its arguments, as a pure function."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonObject, JsonValue
from ..formats.media_types import is_json
from ..http.messages import Request
from ..openapi.operation import Operation, Parameter
from ..openapi.parameter_styles import DELIMITERS
from ..schema.argument_errors import BODY
from ..schema.property_names import restore_names
from .encoding import encode_body, encode_fields
from .styles import (
    COOKIE,
    PERCENT,
    PLAIN,
    RESERVED,
    ascii_json,
    content,
    is_empty,
    joined,
    matrix,
    pairs,
    percent,
    unchanged,
)

_PATH_CHARACTERS = "/{}%:@!$&'()*+,;=-._~"
# Not in the name of a parameter, as in `/a/{id?}`.
_QUERY, _FRAGMENT = re.compile(r"\?(?![^{}]*\})"), re.compile(r"#(?![^{}]*\})")
_NOTHING: Mapping[str, bytes] = {}


def build_request(operation: Operation, arguments: JsonObject, attachments: Mapping[str, bytes] = _NOTHING) -> Request:
    """Build the request for an operation; `attachments` are the contents of files by path.

    Raises:
        InvalidArgumentsError: a value cannot be sent, or would change another part of the request, such as an empty
            or dot path segment or a line break in a header.
    """
    arguments = restore_names(arguments, operation.input_schema, operation.renames)
    values = {
        parameter.argument: parameter.default for parameter in operation.parameters if parameter.default is not None
    } | arguments
    given = [
        (parameter, values[parameter.argument])
        for parameter in operation.parameters
        if parameter.argument in values and not _is_omitted(parameter, values[parameter.argument])
    ]
    headers = {"accept": _accept(operation.accept)}
    for parameter, value in given:
        if parameter.location == "header" and not is_empty(value):
            headers[parameter.name.lower()] = header_value(parameter, value)
    cookies = [
        pair for parameter, value in given if parameter.location == "cookie" for pair in cookie_pairs(parameter, value)
    ]
    if cookies:
        headers["cookie"] = "; ".join(cookies)
    content = None
    if operation.body and BODY in arguments:
        encoded = encode_body(operation.body, arguments[BODY], attachments)
        content = encoded.content
        headers["content-type"] = encoded.content_type
    url = f"{operation.base}{_path_and_query(operation.path, given)}"
    group = f"{operation.method} {operation.base}{operation.path}"
    return Request(operation.method, url, headers, content, scopes=operation.scopes, group=group, tier=operation.tier)


def _accept(media_types: Sequence[str]) -> str:
    """An `Accept` header that prefers the operation's own media types (RFC 9110 §12.5.1)."""
    ranked = dict.fromkeys([*media_types, "application/json", "application/problem+json"])
    weights = ["", *(f";q=0.{weight}" for weight in (9, 8, 7, 6, 6, 6, 6))]
    return ", ".join([*map("".join, zip(ranked, weights, strict=False)), "*/*;q=0.5"])


def _is_omitted(parameter: Parameter, value: JsonValue) -> bool:
    return value is None and not parameter.required and not parameter.allow_empty


def _path_and_query(template: str, given: Sequence[tuple[Parameter, JsonValue]]) -> str:
    # A query in the path itself comes first; a fragment is never sent.
    path, *rest = _QUERY.split(_FRAGMENT.split(template)[0], maxsplit=1)
    path = quote(path, safe=_PATH_CHARACTERS)
    fixed = quote("".join(rest), safe=_PATH_CHARACTERS + "?")
    query: list[str] = []
    for parameter, value in given:
        match parameter.location:
            case "path":
                placeholder = f"{{{quote(parameter.name, safe=_PATH_CHARACTERS)}}}"
                if placeholder in path:
                    path = path.replace(placeholder, path_value(parameter, value))
                fixed = fixed.replace(placeholder, joined(value, ",", parameter.explode, percent))
            case "query":
                query += query_pairs(parameter, value)
            case "querystring":
                query += querystring(parameter, value)
            case _:
                pass
    query = [fixed, *query] if fixed else query
    return f"{path}?{'&'.join(query)}" if query else path


def path_value(parameter: Parameter, value: JsonValue) -> str:
    """Encode a path parameter so that it cannot add or change segments."""
    if is_empty(value):
        text = ""
    elif parameter.media_type:
        text = percent(content(value, parameter.media_type))
    elif parameter.style == "matrix":
        text = matrix(parameter.name, value, parameter.explode)
    elif parameter.style == "label":
        text = "." + joined(value, "." if parameter.explode else ",", parameter.explode, percent)
    else:
        delimiter = percent(DELIMITERS[parameter.style]) if parameter.style in DELIMITERS else ","
        text = joined(value, delimiter, parameter.explode, percent)
    if text.strip(".") == "":
        reason = "is only dots" if text else "is empty"
        raise InvalidArgumentsError(f"`{parameter.argument}` {reason}, which would change the path of the URL.")
    return text


def query_pairs(parameter: Parameter, value: JsonValue) -> list[str]:
    """Encode a query parameter as `name=value` pairs (OpenAPI 3.1 §4.8.12.3)."""
    encoders = RESERVED if parameter.allow_reserved else PERCENT
    if parameter.media_type:
        return [f"{percent(parameter.name)}={encoders.value(content(value, parameter.media_type))}"]
    if parameter.allow_empty and is_empty(value):
        return [f"{percent(parameter.name)}="]
    encoded = pairs(parameter.name, value, parameter.style, parameter.explode, encoders)
    return [f"{name}={text}" for name, text in encoded]


def querystring(parameter: Parameter, value: JsonValue) -> list[str]:
    """Encode the parameter that is the whole query (OpenAPI 3.2 §4.12.2, `in: querystring`)."""
    if isinstance(value, dict) and not is_json(parameter.media_type):
        return [encode_fields(value, ())] if value else []
    text = content(value, parameter.media_type)
    if is_json(parameter.media_type):
        return [percent(text)]
    # The text is a query already: keep its encoding, and encode what would end it.
    return [quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text), safe="%&=+:/?@!$'()*,;")] if text else []


def header_value(parameter: Parameter, value: JsonValue) -> str:
    """Encode a header parameter (style `simple`).

    Raises:
        InvalidArgumentsError: it contains control or non-ASCII characters.
    """
    if is_json(parameter.media_type):
        text = ascii_json(value)
    elif parameter.media_type:
        text = content(value, parameter.media_type)
    else:
        text = joined(value, DELIMITERS.get(parameter.style, ","), parameter.explode, unchanged)
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text):
        raise InvalidArgumentsError(f"`{parameter.argument}` must not contain line breaks or control characters.")
    if foreign := re.search(r"[^\x00-\x7f]", text):
        raise InvalidArgumentsError(
            f"`{parameter.argument}` is sent as a header and must be ASCII, but contains {foreign[0]!a}."
        )
    return text.strip()


def cookie_pairs(parameter: Parameter, value: JsonValue) -> list[str]:
    """Encode a cookie parameter as `name=value` pairs (OpenAPI 3.2 §4.12.6, styles `form` and `cookie`).

    Raises:
        InvalidArgumentsError: it would end the cookie, and its style doesn't encode.
    """
    if parameter.media_type:
        return [f"{parameter.name}={COOKIE.value(content(value, parameter.media_type))}"]
    if parameter.style != "cookie":
        return [f"{name}={text}" for name, text in pairs(parameter.name, value, "form", parameter.explode, COOKIE)]
    plain = pairs(parameter.name, value, "form", parameter.explode, PLAIN)
    for name, text in plain:
        if invalid := re.search(r'[\s=;,"\\]', name) or re.search(r"[^!#-:<-\[\]-~]", text):
            raise InvalidArgumentsError(
                f"`{parameter.argument}` contains {invalid[0]!a}, which is not allowed in a cookie."
            )
        if not name:
            raise InvalidArgumentsError(f"`{parameter.argument}` has a member without a name.")
    return [f"{name}={text}" for name, text in plain]
