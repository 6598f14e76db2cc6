"""HTTP clients: one per system that carries its credential, and one for documents that carries none."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from pathlib import Path

import httpx2

from ..auth.api_key import ApiKeyAuth
from ..auth.bearer import BearerAuth
from ..auth.credentials import Credentials
from ..auth.profile import Profile
from ..auth.references import written
from ..auth.secrets import Redaction
from ..auth.session import Session
from ..auth.store import Store
from ..auth.wire import Wire, certificates
from ..tools.addresses import is_loopback
from .settings import ApiKey, SettingsError, SignIn, SystemSettings

_TIMEOUT = httpx2.Timeout(45.0, connect=10.0)


def client_for(system: SystemSettings, session: Session | None, redaction: Redaction) -> httpx2.AsyncClient:
    """The client for a system's API; its credential goes to the system's own origins only."""
    return _client(system, _auth(system, session, redaction))


def session_for(system: SystemSettings, home: Path, redaction: Redaction) -> Session | None:
    """The sign-in of a system that has one; nothing is read or sent yet."""
    if not isinstance(system.credential, SignIn):
        return None
    given = system.credential
    secret = given.client_secret
    profile = Profile(
        system=system.name,
        issuer=system.site,
        origins=system.origins,
        version=version("closient-mcp"),
        client_id=written(given.client_id, "CLOSIENT_CLIENT_ID") if given.client_id else None,
        client_secret=written(secret.reveal(), "CLOSIENT_CLIENT_SECRET") if secret else None,
    )
    identity = Credentials(profile, redaction).identity
    store = Store(home / "credentials", system.name, system.site, identity, redaction)
    return Session(profile, store, Wire(trust_env=not is_loopback(system.site)))


def anonymous_client(system: SystemSettings) -> httpx2.AsyncClient:
    """The client for catalogs and documents."""
    return _client(system, None)


def _auth(system: SystemSettings, session: Session | None, redaction: Redaction) -> httpx2.Auth:
    if isinstance(system.credential, ApiKey):
        given = system.credential
        reference = written(given.key.reveal(), given.source)
        return ApiKeyAuth(
            system.name, reference, place="header", name=given.header, origins=system.origins, redaction=redaction
        )
    assert session
    return BearerAuth(session)


def _client(system: SystemSettings, auth: httpx2.Auth | None) -> httpx2.AsyncClient:
    try:
        return _new_client(system, auth)
    except (ImportError, OSError, ValueError, httpx2.InvalidURL) as error:
        raise SettingsError(
            "The machine's proxy or certificate settings (HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE, SSL_CERT_DIR) "
            f"cannot be used: {error}"
        ) from error


def _new_client(system: SystemSettings, auth: httpx2.Auth | None) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        auth=auth,
        verify=certificates(),
        timeout=_TIMEOUT,
        follow_redirects=False,
        # A proxy is for the way out of this machine, not for a service on it.
        trust_env=not is_loopback(system.site),
        headers={"user-agent": f"closient-mcp/{version('closient-mcp')}"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
