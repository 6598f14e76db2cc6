"""HTTP clients: for each system one with its credential, and one for documents without."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from ...auth.api_key import ApiKeyAuth
from ...auth.bearer import BearerAuth
from ...auth.oauth.http import HttpClient, certificates
from ...auth.secrets.redaction import Redaction
from ...auth.session.credentials import Credentials
from ...auth.session.renewal import Session
from ...auth.store.backend import Records
from ...auth.store.record_store import Store
from ...auth.urls import keep_queries_out_of_logs
from ...tools.formats.urls import is_loopback_url
from ..settings.model import ApiKey, SettingsError, SignIn, SystemSettings
from ..settings.version import VERSION

_TIMEOUT = httpx2.Timeout(45.0, connect=10.0)


def client_for(system: SystemSettings, session: Session | None, redaction: Redaction) -> httpx2.AsyncClient:
    """The client for a system's API; sends the credential to the system's origins only."""
    return _client(system.site, _auth(system, session, redaction))


def session_for(
    system: SystemSettings, credential: SignIn, records: Records, redaction: Redaction, caller: str, name: str
) -> Session:
    """The session of a system that uses OAuth, for all calls or those of one caller; nothing is read or sent yet."""
    store = store_for(system, credential, records, redaction, caller, name)
    return Session(credential.profile, store, HttpClient(trust_env=not is_loopback_url(system.site)))


def store_for(
    system: SystemSettings, credential: SignIn, records: Records, redaction: Redaction, caller: str, name: str = ""
) -> Store:
    """The store of a session; the `name` of the `caller` is to be shown."""
    identity = Credentials(credential.profile, redaction).identity
    return Store(records, system.name, system.site, identity, redaction, caller, name)


def anonymous_client(site: str) -> httpx2.AsyncClient:
    """The client for a system's catalogs and documents."""
    return _client(site, None)


def _auth(system: SystemSettings, session: Session | None, redaction: Redaction) -> httpx2.Auth | None:
    key = system.credential
    if isinstance(key, ApiKey):
        return ApiKeyAuth(
            system.name,
            key.key,
            location=key.location,
            name=key.name,
            origins=system.origins,
            redaction=redaction,
            hints=key.hints,
        )
    return BearerAuth(session) if session else None


def _client(site: str, auth: httpx2.Auth | None) -> httpx2.AsyncClient:
    keep_queries_out_of_logs()
    try:
        return httpx2.AsyncClient(
            auth=auth,
            verify=certificates(),
            timeout=_TIMEOUT,
            follow_redirects=False,
            # No proxy for services on this machine.
            trust_env=not is_loopback_url(site),
            headers={"user-agent": f"closient-mcp/{VERSION}"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )
    except (ImportError, OSError, ValueError, httpx2.InvalidURL) as error:
        raise SettingsError(
            "The machine's proxy or certificate settings (HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE, SSL_CERT_DIR) "
            f"cannot be used: {error}"
        ) from error
