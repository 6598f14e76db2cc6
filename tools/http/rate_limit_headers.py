"""Reads rate limits from the headers of responses, in all common forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import product

_NUMBER = r"(\d{1,15}(?:\.\d{1,9})?)"
# `limit=100, remaining=50, reset=5`, with commas or semicolons, and `"policy";r=50;t=5` in later drafts.
_ITEM = re.compile(rf"(?:^|[;,])\s*(limit|remaining|reset|r|t)\s*=\s*{_NUMBER}\s*(?=$|[;,])", re.ASCII)
_PREFIXES = ("ratelimit-", "x-ratelimit-", "x-rate-limit-", "x-ratelimit-requests-")
# Where requests and tokens are limited apart, only the limit of requests says when the next may be sent.
_SUFFIXES = ("", "-requests")
# `1h`, `6m0s`, `1.5s`, `20ms`
_DURATION = re.compile(
    r"(?=\d)(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?", re.ASCII
)
# Larger resets are times: seconds or milliseconds since 1970.
_SMALLEST_TIME = 1e9
_SMALLEST_MILLISECONDS = 1e12


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit as a response states it: requests per window, those left, and the seconds until the window ends."""

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None


def rate_limit(headers: Mapping[str, str], now: datetime | None = None) -> RateLimit:
    """The rate limit; the header `RateLimit` is preferred, as it is more exact, then `RateLimit-*`, `X-*`."""
    limits = [_limit(policy) for policy in _policies(headers["ratelimit"])] if "ratelimit" in headers else []
    known = [(limit.remaining, limit) for limit in limits if limit.remaining is not None]
    if known:
        # Of several policies, the most restrictive.
        return min(known, key=lambda pair: (pair[0], -(pair[1].reset or 0)))[1]
    for prefix, suffix in product(_PREFIXES, _SUFFIXES):
        if not any(name.startswith(prefix) for name in headers):
            continue
        remaining = _number(headers.get(f"{prefix}remaining{suffix}", ""))
        after = _number(headers.get(f"{prefix}reset-after{suffix}", ""))
        reset = after if after is not None else _seconds(headers.get(f"{prefix}reset{suffix}", ""), headers, now)
        if remaining is not None or reset is not None:
            limit = _number(re.split("[,;]", headers.get(f"{prefix}limit{suffix}", ""))[0])
            return RateLimit(_whole(limit), _whole(remaining), reset)
    return RateLimit()


def seconds_to_wait(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The seconds in `retry-after-ms` or `Retry-After` (RFC 9110 §10.2.3), else until the limit resets.

    If `Retry-After` is the reset rounded up, the more exact reset is returned.
    """
    if (milliseconds := _number(headers.get("retry-after-ms", ""))) is not None:
        return milliseconds / 1_000
    reset = rate_limit(headers, now).reset
    if not (value := headers.get("retry-after", "").strip()):
        return reset
    seconds = _seconds(value, headers, now)
    if seconds is not None and reset is not None and seconds - 1 < reset <= seconds:
        return reset
    return seconds


def _seconds(value: str, headers: Mapping[str, str], now: datetime | None) -> float | None:
    """The seconds until a moment: a number of seconds, a duration, a time since 1970, an HTTP or ISO 8601 date.

    A time is compared with the service's own clock, if it states its `Date`.
    """
    number = _number(value)
    if number is not None and number < _SMALLEST_TIME:
        return number
    if duration := _DURATION.fullmatch(value.strip()):
        hours, minutes, seconds, milliseconds = (float(part or 0) for part in duration.groups())
        return hours * 3_600 + minutes * 60 + seconds + milliseconds / 1_000
    moment = _date(value)
    if number is not None:
        moment = datetime.fromtimestamp(number / (1_000 if number >= _SMALLEST_MILLISECONDS else 1), UTC)
    if moment is None:
        return None
    clock = _date(headers.get("date", "")) or now or datetime.now(UTC)
    return max(0.0, (moment - clock).total_seconds())


def _date(value: str) -> datetime | None:
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            date = parse(value.strip())
        except (ValueError, OverflowError):
            continue
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    return None


def _policies(value: str) -> list[str]:
    # Commas separate named policies, or the items of a single unnamed one.
    return re.split(r",\s*(?=\")", value) if value.lstrip().startswith('"') else [value]


def _limit(policy: str) -> RateLimit:
    items = {name: float(number) for name, number in _ITEM.findall(policy)}
    remaining = items.get("remaining", items.get("r"))
    return RateLimit(_whole(items.get("limit")), _whole(remaining), items.get("reset", items.get("t")))


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _number(value: str) -> float | None:
    return float(value) if re.fullmatch(_NUMBER, value.strip(), re.ASCII) else None
