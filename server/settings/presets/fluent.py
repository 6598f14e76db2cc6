"""Fluent Commerce: our own OpenAPI document, GraphQL tools, and the password grant."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from ....auth.profile import Endpoints
from ....tools.catalog.discovery import DocumentSource
from ....tools.fluent.document import DOCUMENT
from ....tools.http.sender import Sender
from ..credentials import credential_of, new_profile
from ..model import Preset, PresetTools, SettingsError, SystemSettings
from ..origins import safe_origin
from ..proposals import AddRequest, Proposal, env
from ..secret_schema import FromEnvironment
from ..table_reader import TableReader

NAME = "fluent"
DOMAINS = (".fluentretail.com",)
HOST = re.compile(r"([a-z0-9-]+)\.(sandbox\.)?api\.fluentretail\.com")
_INTEGRATION_CLIENT = "FLUENT_INTEGRATION"


def settings(reader: TableReader) -> SystemSettings:
    """The settings of a Fluent account."""
    name, table = reader.name, reader.table
    reader.reject("catalog", "description", "site")
    if table.account is None:
        raise reader.error('account is missing: the first label of your URL\'s host, such as "ACME"')
    sandbox = "" if table.environment == "production" else "sandbox."
    site = reader.base() or f"https://{table.account.lower()}.{sandbox}api.fluentretail.com"
    origins = reader.origins(site)
    reader.note("site", site, reader.source("account" if table.base is None else "base"))
    reader.require_credential(
        'credential = { grant = "password", username = ..., password = ..., client_id = ..., client_secret = ... }'
    )
    profile = replace(
        new_profile(name, site, origins),
        endpoints=Endpoints(token=f"{site}/oauth/token"),
        client_auth="client_secret_post",
        name_details=("FirstName", "LastName"),
        expected_details={"Retailer_id": str(table.retailer)} if table.retailer is not None else {},
        scopes=("retailer" if _is_integration(reader) else "api",),
    )
    introduction = (
        f"{name}: Fluent Commerce ({site}); orders, products and stock. A variant's gtin is what Closient's tools take."
    )
    preset = Preset(NAME, introduction, partial(_tools, name, site, table.account, table.retailer))
    source = DocumentSource(document_urls=(DOCUMENT.as_uri(),), base=site)
    return reader.settings(preset, site, source, origins, credential_of(reader, profile))


def _tools(name: str, base: str, account: str, retailer: int | None, sender: Sender) -> PresetTools:
    from ....tools.fluent.events import failed_event
    from ....tools.fluent.tools import Fluent

    fluent = Fluent(name, base, sender, account=account, retailer=retailer)
    return PresetTools(tools=tuple(fluent.tools()), context=fluent.context, check=failed_event)


def _is_integration(reader: TableReader) -> bool:
    """Whether the client is Fluent's own for integrations, which uses another scope."""
    client_id = getattr(reader.table.credential, "client_id", None)
    if isinstance(client_id, FromEnvironment):
        client_id = reader.sources.environ.get(client_id.env, "").strip()
    return client_id == _INTEGRATION_CLIENT


def addition(request: AddRequest, url: str) -> tuple[dict[str, object], Proposal]:
    """The settings and the credential that `add` proposes."""
    host = HOST.fullmatch(urlsplit(url).hostname or "")
    account = request.account or (host[1] if host else None)
    if account is None:
        raise SettingsError(f"{url} does not say which account: add --account")
    values: dict[str, object] = {"account": account}
    if request.base or not host:
        values["base"] = request.base or safe_origin("its URL", url)
    else:
        values["environment"] = "sandbox" if host[2] else "production"
    if request.retailer is not None:
        values["retailer"] = request.retailer
    secrets = {name: env(request.name, name.upper()) for name in ("username", "password", "client_id", "client_secret")}
    return values, Proposal({"grant": "password", **secrets}, "Fluent supports only the password grant")
