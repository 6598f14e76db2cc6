"""Rate limits in fixed windows, and their headers."""

import time
from dataclasses import dataclass, field

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True)
class Quota:
    """At most `limit` requests under one name in a window of `seconds`."""

    name: str
    limit: int
    seconds: int


@dataclass(frozen=True)
class QuotaStatus:
    """The state of a caller's quotas after a request was counted."""

    quotas: tuple[Quota, ...]
    tightest: Quota
    remaining: int
    reset: int
    exceeded: bool

    def headers(self, now: float) -> dict[str, str]:
        """The standard headers, and the older `X-` names, whose reset is a Unix timestamp."""
        remaining = str(self.remaining)
        return {
            "RateLimit-Policy": ", ".join(f"{quota.limit};w={quota.seconds}" for quota in self.quotas),
            "RateLimit-Limit": str(self.tightest.limit),
            "RateLimit-Remaining": remaining,
            "RateLimit-Reset": str(self.reset),
            "X-RateLimit-Limit": str(self.tightest.limit),
            "X-RateLimit-Remaining": remaining,
            "X-RateLimit-Reset": str(int(now) + self.reset),
        }


@dataclass
class Counters:
    """Counts requests in fixed windows that start with the first request."""

    _windows: dict[Quota, tuple[float, int]] = field(default_factory=dict[Quota, tuple[float, int]])

    def count(self, quotas: tuple[Quota, ...], now: float) -> QuotaStatus:
        """Count a request against all quotas, unless one is exceeded."""
        spent = {quota: self._spent(quota, now) for quota in quotas}
        exceeded = any(used >= quota.limit for quota, (_, used) in spent.items())
        if not exceeded:
            spent = {quota: (opened, used + 1) for quota, (opened, used) in spent.items()}
            self._windows.update(spent)
        tightest = min(quotas, key=lambda quota: quota.limit - spent[quota][1])
        opened, used = spent[tightest]
        reset = max(1, int(opened + tightest.seconds - now + 0.999))
        return QuotaStatus(quotas, tightest, max(0, tightest.limit - used), reset, exceeded)

    def clear(self) -> None:
        """Forget all requests."""
        self._windows.clear()

    def _spent(self, quota: Quota, now: float) -> tuple[float, int]:
        opened, used = self._windows.get(quota, (now, 0))
        return (opened, used) if now < opened + quota.seconds else (now, 0)


counters = Counters()


def now() -> float:
    """The current Unix time."""
    return time.time()


def general(caller: str, minute_limit: int = 300) -> tuple[Quota, ...]:
    """The quotas of every caller."""
    return Quota(caller, minute_limit, MINUTE), Quota(caller, 10_000, DAY)


def anonymous(method: str, path: str, address: str) -> tuple[Quota, ...]:
    """The additional quotas of anonymous callers for certain endpoints."""
    if method == "POST" and path == "/oauth/register/":
        return (Quota(f"register {address}", 10, HOUR),)
    if method == "POST" and path == "/search/api/v1/search/session":
        return (Quota(f"session {address}", 30, MINUTE),)
    if method == "GET" and path == "/search/api/v1/search":
        return (Quota(f"search {address}", 60, MINUTE),)
    return ()
