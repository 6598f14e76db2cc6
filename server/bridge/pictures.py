"""The pictures of a result as data URIs, for a view that may not use the network."""

from __future__ import annotations

import base64
import logging
from collections.abc import Sequence
from dataclasses import replace

import anyio

from ...tools.formats.images import BrokenImageError, image_size
from ...tools.formats.sniffing import sniff
from ...tools.formats.urls import InvalidUrlError, resolve
from ...tools.http.fetched import FetchError
from ...tools.http.fetcher import Fetcher

logger = logging.getLogger(__name__)

# No SVG, which is a program, and no GIF, which may move.
_MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp")
_MAX_PICTURES = 24
_MAX_BYTES = 200_000
# Base64 adds a third, and hosts reject results of more than 1 MB.
_MAX_TOTAL = 600_000
_MAX_PIXELS = 2_000
# A call is not delayed noticeably; what is not here by then is not shown.
SECONDS = 1.5


async def inline_pictures(urls: Sequence[str], site: str, fetcher: Fetcher) -> dict[str, str]:
    """A data URI for each URL whose picture can be had in time, without credentials and within limits.

    Relative URLs are relative to `site`. A picture that is missing, too large, damaged or of another kind is left out.
    """
    bounded = replace(fetcher, cache=None, max_bytes=_MAX_BYTES)
    wanted = list(dict.fromkeys(urls))[:_MAX_PICTURES]
    found: dict[str, tuple[str, bytes]] = {}

    async def fetch(url: str) -> None:
        try:
            found[url] = _checked((await bounded.fetch(resolve(site, url), ", ".join(_MEDIA_TYPES))).body)
        except (FetchError, InvalidUrlError, BrokenImageError) as error:
            logger.debug("a picture is not shown: %s", error)

    with anyio.move_on_after(SECONDS):
        async with anyio.create_task_group() as group:
            for url in wanted:
                group.start_soon(fetch, url)
    return _within_total({url: found[url] for url in wanted if url in found})


def _checked(body: bytes) -> tuple[str, bytes]:
    """A picture with its media type, which is what its bytes say.

    Raises:
        BrokenImageError: it cannot be shown.
    """
    _, media_type = sniff(body, "")
    if media_type not in _MEDIA_TYPES:
        raise BrokenImageError(f"it is {media_type}")
    if max(image_size(body, media_type)) > _MAX_PIXELS:
        raise BrokenImageError(f"it has more than {_MAX_PIXELS} pixels a side")
    return media_type, body


def _within_total(pictures: dict[str, tuple[str, bytes]]) -> dict[str, str]:
    """Encode the pictures in their order, without those that would exceed the total."""
    encoded: dict[str, str] = {}
    total = 0
    for url, (media_type, body) in pictures.items():
        if total + len(body) <= _MAX_TOTAL:
            total += len(body)
            encoded[url] = f"data:{media_type};base64,{base64.b64encode(body).decode()}"
    return encoded
