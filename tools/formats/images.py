"""The size of PNG, JPEG, GIF and WebP images, and whether they are complete."""

from __future__ import annotations

import struct
import zlib

# The frame headers of JPEG (ITU-T T.81 table B.1), without DHT, JPG and DAC.
_JPEG_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = {0x01, *range(0xD0, 0xD9)}


class BrokenImageError(ValueError):
    """The image is damaged or incomplete; the message says how."""


def image_size(data: bytes, media_type: str) -> tuple[int, int]:
    """Width and height in pixels.

    Checks what tells a whole file from a damaged one without decoding it: structure, end and, in PNG, checksums.

    Raises:
        BrokenImageError: hosts and models would reject the image.
    """
    readers = {"image/png": _png, "image/jpeg": _jpeg, "image/gif": _gif, "image/webp": _webp}
    try:
        width, height = readers[media_type](data)
    except (struct.error, IndexError):
        raise BrokenImageError("it ends too early") from None
    if not width or not height:
        raise BrokenImageError("it has no size")
    return width, height


def _png(data: bytes) -> tuple[int, int]:
    """Read a PNG image (ISO/IEC 15948 §5)."""
    at, size, pixels = 8, (0, 0), False
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
        is_critical = kind[:1].isupper()  # decoders skip damaged chunks of other kinds
        if is_critical and zlib.crc32(content, zlib.crc32(kind)) != checksum:
            raise BrokenImageError("a checksum is wrong")
        if kind == b"IHDR":
            size = struct.unpack_from(">II", content)
        pixels = pixels or kind == b"IDAT"
        if kind == b"IEND":
            break
        at += 12 + length
    if not pixels:
        raise BrokenImageError("it has no pixels")
    return size


def _jpeg(data: bytes) -> tuple[int, int]:
    """Read a JPEG image (ITU-T T.81 annex B)."""
    at, size = 2, (0, 0)
    while True:
        if data[at] != 0xFF:
            raise BrokenImageError("a marker is missing")
        marker = data[at + 1]
        if marker == 0xFF or marker in _JPEG_ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            size = width, height
        if marker == 0xDA:
            break
        at += 2 + max(length, 2)
    if data.find(b"\xff\xd9", at) < 0:
        raise BrokenImageError("it ends too early")
    return size


def _gif(data: bytes) -> tuple[int, int]:
    if not data.rstrip(b"\0").endswith(b";"):
        raise BrokenImageError("it ends too early")
    return struct.unpack_from("<HH", data, 6)


def _webp(data: bytes) -> tuple[int, int]:
    """Read a WebP image (RFC 9649 §2)."""
    (length,) = struct.unpack_from("<I", data, 4)
    if len(data) < length + 8:
        raise BrokenImageError("it ends too early")
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind != b"VP8 " or data[23:26] != b"\x9d\x01\x2a":
        raise BrokenImageError("it has no pixels")
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF
