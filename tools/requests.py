"""From an operation and its arguments to the request that goes out: a function of its inputs, no more."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from .errors import BadArguments
from .json_values import JsonObject, JsonValue
from .operations import Operation
from .parameters import BODY, Parameter
from .tiers import Tier

# RFC 9110 §9.2.2: asking twice does what asking once does.
IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
_RESERVED = ":/?#[]@!$&'()*+,;="
_PATH_CHARACTERS = "/{}%:@!$&'()*+,;=-._~"
_SEPARATORS = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request without a credential; `timeout` in seconds.

    `scopes` are what its operation wants; `may_ask` says whether a person may be asked to sign in for it.
    Requests of one `group` share a rate limit. `tier` is what its operation does to the service, where that is known.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content: bytes | None = None
    timeout: float = 40.0
    scopes: tuple[str, ...] = ()
    may_ask: bool = True
    group: str = ""
    tier: Tier | None = None


def build_request(operation: Operation, arguments: JsonObject) -> Request:
    """The request that the document describes for these arguments; what was not given is not sent.

    Raises:
        BadArguments: a value would leave its place: an empty or dot path segment, a line break in a header.
    """
    # A query that stands in the path itself goes first; a fragment never goes out.
    path, _, fixed = operation.path.split("#")[0].partition("?")
    path = quote(path, safe=_PATH_CHARACTERS)
    query = [quote(fixed, safe=_PATH_CHARACTERS + "?")] if fixed else []
    headers = {"accept": "application/json, application/problem+json;q=0.9, */*;q=0.5"}
    for parameter in operation.parameters:
        value = arguments.get(parameter.argument)
        if parameter.argument not in arguments or (value is None and not parameter.required):
            continue
        if parameter.location == "path":
            path = path.replace(f"{{{quote(parameter.name, safe=_PATH_CHARACTERS)}}}", path_value(parameter, value))
        elif parameter.location == "query":
            query += query_pairs(parameter, value)
        else:
            headers[parameter.name.lower()] = header_value(parameter, value)
    content = None
    if operation.body and BODY in arguments:
        headers["content-type"] = operation.body.media_type
        content = json.dumps(arguments[BODY], ensure_ascii=False, separators=(",", ":")).encode()
    url = f"{operation.base}{path}" + (f"?{'&'.join(query)}" if query else "")
    group = f"{operation.method} {operation.base}{operation.path}"
    return Request(operation.method, url, headers, content, scopes=operation.scopes, group=group, tier=operation.tier)


def path_value(parameter: Parameter, value: JsonValue) -> str:
    """A path parameter, so encoded that it stays one segment (or the segments that its style makes)."""
    name = parameter.name
    if parameter.style == "matrix":
        text = _matrix(name, value, parameter.explode)
    elif parameter.style == "label":
        text = "." + _joined(value, "." if parameter.explode else ",", parameter.explode)
    else:
        text = _joined(value, ",", parameter.explode)
    if text.strip(".") == "":
        what = "is empty" if text == "" else "is only dots"
        raise BadArguments(f"`{parameter.argument}` {what}, which would change the address it is part of.")
    return text


def query_pairs(parameter: Parameter, value: JsonValue) -> list[str]:
    """A query parameter as encoded `name=value` pairs (OpenAPI 3.1 §4.8.12.3)."""
    name = _encode(parameter.name)
    reserved = parameter.allow_reserved
    if parameter.media_type:
        return [f"{name}={_encode(_as_json(value), reserved)}"]
    if isinstance(value, dict):
        if parameter.style == "deepObject":
            return _deep(name, value, reserved)
        if parameter.explode:
            return [f"{_encode(k)}={_encode(scalar(v), reserved)}" for k, v in value.items()]
    if isinstance(value, list) and parameter.explode and parameter.style == "form":
        return [f"{name}={_encode(scalar(item), reserved)}" for item in value]
    if isinstance(value, dict | list):
        separator = _SEPARATORS.get(parameter.style, ",")
        return [f"{name}={separator.join(_encode(part, reserved) for part in _flat(value))}"]
    return [f"{name}={_encode(scalar(value), reserved)}"]


def header_value(parameter: Parameter, value: JsonValue) -> str:
    """A header parameter (style `simple`).

    Raises:
        BadArguments: it holds a line break, a control character, or one that headers do not carry.
    """
    if parameter.media_type:
        text = _as_json(value)
    elif isinstance(value, dict):
        pairs = [f"{k}={scalar(v)}" if parameter.explode else f"{k},{scalar(v)}" for k, v in value.items()]
        text = ",".join(pairs)
    else:
        text = ",".join(scalar(v) for v in value) if isinstance(value, list) else scalar(value)
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text):
        raise BadArguments(f"`{parameter.argument}` has a line break or control character in it.")
    if not text.isascii():
        raise BadArguments(f"`{parameter.argument}` is sent as a header, which carries plain ASCII only.")
    return text.strip()


def scalar(value: JsonValue) -> str:
    """A value as text the way JSON writes it: `true`, not `True`; 1e3 and big integers exactly."""
    return value if isinstance(value, str) else "" if value is None else _as_json(value)


def _as_json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _encode(text: str, reserved: bool = False) -> str:
    return quote(text, safe=_RESERVED.replace("&", "").replace("#", "") if reserved else "")


def _flat(value: dict[str, JsonValue] | list[JsonValue]) -> list[str]:
    if isinstance(value, list):
        return [scalar(item) for item in value]
    return [part for key, item in value.items() for part in (key, scalar(item))]


def _joined(value: JsonValue, separator: str, explode: bool) -> str:
    if isinstance(value, dict) and explode:
        return separator.join(f"{_encode(k)}={_encode(scalar(v))}" for k, v in value.items())
    if isinstance(value, dict | list):
        return separator.join(_encode(part) for part in _flat(value))
    return _encode(scalar(value))


def _matrix(name: str, value: JsonValue, explode: bool) -> str:
    if isinstance(value, list) and explode:
        return "".join(f";{_encode(name)}={_encode(scalar(item))}" for item in value)
    if isinstance(value, dict) and explode:
        return "".join(f";{_encode(k)}={_encode(scalar(v))}" for k, v in value.items())
    return f";{_encode(name)}={_joined(value, ',', False)}"


def _deep(name: str, value: dict[str, JsonValue], reserved: bool) -> list[str]:
    pairs: list[str] = []
    for key, item in value.items():
        inner = f"{name}[{_encode(key)}]"
        if isinstance(item, dict):
            pairs += _deep(inner, item, reserved)
        elif isinstance(item, list):
            pairs += [f"{inner}={_encode(scalar(part), reserved)}" for part in item]
        else:
            pairs.append(f"{inner}={_encode(scalar(item), reserved)}")
    return pairs
