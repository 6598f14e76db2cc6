"""An HTTP client without MCP: `python -m bench.direct_client URL`; a line with a number makes so many requests.

Each line is answered with the median seconds of a request.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time

import httpx2


async def _main(url: str) -> None:
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        for line in sys.stdin:
            took: list[float] = []
            for _ in range(int(line)):
                began = time.perf_counter()
                (await client.get(url)).raise_for_status()
                took.append(time.perf_counter() - began)
            print(statistics.median(took), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
