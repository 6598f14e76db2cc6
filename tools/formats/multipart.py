"""Multipart responses (`multipart/mixed` and the like) as JSON."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from .charsets import decode
from .json_text import compact
from .json_values import InvalidJsonError, JsonObject, parse_json, to_text
from .media_types import essence
from .sniffing import sniff
from .text import clean, one_line

_MAX_PARTS = 100
_MAX_HEADER_BYTES = 8_000
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)


def read_parts(body: bytes, content_type: str) -> tuple[str, int]:
    """The parts as a JSON array, and their number: text and JSON in full, other content as size and digest."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        return "[]", 0
    parts = list(_split(body, (boundary[1] or boundary[2]).encode()))
    return f"[{','.join(_to_json(part) for part in parts)}]", len(parts)


def _split(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield the parts between boundaries (RFC 2046 §5.1.1); the last part may be truncated."""
    for piece in (b"\n" + body).split(b"\n--" + boundary)[1 : _MAX_PARTS + 1]:
        if piece.startswith(b"--"):
            return
        yield piece.partition(b"\n")[2].removesuffix(b"\r")


def _to_json(part: bytes) -> str:
    head, content = _split_headers(part)
    lines = decode(re.sub(rb"\r?\n[ \t]+", b" ", head)).splitlines()[:20]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    content_type = headers.get("content-type", "text/plain")
    described: JsonObject = {"content_type": one_line(content_type, 200)}
    described |= {
        name: one_line(headers[name], 200) for name in ("content-disposition", "content-id") if name in headers
    }
    if sniff(content, content_type)[0] != "text":
        digest = hashlib.sha256(content).hexdigest()
        return to_text({**described, "bytes": len(content), "sha256": digest})
    text = decode(content, content_type)
    try:
        parse_json(text)
    except InvalidJsonError:
        return to_text({**described, "text": clean(text)})
    name = "json" if essence(content_type).endswith("json") else "text"
    written = compact(text) if name == "json" else to_text(clean(text))
    return f"{to_text(described)[:-1]},{to_text(name)}:{written}}}"


def _split_headers(part: bytes) -> tuple[bytes, bytes]:
    if part.startswith((b"\r\n", b"\n")):
        return b"", part.partition(b"\n")[2]
    end = re.compile(rb"\r?\n\r?\n").search(part, 0, _MAX_HEADER_BYTES)
    return (part[: end.start()], part[end.end() :]) if end else (part[:_MAX_HEADER_BYTES], b"")
