"""Responses that are not text: returned as they are up to a size limit, and described beyond it."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote

from ..formats.images import BrokenImageError, image_size
from ..formats.text import one_line
from ..formats.urls import redact_url
from ..http.messages import Response
from .result import AudioBlock, Block, ImageBlock, ResourceBlock, Result

# Base64 adds a third, and hosts reject results of more than 1 MB.
MAX_BYTES = 700_000
MAX_PIXELS = 8_000
_EXTENDED = re.compile(r"filename\*\s*=\s*([\w-]{0,40})'[^']{0,40}'([^;\s]{1,500})", re.IGNORECASE)
_PLAIN = re.compile(r"filename\s*=\s*(?:\"((?:[^\"\\]|\\.){1,500})\"|([^;\s\"]{1,500}))", re.IGNORECASE)


def media_result(response: Response, kind: str, media_type: str, system: str, note: str) -> Result:
    """The bytes as an image, audio or a resource, with a line that describes them."""
    name, body = filename(response.headers.get("content-disposition", "")), response.body
    summary = f"{_size(response)} of {one_line(media_type, 80)}" + (f", named {name}" if name else "")
    where = f"give the user its URL: {redact_url(response.url)}"
    if response.cut or len(body) > MAX_BYTES:
        digest = "" if response.cut else f" (SHA-256 {hashlib.sha256(body).hexdigest()})"
        return Result(
            f"{summary}{digest}. This exceeds the limit of {MAX_BYTES} bytes. Request a smaller form or a part of it, "
            f"or {where}",
            note=note,
        )
    if kind == "image":
        # An image that a model cannot read makes some hosts reject the whole conversation.
        try:
            width, height = image_size(body, media_type)
        except BrokenImageError as error:
            return Result(f"{summary}. It is not shown because the image is damaged: {error}. Or {where}", note=note)
        summary += f", {width} x {height} pixels"
        if max(width, height) > MAX_PIXELS:
            return Result(
                f"{summary}. It is not shown because models read at most {MAX_PIXELS} pixels a side. "
                f"Request a smaller form, or {where}",
                note=note,
            )
    return Result(f"{summary}.", note=note, blocks=(_block(body, kind, media_type, system, name),))


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
