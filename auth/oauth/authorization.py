"""The authorization request and the answer to it (RFC 6749 §4.1, RFC 7636, RFC 9207). Functions of their inputs."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from ..records import Client, Pending, Server

LIFETIME = 600.0


@dataclass(frozen=True, slots=True)
class Code:
    """The person agreed: the code to exchange."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """The sign-in ended without a code: `error` is the server's (RFC 6749 §4.1.2.1), or `iss` where it is ours."""

    error: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Stale:
    """Not the answer that is waited for: an old tab, or somebody else's guess. The waiting goes on."""


def begin(
    server: Server,
    client: Client,
    redirect_uri: str,
    scopes: tuple[str, ...],
    now: float,
    *,
    exactly: bool = False,
    pkce: bool = True,
    resource: str | None = None,
) -> Pending:
    """A new authorization request: fresh state, verifier and nonce, and the URL to send the person to.

    `exactly` asks for no scope besides these; `resource` is where the token is to be used (RFC 8707 §2.1).
    """
    from authlib.common.urls import add_params_to_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # pyright: ignore[reportUnknownVariableType]

    state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    verifier = secrets.token_urlsafe(64) if pkce else ""
    wanted = list(dict.fromkeys(scopes))
    parameters: list[tuple[str, str]] = [
        ("response_type", "code"),
        ("client_id", client.client_id),
        ("redirect_uri", redirect_uri),
        ("state", state),
    ]
    if verifier:
        challenge: str = create_s256_code_challenge(verifier)  # type: ignore[no-untyped-call]
        parameters += [("code_challenge", challenge), ("code_challenge_method", "S256")]
    if resource:
        parameters.append(("resource", resource))
    if "offline_access" in server.scopes_supported and not exactly and "offline_access" not in wanted:
        wanted.append("offline_access")
    if "offline_access" in wanted:
        # OpenID Connect Core §11: without consent asked for anew, servers drop the scope in silence.
        parameters.append(("prompt", "consent"))
    if wanted:
        parameters.append(("scope", " ".join(wanted)))
    if "openid" in wanted:
        parameters.append(("nonce", nonce))
    return Pending(
        state=state,
        verifier=verifier,
        nonce=nonce,
        redirect_uri=redirect_uri,
        url=add_params_to_uri(server.authorization_endpoint, parameters),
        scopes=tuple(wanted),
        expires_at=now + LIFETIME,
        server=server,
        client=client,
    )


def read_callback(query: str, pending: Pending) -> Code | Failure | Stale:
    """What the query of a callback says; only one with our state says anything at all."""
    server = pending.server
    try:
        values = {name: found[0] for name, found in parse_qs(query, max_num_fields=50).items()}
    except ValueError:
        return Stale()
    if not hmac.compare_digest(values.get("state", "").encode(), pending.state.encode()):
        return Stale()
    issuer, error = values.get("iss"), values.get("error")
    # RFC 9207 §2.4: a wrong issuer is always fatal, a missing one where the server promised it. Real servers
    # leave it out of errors, which carry nothing that could be misused.
    known = (None, server.issuer, *server.aliases)
    if issuer not in known or (issuer is None and server.iss_in_response and not error):
        return Failure("iss", issuer or "")
    if error:
        return Failure(error, values.get("error_description", "")[:300])
    return Code(values["code"]) if values.get("code") else Failure("no_code")


def query_of_pasted(text: str) -> str:
    """The query of a redirected URL as a person pastes it, with blanks and line breaks around and in it."""
    try:
        return urlsplit("".join(text.split())).query
    except ValueError:
        return ""
