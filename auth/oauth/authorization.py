"""The authorization request and its response (RFC 6749 §4.1, RFC 7636, RFC 9207). Pure functions."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import httpx2

from ..records import Client, Pending, Server
from .http import cleaned

LIFETIME = 600.0
_LISTS = ("prompt", "scope")
# RFC 6749 §3.1: no parameter of a response more than once. Of others, nothing depends on which one counts.
_ONCE = ("code", "state", "iss", "error")


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """A code to exchange, or an error: the server's (RFC 6749 §4.1.2.1), or our own.

    Ours are `iss`, `no_state`, `no_code`, and `repeated`, whose description is a parameter that was sent repeatedly.
    """

    error: str = ""
    description: str = ""
    code: str = field(default="", repr=False)


def begin(
    server: Server,
    client: Client,
    redirect_uri: str,
    scopes: tuple[str, ...],
    now: float,
    *,
    pkce: bool = True,
    resource: str | None = None,
) -> Pending:
    """A new authorization request with fresh state, verifier and nonce.

    `resource` is where the token will be used (RFC 8707 §2.1).
    """
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # pyright: ignore[reportUnknownVariableType]

    state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    verifier = secrets.token_urlsafe(64) if pkce else ""
    parameters = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
    }
    if verifier:
        challenge: str = create_s256_code_challenge(verifier)  # type: ignore[no-untyped-call]
        parameters |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    if target := resource or server.resource:
        parameters["resource"] = target
    if "offline_access" in scopes:
        # OpenID Connect Core §11: servers silently ignore the scope unless consent is requested.
        parameters["prompt"] = "consent"
    if scopes:
        parameters["scope"] = " ".join(scopes)
    if "openid" in scopes:
        parameters["nonce"] = nonce
    return Pending(
        state=state,
        verifier=verifier,
        nonce=nonce,
        redirect_uri=redirect_uri,
        url=_with_parameters(server.authorization_endpoint, parameters),
        scopes=scopes,
        expires_at=now + LIFETIME,
        server=server,
        client=client,
    )


def _with_parameters(endpoint: str, parameters: Mapping[str, str]) -> str:
    """The endpoint with these parameters, each once (RFC 6749 §3.1); lists of the endpoint's own query are joined."""
    parts, ours, kept = urlsplit(endpoint), dict(parameters), list[str]()
    for pair in filter(None, parts.query.split("&")):
        name, _, value = pair.partition("=")
        name = unquote_plus(name)
        if name in _LISTS and name in ours:
            ours[name] = " ".join(dict.fromkeys((*unquote_plus(value).split(), *ours[name].split())))
        elif name not in ours:
            kept.append(pair)
    return parts._replace(query="&".join((*kept, urlencode(ours)))).geturl()


def rejects_resource(error: str, server: Server) -> bool:
    """Whether an error may mean that the server accepts no `resource`, which it was sent unasked (RFC 8707 §2)."""
    return bool(server.resource) and error in ("invalid_target", "invalid_request")


def without_resource(pending: Pending) -> Pending:
    """The same request without `resource`."""
    url, server = httpx2.URL(pending.url), pending.server.model_copy(update={"resource": ""})
    bare = str(url.copy_remove_param("resource"))
    return pending.model_copy(update={"url": bare, "server": server})


def read_callback(query: str, pending: Pending) -> AuthorizationResponse | None:
    """Read the query of a redirect; None with another state: it belongs to an old tab or is forged."""
    server = pending.server
    try:
        given = parse_qs(query, max_num_fields=50)
    except ValueError:
        return None
    values = {name: texts[0] for name, texts in given.items()}
    if "state" not in values and not values.keys().isdisjoint(("code", "error")):
        error_texts = (values.get("error", ""), values.get("error_description", ""))
        return AuthorizationResponse("no_state", cleaned(": ".join(filter(None, error_texts))))
    # Pasted text may have half of a surrogate pair.
    states = [state.encode(errors="replace") for state in given.get("state", [])]
    if not any(hmac.compare_digest(state, pending.state.encode()) for state in states):
        return None
    if name := next((name for name in _ONCE if len(given.get(name, ())) > 1), ""):
        return AuthorizationResponse("repeated", name)
    issuer, error = values.get("iss"), values.get("error")
    # RFC 9207 §2.4: a wrong issuer is always fatal, a missing one if the server promised to send it. Some servers
    # omit it from errors, which contain nothing that could be misused.
    known = (None, server.issuer, *server.aliases)
    if issuer not in known or (issuer is None and server.iss_in_response and not error):
        return AuthorizationResponse("iss", cleaned(issuer or ""))
    if error:
        return AuthorizationResponse(cleaned(error), cleaned(values.get("error_description", "")))
    return AuthorizationResponse(code=values["code"]) if values.get("code") else AuthorizationResponse("no_code")


def query_of_pasted(text: str) -> str:
    """The query of a pasted URL, which has to have a state, without quotes around it, spaces and line breaks."""
    try:
        query = urlsplit("".join(text.split()).strip("'\"<>`")).query
    except ValueError:
        return ""
    return query if "state=" in query else ""
