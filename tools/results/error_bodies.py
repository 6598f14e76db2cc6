"""Reading the body of an error response, whatever its shape."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from itertools import islice

from ..formats.charsets import decode
from ..formats.html_text import page_title, visible_text
from ..formats.json_values import (
    InvalidJsonError,
    JsonObject,
    JsonValue,
    as_list,
    as_object,
    as_text,
    parse_json,
    to_text,
)
from ..formats.text import one_line
from .field_errors import CODES, MESSAGES, FieldError, by_field, first_text, is_by_field, plain_name, read_field_errors
from .headers import redacted_url
from .unshown import unshown_members

_WRAPPERS = ("error", "fault", "message", "detail", "problem", "exception", "meta", "status", "err", "response")
_REQUEST_IDS = ("requestid", "traceid", "correlationid", "operationid", "eventid", "errorid", "transactionid")
_DOCUMENTATION = ("docurl", "documentationurl", "moreinfo", "helpurl", "infourl", "help")
# With the units of a second.
_WAITS = {"retryafterseconds": 1.0, "retryafter": 1.0, "ratereset": 1.0, "retrydelay": 1.0, "retryafterms": 1000.0}
_LONGEST_WAIT = 86_400.0
_WORD = re.compile(r"[A-Za-z][\w.:-]{1,60}", re.ASCII)
_MOST_XML = 16_384
_MOST_HTML = 200_000
_XML_ELEMENT = re.compile(r"<(?:\w{1,40}:)?(\w{1,60})\b[^<>]{0,300}>\s*([^<>]{1,500})</")
# An element that says in its attributes what is wrong: `<err code="1" msg="Photo not found"/>`.
_XML_ERROR = re.compile(r"<(?:\w{1,40}:)?(?:err|error|fault|exception)(\s[^<>]{1,2000})>", re.IGNORECASE)
_XML_ATTRIBUTE = re.compile(r"""\b([\w-]{1,60})\s*=\s*(["'])(.{1,500}?)\2""")
_XML_VALUE = r"[^<>]{0,300}>\s*(?:<!\[CDATA\[(.{1,1500}?)\]\]>|([^<]{1,1500}))"


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The parts of an error body: `code` for programs, `message` for people, `fields` for each invalid input.

    `wait` is in seconds; `wait` and `retryable` are None if the body doesn't say. `more` has all other members.
    """

    code: str = ""
    message: str = ""
    fields: tuple[str, ...] = ()
    request_id: str = ""
    documentation: str = ""
    wait: float | None = None
    retryable: bool | None = None
    more: str = ""

    def as_details(self) -> JsonObject:
        """The parts that are present, except the message and the wait."""
        parts: JsonObject = {
            "code": self.code,
            "fields": list[JsonValue](self.fields),
            "request_id": self.request_id,
            "documentation": self.documentation,
            "retryable": self.retryable,
        }
        return {name: value for name, value in parts.items() if value not in ("", [], None)}


def read_error(body: bytes, content_type: str) -> ErrorBody:
    """Read an error body: JSON of the usual shapes (problem details first, RFC 9457), XML, a web page, text."""
    if not body.strip():
        return ErrorBody()
    text = decode(body, content_type)
    try:
        value = parse_json(text)
    except InvalidJsonError:
        return _read_text(text, content_type)
    if isinstance(value, dict | list):
        node: JsonObject = {"errors": value} if isinstance(value, list) else value
        error = _read_node(node)
        wait = "" if error.wait is None else f"{error.wait:g}"
        shown = (error.code, error.message, error.request_id, error.documentation, wait, *error.fields)
        return replace(error, more=unshown_members(node, shown))
    return ErrorBody(message="" if value is None else one_line(as_text(value) or to_text(value), 500))


def _read_text(text: str, content_type: str) -> ErrorBody:
    begin = text[:2_000].lstrip().lower()
    if "html" in content_type or begin.startswith(("<!doctype html", "<html", "<head", "<body")):
        return ErrorBody(message=_page("a web page", text))
    if begin.startswith("<"):
        code, message, request = parse_xml_error(text)
        if code or message:
            elements: JsonObject = dict(_XML_ELEMENT.findall(text[:_MOST_XML]))
            error = ErrorBody(code, message or code, request_id=request)
            return replace(error, more=unshown_members(elements, (code, message, request)))
        if tag := _XML_ERROR.search(text[:_MOST_XML]):
            attributes: JsonObject = {name: html.unescape(value) for name, _, value in _XML_ATTRIBUTE.findall(tag[1])}
            return _read_node(attributes)
        return ErrorBody(message=_page("a web page or XML", text))
    return ErrorBody(message=one_line(text[:4_000], 800))


def _page(kind: str, text: str) -> str:
    """The title and the visible text of a web page or XML."""
    title, shown = one_line(page_title(text), 120), one_line(visible_text(text[:_MOST_HTML]), 600)
    return f"{kind} ({title or 'no title'}){': ' if shown else ''}{shown.removeprefix(title).strip()}"


def _read_node(node: JsonObject) -> ErrorBody:
    inner = _inner(node)
    field_errors = read_field_errors(inner) or read_field_errors(node)
    message = first_text(inner, MESSAGES)
    if not field_errors and not message and is_by_field(inner):
        field_errors = list(islice(by_field(inner), 20))
    parameter = as_text(inner.get("param"))
    fields = [f"{error.where}: {error.what}" for error in field_errors if error.where]
    others = [error.what for error in field_errors if not error.where and error.what != message]
    code = _code(inner, node, field_errors)
    if not message or (message == code and field_errors):
        message, others = "; ".join(others) or message, []
    if parameter and not fields:
        fields = [f"{one_line(parameter, 100)}: {one_line(message, 200)}"]
    elif fields or others:
        message = f"{message or 'the input is not valid'} ({'; '.join([*fields, *others])})"
    error = ErrorBody(one_line(code, 100), one_line(message, 800), tuple(fields))
    return _with_metadata(error, inner, node)


def _inner(node: JsonObject) -> JsonObject:
    """The object with the error itself: services wrap it in `error`, `fault`, even `message`."""
    for _ in range(3):
        inner = next(filter(_is_error, _wrapped(node)), None)
        if inner is None:
            break
        node = inner
    return node


def _is_error(node: JsonObject) -> bool:
    return bool(first_text(node, (*MESSAGES, "code")) or read_field_errors(node) or _wrapped(node))


def _wrapped(node: JsonObject) -> list[JsonObject]:
    named = {plain_name(name): as_object(value) for name, value in islice(node.items(), 200) if isinstance(value, dict)}
    return [named[name] for name in _WRAPPERS if named.get(name)]


def _with_metadata(error: ErrorBody, inner: JsonObject, node: JsonObject) -> ErrorBody:
    request = first_text(inner, _REQUEST_IDS) or first_text(node, _REQUEST_IDS)
    documentation = first_text(inner, _DOCUMENTATION)
    retryable = inner.get("retryable", node.get("retryable"))
    return replace(
        error,
        request_id=one_line(request, 100),
        documentation=redacted_url(documentation) if documentation.startswith("https://") else "",
        wait=_wait(inner) if (wait := _wait(node)) is None else wait,
        retryable=retryable if isinstance(retryable, bool) else None,
    )


def _code(inner: JsonObject, node: JsonObject, field_errors: list[FieldError]) -> str:
    """Prefer a word to a number, which usually repeats the status."""
    codes = [_own_code(inner), _own_code(node), *(error.code for error in field_errors)]
    return next((code for code in codes if code and not code.isdigit()), next(filter(None, codes), ""))


def _own_code(node: JsonObject) -> str:
    if aws := as_text(node.get("__type")):
        return aws.rpartition("#")[2]
    status = as_text(node.get("status"))
    code = first_text(node, ("errorcode", "code"))
    if code.isdigit() and status.isupper():  # google.rpc.Status
        return status
    if not code and "/" not in (kind := as_text(node.get("type"))) and kind != "about:blank":
        code = kind
    named = first_text(node, CODES[3:])
    return named if not code or (code.isdigit() and _WORD.fullmatch(named)) else code


def _wait(node: JsonObject) -> float | None:
    """The seconds that the error says to wait, as a number or a text such as `3.5s` (google.rpc.RetryInfo)."""
    entries = [node, *map(as_object, as_list(node.get("details"))[:20])]
    named = {plain_name(name): value for entry in entries for name, value in islice(entry.items(), 200)}
    for name, unit in _WAITS.items():
        value = named.get(name)
        number = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)s?", value) if isinstance(value, str) else None
        value = float(number[1]) if number else value
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value / unit <= _LONGEST_WAIT:
            return value / unit
    return None


def _named(*names: str) -> re.Pattern[str]:
    return re.compile(rf"<(?:\w{{1,40}}:)?(?:{'|'.join(names)})\b{_XML_VALUE}", re.DOTALL)


# SOAP 1.1 and 1.2 first, then others.
_XML_CODES = (_named("faultcode"), _named("Value"), _named("Code", "code", "errorCode", "ErrorCode", "error_code"))
_XML_MESSAGES = (
    _named("faultstring"),
    _named("Text"),
    _named("Message", "message", "errorMessage", "ErrorMessage", "error_description"),
    _named("Detail", "detail", "description", "Description", "title", "reason", "error", "Error"),
)
_XML_REQUEST_IDS = (_named("RequestId", "RequestID", "requestId", "request_id", "TraceId", "traceId"),)


def parse_xml_error(text: str) -> tuple[str, str, str]:
    """Code, message and request id, each of them '' if it is missing."""
    head = text[:_MOST_XML]
    return _first(_XML_CODES, head, 100), _first(_XML_MESSAGES, head, 800), _first(_XML_REQUEST_IDS, head, 100)


def _first(patterns: tuple[re.Pattern[str], ...], text: str, limit: int) -> str:
    matches = filter(None, (pattern.search(text) for pattern in patterns))
    values = (one_line(html.unescape(match[1] or match[2]), limit) for match in matches)
    return next(filter(None, values), "")
