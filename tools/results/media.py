"""Answers that are no text: handed on as they are, up to a size, and described beyond it."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote

from ..formats.text import one_line
from ..formats.urls import without_query
from ..http.messages import Response
from .result import AudioBlock, Block, ImageBlock, ResourceBlock, Result

# In base64 it is a third more, and hosts refuse results beyond 1 MB.
MOST_BYTES = 700_000
_EXTENDED = re.compile(r"filename\*\s*=\s*([\w-]{0,40})'[^']{0,40}'([^;\s]{1,500})", re.IGNORECASE)
_PLAIN = re.compile(r"filename\s*=\s*(?:\"((?:[^\"\\]|\\.){1,500})\"|([^;\s\"]{1,500}))", re.IGNORECASE)


def media_result(response: Response, kind: str, media_type: str, system: str, note: str) -> Result:
    """The bytes as an image, sound or a resource, and a line that says what they are."""
    name, body = filename(response.headers.get("content-disposition", "")), response.body
    told = f"{_size(response)} of {one_line(media_type, 80)}" + (f", named {name}" if name else "")
    if response.cut or len(body) > MOST_BYTES:
        digest = "" if response.cut else f" (SHA-256 {hashlib.sha256(body).hexdigest()})"
        where = without_query(response.url)
        return Result(
            f"{told}{digest}. That is more than the {MOST_BYTES} bytes that can be handed on. Ask the service for a "
            f"smaller form or for a part of it, or tell the person where it is: {where}",
            note=note,
        )
    return Result(f"{told}.", note=note, blocks=(_block(body, kind, media_type, system, name),))


def _block(body: bytes, kind: str, media_type: str, system: str, name: str) -> Block:
    if kind == "image":
        return ImageBlock(body, media_type)
    if kind == "audio":
        return AudioBlock(body, media_type)
    digest = hashlib.sha256(body).hexdigest()[:16]
    return ResourceBlock(f"closient-mcp://{system}/{digest}/{quote(name or 'content', safe='')}", body, media_type)


def _size(response: Response) -> str:
    if not response.cut:
        return f"{len(response.body)} bytes"
    length, encoded = response.headers.get("content-length", ""), "content-encoding" in response.headers
    whole = int(length) if re.fullmatch(r"\d{1,15}", length, re.ASCII) and not encoded else 0
    return f"{whole} bytes" if whole > len(response.body) else f"more than {len(response.body)} bytes"


def filename(disposition: str) -> str:
    """The name in `Content-Disposition` (RFC 6266 §4.3), without folders."""
    if extended := _EXTENDED.search(disposition[:4_000]):
        try:
            name = unquote(extended[2], encoding=extended[1] or "utf-8", errors="replace")
        except LookupError:
            name = unquote(extended[2])
    elif plain := _PLAIN.search(disposition[:4_000]):
        name = re.sub(r"\\(.)", r"\1", plain[1]) if plain[1] else plain[2]
    else:
        return ""
    return one_line(re.split(r"[/\\]", name)[-1], 120)
