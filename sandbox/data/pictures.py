"""The pictures of products, as PNG."""

import colorsys
import struct
import zlib

_SIZE = 160


def jar(*, hue: int) -> bytes:
    """A jar with a label, in a color of this hue (0 to 359)."""
    palette = [
        (255, 255, 255),
        *(_color(hue, lightness, saturation) for lightness, saturation in ((0.45, 0.55), (0.78, 0.5), (0.3, 0.4))),
    ]
    rows = b"".join(b"\0" + bytes(_place(x, y) for x in range(_SIZE)) for y in range(_SIZE))
    header = struct.pack(">IIBBBBB", _SIZE, _SIZE, 8, 3, 0, 0, 0)
    colors = bytes(value for color in palette for value in color)
    chunks = ((b"IHDR", header), (b"PLTE", colors), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _color(hue: int, lightness: float, saturation: float) -> tuple[int, ...]:
    return tuple(round(255 * part) for part in colorsys.hls_to_rgb(hue / 360, lightness, saturation))


def _place(x: int, y: int) -> int:
    """The color of a pixel: the background, the glass, the label or the lid."""
    if 48 <= x < 112 and 22 <= y < 40:
        return 3
    if 40 <= x < 120 and 44 <= y < 142:
        return 2 if 74 <= y < 116 else 1
    return 0
