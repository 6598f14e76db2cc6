"""From an operation and its arguments to the request that goes out: a function of its inputs, no more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonObject, JsonValue
from ..formats.media_types import is_json
from ..http.messages import Request
from ..openapi.operations import Operation
from ..openapi.parameter_styles import DELIMITERS
from ..openapi.parameters import Parameter
from ..schema.property_names import restore_names
from ..schema.validation import BODY
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
# Not inside the name of a parameter, as in `/a/{id?}`.
_QUERY, _FRAGMENT = re.compile(r"\?(?![^{}]*\})"), re.compile(r"#(?![^{}]*\})")
_NOTHING: Mapping[str, bytes] = {}


def build_request(operation: Operation, arguments: JsonObject, attached: Mapping[str, bytes] = _NOTHING) -> Request:
    """The request that the document describes for these arguments; what was not given is not sent.

    `attached` is what the files hold that the arguments name by their paths (`attachments.py`).

    Raises:
        InvalidArgumentsError: a value cannot be sent, or would leave its place, such as an empty or dot
            path segment or a line break in a header.
    """
    arguments = restore_names(arguments, operation.input_schema, operation.renames)
    # A query that stands in the path itself goes first; a fragment never goes out.
    path, *rest = _QUERY.split(_FRAGMENT.split(operation.path)[0], maxsplit=1)
    path = quote(path, safe=_PATH_CHARACTERS)
    fixed = quote("".join(rest), safe=_PATH_CHARACTERS + "?")
    query: list[str] = []
    cookies: list[str] = []
    headers = {"accept": "application/json, application/problem+json;q=0.9, */*;q=0.5"}
    for parameter in operation.parameters:
        value = arguments.get(parameter.argument)
        if parameter.argument not in arguments or (value is None and _may_be_left_out(parameter)):
            continue
        match parameter.location:
            case "path":
                place = f"{{{quote(parameter.name, safe=_PATH_CHARACTERS)}}}"
                if place in path:
                    path = path.replace(place, path_value(parameter, value))
                fixed = fixed.replace(place, joined(value, ",", parameter.explode, percent))
            case "query":
                query += query_pairs(parameter, value)
            case "querystring":
                query += querystring(parameter, value)
            case "cookie":
                cookies += cookie_pairs(parameter, value)
            case "header":
                if value is not None and not is_empty(value):
                    headers[parameter.name.lower()] = header_value(parameter, value)
    if fixed:
        query.insert(0, fixed)
    if cookies:
        headers["cookie"] = "; ".join(cookies)
    sent = None
    if operation.body and BODY in arguments:
        encoded = encode_body(operation.body, arguments[BODY], attached)
        sent = encoded.content
        headers["content-type"] = encoded.content_type
    url = f"{operation.base}{path}" + (f"?{'&'.join(query)}" if query else "")
    group = f"{operation.method} {operation.base}{operation.path}"
    return Request(operation.method, url, headers, sent, scopes=operation.scopes, group=group, tier=operation.tier)


def _may_be_left_out(parameter: Parameter) -> bool:
    return not parameter.required and not parameter.allow_empty


def path_value(parameter: Parameter, value: JsonValue) -> str:
    """A path parameter, so encoded that it stays one segment (or the segments that its style makes)."""
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
        what = "is empty" if text == "" else "is only dots"
        raise InvalidArgumentsError(f"`{parameter.argument}` {what}, which would change the URL it is part of.")
    return text


def query_pairs(parameter: Parameter, value: JsonValue) -> list[str]:
    """A query parameter as encoded `name=value` pairs (OpenAPI 3.1 §4.8.12.3)."""
    writing = RESERVED if parameter.allow_reserved else PERCENT
    if parameter.media_type:
        return [f"{percent(parameter.name)}={writing.value(content(value, parameter.media_type))}"]
    if parameter.allow_empty and is_empty(value):
        return [f"{percent(parameter.name)}="]
    found = pairs(parameter.name, value, parameter.style, parameter.explode, writing)
    return [f"{name}={text}" for name, text in found]


def querystring(parameter: Parameter, value: JsonValue) -> list[str]:
    """The parameter that is the whole query (OpenAPI 3.2 §4.12.2, `in: querystring`)."""
    if isinstance(value, dict) and not is_json(parameter.media_type):
        return [encode_fields(value, ())] if value else []
    text = content(value, parameter.media_type)
    if is_json(parameter.media_type):
        return [percent(text)]
    # The text is a query already: what is encoded in it stays, what would end it is encoded.
    return [quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text), safe="%&=+:/?@!$'()*,;")] if text else []


def header_value(parameter: Parameter, value: JsonValue) -> str:
    """A header parameter (style `simple`).

    Raises:
        InvalidArgumentsError: it holds a line break, a control character, or one that headers do not carry.
    """
    if is_json(parameter.media_type):
        text = ascii_json(value)
    elif parameter.media_type:
        text = content(value, parameter.media_type)
    else:
        text = joined(value, DELIMITERS.get(parameter.style, ","), parameter.explode, unchanged)
    _check_header(parameter, text)
    return text.strip()


def cookie_pairs(parameter: Parameter, value: JsonValue) -> list[str]:
    """A cookie parameter as `name=value` pairs (OpenAPI 3.2 §4.12.6, styles `form` and `cookie`).

    Raises:
        InvalidArgumentsError: it holds what would end the cookie, and its style encodes nothing.
    """
    if parameter.media_type:
        return [f"{parameter.name}={COOKIE.value(content(value, parameter.media_type))}"]
    if parameter.style != "cookie":
        return [f"{name}={text}" for name, text in pairs(parameter.name, value, "form", parameter.explode, COOKIE)]
    made = pairs(parameter.name, value, "form", parameter.explode, PLAIN)
    if not all(re.fullmatch(r'[^\s=;,"\\]+', name) and re.fullmatch(r"[!#-:<-\[\]-~]*", text) for name, text in made):
        raise InvalidArgumentsError(f"`{parameter.argument}` has a character in it that a cookie cannot carry.")
    return [f"{name}={text}" for name, text in made]


def _check_header(parameter: Parameter, text: str) -> None:
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text):
        raise InvalidArgumentsError(f"`{parameter.argument}` has a line break or control character in it.")
    if not text.isascii():
        raise InvalidArgumentsError(f"`{parameter.argument}` is sent as a header, which carries plain ASCII only.")
