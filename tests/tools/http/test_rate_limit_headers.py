from __future__ import annotations

from datetime import UTC, datetime

import pytest

from closient_mcp.tools.http.rate_limit_headers import rate_limit, seconds_to_wait

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Thu, 01 Jan 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "3"}, 3.0),
        ({"ratelimit": "limit=40, remaining=3, reset=0.87"}, 0.87),
        ({"retry-after": "1", "ratelimit": "limit=40, remaining=3, reset=0.87"}, 0.87),
        ({"retry-after": "1", "ratelimit": "limit=40; remaining=3; reset=1"}, 1.0),
        ({"retry-after": "1", "ratelimit": "limit=40, remaining=3, reset=2.5"}, 1.0),
        ({"retry-after": "30", "ratelimit": "limit=40, remaining=3, reset=0.87"}, 30.0),
        ({"retry-after": "1", "ratelimit-remaining": "0", "ratelimit-reset": "0"}, 1.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1767268890"}, 90.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1767268890500"}, 90.5),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "30"}, 30.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9", "x-ratelimit-reset-after": "8.4"}, 8.4),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-01-01T12:00:05Z"}, 5.0),
        # Its clock is ten seconds behind.
        (
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1767268890", "date": "Thu, 01 Jan 2026 11:59:50 GMT"},
            100.0,
        ),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT", "date": "Thu, 01 Jan 2026 12:00:10 GMT"}, 20.0),
        ({"x-ratelimit-reset": "1767268895"}, 95.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "5s"}, 5.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-reset-requests": "1h1.5s", "x-ratelimit-reset-tokens": "9h"}, 3601.5),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms"}, 0.02),
        ({"x-ratelimit-requests-remaining": "0", "x-ratelimit-requests-reset": "30"}, 30.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_what_the_service_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert seconds_to_wait(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ({"ratelimit-remaining": "12", "ratelimit-reset": "7"}, (12, 7.0)),
        ({"ratelimit": '"default";r=50;t=30'}, (50, 30.0)),
        ({"ratelimit": "limit=100, remaining=50, reset=5"}, (50, 5.0)),
        ({"ratelimit": "limit=100; remaining=100; reset=1"}, (100, 1.0)),
        ({"ratelimit": "limit=100,remaining=0,reset=0.87"}, (0, 0.87)),
        (
            {"ratelimit": "limit=9, remaining=0, reset=0.87", "ratelimit-remaining": "0", "ratelimit-reset": "1"},
            (0, 0.87),
        ),
        ({"ratelimit": '"burst";r=3;t=1, "daily";r=0;t=900'}, (0, 900.0)),
        ({"ratelimit": '"a";r=0;t=1, "b";r=0;t=60'}, (0, 60.0)),
        ({"ratelimit-remaining": "12", "ratelimit-reset": "0.5"}, (12, 0.5)),
        ({"ratelimit-remaining": "12"}, (12, None)),
        ({"ratelimit": "limit=100"}, (None, None)),
        ({"ratelimit": "remaining=-1, reset=x"}, (None, None)),
        ({"ratelimit": "remaining=" + "9" * 5000}, (None, None)),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1767268830"}, (0, 30.0)),
        ({"x-ratelimit-remaining": "7"}, (7, None)),
        ({"ratelimit-remaining": "١٢"}, (None, None)),
    ],
)
def test_every_rate_limit_syntax_is_supported(headers: dict[str, str], limit: tuple[int | None, float | None]) -> None:
    found = rate_limit(headers, NOW)
    assert (found.remaining, found.reset) == limit


@pytest.mark.parametrize(
    "headers",
    [
        {"ratelimit": "limit=20, remaining=3, reset=5"},
        {"ratelimit-limit": "20, 20;w=5", "ratelimit-remaining": "3", "ratelimit-reset": "5"},
        {"x-ratelimit-limit": "20", "x-ratelimit-remaining": "3"},
    ],
)
def test_the_size_of_the_limit_is_read(headers: dict[str, str]) -> None:
    assert rate_limit(headers).limit == 20
