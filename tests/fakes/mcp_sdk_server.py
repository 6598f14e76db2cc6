"""An authorization server made of the MCP SDK's own routes, as remote MCP servers are: `mcp_sdk_server.py PORT`.

A redirect URI has to be the registered one, port included. Every user is alice and agrees. A refresh token is
good once, and a second use of it ends the sign-in.
"""

from __future__ import annotations

import secrets
import sys
import time

import uvicorn
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    TokenError,
    construct_redirect_uri,
)
from mcp.server.auth.routes import create_auth_routes
from mcp.server.auth.settings import ClientRegistrationOptions, RevocationOptions
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from pydantic import AnyHttpUrl
from starlette.applications import Starlette

_LIFETIME = 3600


class Memory(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    """Clients, codes and tokens, until the process ends."""

    def __init__(self) -> None:
        self._clients: dict[str, OAuthClientInformationFull] = {}
        self._codes: dict[str, AuthorizationCode] = {}
        self._good: dict[str, str] = {}  # the sign-in of each refresh token
        self._used: dict[str, str] = {}

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        return self._clients.get(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        assert client_info.client_id
        self._clients[client_info.client_id] = client_info

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        code = AuthorizationCode(
            code=secrets.token_urlsafe(24),
            scopes=params.scopes or [],
            expires_at=time.time() + 60,
            client_id=str(client.client_id),
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
        )
        self._codes[code.code] = code
        return construct_redirect_uri(str(params.redirect_uri), code=code.code, state=params.state)

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        return self._codes.get(authorization_code)

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        del self._codes[authorization_code.code]
        return self._tokens(secrets.token_hex(8), authorization_code.scopes)

    async def load_refresh_token(self, client: OAuthClientInformationFull, refresh_token: str) -> RefreshToken | None:
        if ended := self._used.get(refresh_token):
            self._good = {token: sign_in for token, sign_in in self._good.items() if sign_in != ended}
        known = refresh_token in self._good
        return RefreshToken(token=refresh_token, client_id=str(client.client_id), scopes=[]) if known else None

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        sign_in = self._good.pop(refresh_token.token, None)
        if sign_in is None:
            raise TokenError("invalid_grant")
        self._used[refresh_token.token] = sign_in
        return self._tokens(sign_in, scopes)

    async def load_access_token(self, token: str) -> AccessToken | None:
        return None

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        self._good.pop(token.token, None)

    def _tokens(self, sign_in: str, scopes: list[str]) -> OAuthToken:
        refresh_token = secrets.token_urlsafe(24)
        self._good[refresh_token] = sign_in
        return OAuthToken(
            access_token=secrets.token_urlsafe(24),
            expires_in=_LIFETIME,
            refresh_token=refresh_token,
            scope=" ".join(scopes) or None,
        )


def main(port: int) -> None:
    """Serve until the process is ended."""
    routes = create_auth_routes(
        Memory(),
        AnyHttpUrl(f"http://127.0.0.1:{port}"),
        client_registration_options=ClientRegistrationOptions(enabled=True),
        revocation_options=RevocationOptions(enabled=True),
    )
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]))
