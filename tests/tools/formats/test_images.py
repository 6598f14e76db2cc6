from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.formats.images import BrokenImageError, image_size

from ...fakes.images import GIF, JPEG, WEBP, WEBP_EXTENDED, WEBP_LOSSLESS, png

IMAGES = [
    (png(4, 5), "image/png", (4, 5)),
    (JPEG, "image/jpeg", (3, 2)),
    (GIF, "image/gif", (1, 1)),
    (WEBP, "image/webp", (1, 1)),
    (WEBP_LOSSLESS, "image/webp", (1, 1)),
    (WEBP_EXTENDED, "image/webp", (10, 20)),
]


@pytest.mark.parametrize(("data", "media_type", "size"), IMAGES)
def test_the_size_of_an_image_is_read(data: bytes, media_type: str, size: tuple[int, int]) -> None:
    assert image_size(data, media_type) == size


@pytest.mark.parametrize(("data", "media_type", "size"), IMAGES)
def test_an_image_that_ends_too_early_is_broken(data: bytes, media_type: str, size: tuple[int, int]) -> None:
    for length in range(4, len(data)):
        with pytest.raises(BrokenImageError):
            image_size(data[:length], media_type)


@pytest.mark.parametrize(
    ("data", "media_type", "reason"),
    [
        (png().replace(b"IDAT\x78", b"IDAT\x79"), "image/png", "a checksum is wrong"),
        (png(0, 3), "image/png", "it has no size"),
        (JPEG.replace(b"\xff\xff\xc0", b"\x00\xff\xc0"), "image/jpeg", "a marker is missing"),
        (WEBP.replace(b"\x9d\x01\x2a", b"\0\0\0"), "image/webp", "it has no pixels"),
    ],
)
def test_what_is_wrong_with_a_damaged_image_is_named(data: bytes, media_type: str, reason: str) -> None:
    with pytest.raises(BrokenImageError, match=reason):
        image_size(data, media_type)


@given(st.binary(max_size=60), st.sampled_from(IMAGES))
def test_no_bytes_break_the_reading(data: bytes, image: tuple[bytes, str, tuple[int, int]]) -> None:
    with contextlib.suppress(BrokenImageError):
        image_size(image[0][:20] + data, image[1])
