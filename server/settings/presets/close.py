"""Close, a CRM: one OpenAPI document; an OAuth app's client, or an API key as the username of HTTP Basic."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from ....auth.profile import Endpoints
from ....tools.catalog.discovery import DocumentSource
from ..credentials import credential_of, new_profile
from ..model import Preset, SignIn, SystemSettings
from ..origins import safe_origin
from ..proposals import AddRequest, CredentialValues, Proposal, env, own_client
from ..table_reader import TableReader

NAME = "close"
HOST = "api.close.com"
DOMAINS = (".close.com",)


def settings(reader: TableReader) -> SystemSettings:
    """The settings of a Close system."""
    name, table = reader.name, reader.table
    reader.reject("catalog", "account", "environment", "retailer")
    site = reader.site() or f"https://{HOST}"
    reader.note("site", site, "" if table.site else "default")
    # Users sign in at another host than the API's; a stand-in is both.
    sign_in_site = site if table.site else "https://app.close.com"
    base = reader.base() or f"{site}/api/v1"
    origins = reader.origins(base)
    profile = replace(
        new_profile(name, site, origins),
        endpoints=Endpoints(
            authorization=f"{sign_in_site}/oauth2/authorize/",
            token=f"{site}/oauth2/token/",
            revocation=f"{site}/oauth2/revoke/",
        ),
        client_auth="client_secret_post",
        scopes=(),  # the app's registration decides
        whoami=f"{base}/me/",
    )
    example = 'credential = { grant = "api_key", key = { env = "CLOSE_API_KEY" } }, or your OAuth app\'s client'
    reader.require_credential(example)
    credential = credential_of(reader, profile, "basic")
    if isinstance(credential, SignIn) and credential.profile.grant == "authorization_code":
        for key, what in (("client_id", "your OAuth app's"), ("redirect_uri", "as your OAuth app has it registered")):
            if getattr(credential.profile, key) is None:
                raise reader.error(f"{key} is missing ({what}; Close: Settings, Developer)", "credential")
    preset = Preset(NAME, f"{name}: Close, a CRM; leads, contacts, opportunities, tasks and activities.")
    source = DocumentSource(document_urls=reader.documents() or (f"{site}/api/openapi.json",), base=base)
    return reader.settings(preset, site, source, origins, credential)


def addition(request: AddRequest, url: str) -> tuple[dict[str, object], Proposal]:
    """The settings that `add` proposes; the credential is the OAuth app's client if one is named, else an API key."""
    site: dict[str, object] = {} if urlsplit(url).hostname == HOST else {"site": safe_origin("its URL", url)}
    if request.client_id is None:
        key: CredentialValues = {"grant": "api_key", "key": env(request.name, "API_KEY")}
        return site, Proposal(key, "an API key from Close: Settings, Developer, API Keys")
    redirect_uri = request.redirect_uri or "http://127.0.0.1:8765/callback"
    client = own_client(replace(request, redirect_uri=redirect_uri), {})
    reason = f"your OAuth app's client; {redirect_uri} has to be one of the app's redirect URLs"
    return site, replace(client, reason=reason)
