"""The sandbox without its rate limits, which sixteen processes at once would measure instead of themselves.

`python -m bench.roomy_sandbox` prints one line of JSON and serves until its input ends.
"""

from __future__ import annotations

import sys

from closient_mcp.sandbox.gateway import rate_limits
from closient_mcp.sandbox.serving import serve

_PLENTY = 1_000_000


def _general(caller: str, minute_limit: int = _PLENTY) -> tuple[rate_limits.Quota, ...]:
    return (rate_limits.Quota(caller, _PLENTY, rate_limits.MINUTE),)


def _anonymous(method: str, path: str, address: str) -> tuple[rate_limits.Quota, ...]:
    return ()


if __name__ == "__main__":
    rate_limits.general, rate_limits.anonymous = _general, _anonymous
    sys.exit(serve(0, as_json=True, until_eof=True))
