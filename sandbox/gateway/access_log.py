"""A log of requests without secrets, for tests and for debugging."""

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

entries: deque[dict[str, Any]] = deque(maxlen=5_000)


def write(
    now: float,
    method: str,
    path: str,
    status: int | None,
    client: str | None = None,
    scopes: Iterable[str] | None = None,
) -> None:
    """Record one request; a status of None means that the connection was dropped."""
    entries.append(
        {
            "time": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
            "method": method,
            "path": path,
            "status": status,
            "client": client,
            "scopes": None if scopes is None else sorted(scopes),
        }
    )
