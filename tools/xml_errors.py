"""Errors written in XML: SOAP faults, S3's, and whatever names its parts the usual way."""

from __future__ import annotations

import html
import re

from .text import one_line

_MOST = 16_384
_VALUE = r"[^<>]{0,300}>\s*(?:<!\[CDATA\[(.{1,1500}?)\]\]>|([^<]{1,1500}))"


def _named(*names: str) -> re.Pattern[str]:
    return re.compile(rf"<(?:\w{{1,40}}:)?(?:{'|'.join(names)})\b{_VALUE}", re.DOTALL)


# SOAP 1.1 and 1.2, then the rest; of each the first that is there.
_CODES = (_named("faultcode"), _named("Value"), _named("Code", "code", "errorCode", "ErrorCode", "error_code"))
_MESSAGES = (
    _named("faultstring"),
    _named("Text"),
    _named("Message", "message", "errorMessage", "ErrorMessage", "error_description"),
    _named("Detail", "detail", "description", "Description", "title", "reason", "error", "Error"),
)
_REQUEST_IDS = (_named("RequestId", "RequestID", "requestId", "request_id", "TraceId", "traceId"),)


def read_xml_error(text: str) -> tuple[str, str, str]:
    """Code, message and request id; empty where there is none."""
    head = text[:_MOST]
    return _first(_CODES, head, 100), _first(_MESSAGES, head, 800), _first(_REQUEST_IDS, head, 100)


def _first(patterns: tuple[re.Pattern[str], ...], text: str, limit: int) -> str:
    for pattern in patterns:
        if found := pattern.search(text):
            value = one_line(html.unescape(found[1] or found[2]), limit)
            if value:
                return value
    return ""
