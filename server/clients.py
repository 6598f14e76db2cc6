"""HTTP clients: one per system that carries its credential, and one for documents that carries none."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version

import httpx2

from ..auth.api_key import ApiKeyAuth, NoCredential
from ..auth.secrets import Redaction
from ..tools.addresses import is_loopback
from .settings import SystemSettings

_TIMEOUT = httpx2.Timeout(45.0, connect=10.0)


def client_for(system: SystemSettings, redaction: Redaction) -> httpx2.AsyncClient:
    """The client for a system's API; its credential goes to the system's own origins only."""
    return _client(system, _auth(system, redaction))


def anonymous_client(system: SystemSettings) -> httpx2.AsyncClient:
    """The client for catalogs and documents."""
    return _client(system, None)


def _auth(system: SystemSettings, redaction: Redaction) -> httpx2.Auth:
    if system.credential is None:
        return NoCredential(
            system.name,
            "Set CLOSIENT_API_KEY in the host's entry for this server (a key is made in Closient under Settings, "
            "API Keys), then restart the host.",
        )
    redaction.add(system.credential.key)
    return ApiKeyAuth(system.name, system.credential.key, header=system.credential.header, origins=system.origins)


def _client(system: SystemSettings, auth: httpx2.Auth | None) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        auth=auth,
        timeout=_TIMEOUT,
        follow_redirects=False,
        # A proxy is for the way out of this machine, not for a service on it.
        trust_env=not is_loopback(system.site),
        headers={"user-agent": f"closient-mcp/{version('closient-mcp')}"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
