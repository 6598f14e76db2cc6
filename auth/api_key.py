"""A key that goes along with each request, to the system's own origins only."""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator

import httpx2

from .errors import PersonNeeded
from .origins import belongs
from .secrets import Secret

_CLOSIENT_KEY = re.compile(r"(csb|csu|cpk)_([A-Za-z0-9]+)_([0-9a-f]{8})")


class ApiKeyAuth(httpx2.Auth):
    """Sends an API key in a header.

    Raises from a request: PersonNeeded, when the service answers 401 to the key. A key is never retried.
    """

    def __init__(self, system: str, key: Secret, *, header: str, origins: frozenset[str]) -> None:
        self._system = system
        self._key = key
        self._header = header
        self._origins = origins

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Attach the key where it belongs, and put a refusal into words."""
        if not belongs(request.url, self._origins):
            yield request
            return
        request.headers[self._header] = self._key.reveal()
        response = yield request
        if response.status_code == 401:
            raise self._refused(request.url.host)

    def _refused(self, host: str) -> PersonNeeded:
        fault = key_fault(self._key.reveal()) if self._header.lower() == "x-api-key" else ""
        which = f" ending in …{self._key.ending}" if self._key.ending else ""
        return PersonNeeded(
            f"{host} did not accept the API key{which} (401)." + (f" {fault}" if fault else ""),
            "Check that it was copied whole, belongs to this environment (production, testing) and was not "
            "revoked; a new one is made in Closient under Settings, API Keys."
            if self._system == "closient"
            else "Check that it was copied whole, belongs to this environment and was not revoked.",
            system=self._system,
            address=host,
        )

    def __repr__(self) -> str:
        return f"ApiKeyAuth({self._system!r}, header={self._header!r})"


def key_fault(key: str) -> str:
    """What is visibly wrong with a Closient API key (`csb_<body>_<crc32 of the body>`), or nothing."""
    if not key.startswith(("csb_", "csu_", "cpk_")) or key.count("_") != 2:
        return "A Closient key has the form csb_<body>_<checksum>, with two underscores; this one has not."
    match = _CLOSIENT_KEY.fullmatch(key)
    if match is None:
        return "A Closient key ends in a checksum of eight hexadecimal digits; this one does not."
    if f"{zlib.crc32(match[2].encode()):08x}" != match[3]:
        return "Its checksum does not match its body: it was mistyped or cut."
    return ""
