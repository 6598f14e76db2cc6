from __future__ import annotations

from datetime import UTC, datetime

import pytest

from closient_mcp.tools.pacing import Pace, limit_of, seconds_to_wait

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
        ({"ratelimit": "limit=100"}, (None, None)),
        ({"ratelimit-remaining": "١٢"}, (None, None)),
    ],
)
def test_both_syntaxes_of_the_limit_are_read(headers: dict[str, str], limit: tuple[int | None, float | None]) -> None:
    assert limit_of(headers) == limit


def test_when_nothing_is_left_the_next_request_waits_until_there_is() -> None:
    now = 100.0
    pace = Pace(clock=lambda: now)
    pace.note({"ratelimit-remaining": "0", "ratelimit-reset": "4"})
    assert pace.delay() == 4.0
    pace.note({"ratelimit-remaining": "5", "ratelimit-reset": "4"})
    assert pace.delay() == 0.0
