"""Answers of several parts (`multipart/mixed` and its like), each told or described."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from .charsets import decoded
from .json_text import compact
from .json_values import InvalidJsonError, JsonObject, parse_json, to_text
from .media_types import essence
from .sniffing import sniff
from .text import clean, one_line

_MOST_PARTS = 100
_MOST_HEAD = 8_000
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)


def read_parts(body: bytes, content_type: str) -> tuple[str, int]:
    """The parts as a JSON list, and how many there are: text and JSON whole, other bytes by size and digest."""
    named = _BOUNDARY.search(content_type)
    if named is None:
        return "[]", 0
    parts = list(_split(body, (named[1] or named[2]).encode()))
    return f"[{','.join(_told(part) for part in parts)}]", len(parts)


def _split(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """What stands between the boundaries (RFC 2046 §5.1.1); the last part may lack its end."""
    for piece in (b"\n" + body).split(b"\n--" + boundary)[1 : _MOST_PARTS + 1]:
        if piece.startswith(b"--"):
            return
        yield piece.partition(b"\n")[2].removesuffix(b"\r")


def _told(part: bytes) -> str:
    head, content = _head_of(part)
    lines = decoded(re.sub(rb"\r?\n[ \t]+", b" ", head)).splitlines()[:20]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    content_type = headers.get("content-type", "text/plain")
    told: JsonObject = {"content_type": one_line(content_type, 200)}
    told |= {name: one_line(headers[name], 200) for name in ("content-disposition", "content-id") if name in headers}
    if sniff(content, content_type)[0] != "text":
        told |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        return to_text(told)
    text = decoded(content, content_type)
    try:
        parse_json(text)
    except InvalidJsonError:
        return to_text({**told, "text": clean(text)})
    name = "json" if essence(content_type).endswith("json") else "text"
    written = compact(text) if name == "json" else to_text(clean(text))
    return f"{to_text(told)[:-1]},{to_text(name)}:{written}}}"


def _head_of(part: bytes) -> tuple[bytes, bytes]:
    if part.startswith((b"\r\n", b"\n")):
        return b"", part.partition(b"\n")[2]
    end = re.compile(rb"\r?\n\r?\n").search(part, 0, _MOST_HEAD)
    return (part[: end.start()], part[end.end() :]) if end else (part[:_MOST_HEAD], b"")
