"""The request that uses a refresh token, and its variants for servers that reject a parameter or moved."""

from __future__ import annotations

from ..errors import AuthError
from ..oauth.discovery import same_origin
from ..oauth.rejections import Rejection
from ..oauth.tokens import Verdict
from ..records import Client, Record, Server, Tokens
from .client_setup import ClientSetup
from .token_endpoint import TokenEndpoint


class RefreshRequest:
    """Sends the refresh tokens of one profile."""

    def __init__(self, client_setup: ClientSetup, token_endpoint: TokenEndpoint) -> None:
        self._client_setup = client_setup
        self._token_endpoint = token_endpoint

    def send(self, record: Record, server: Server, client: Client, tokens: Tokens) -> tuple[Record, Verdict]:
        """The record, with the server's new metadata if it moved, and its answer."""
        verdict = self._request(record, server, client, tokens)
        if isinstance(verdict, Rejection) and verdict.is_elsewhere and (moved := self._moved(server)):
            return record.model_copy(update={"server": moved}), self._request(record, moved, client, tokens)
        return record, verdict

    def _request(self, record: Record, server: Server, client: Client, tokens: Tokens) -> Verdict:
        def send(server: Server, scope: str) -> Verdict:
            form = {"refresh_token": tokens.refresh_token or "", "scope": scope}
            return self._token_endpoint.request("refresh", server, client, form, tokens)

        # Some servers otherwise issue a token for something else. RFC 6749 §6: no more than was granted.
        scope = tokens.scope if record.asked else ""
        verdict = send(server, scope)
        if scope and _asked_too_much(verdict):
            verdict = send(server, "")
        if server.resource and _asked_too_much(verdict):
            verdict = send(server.model_copy(update={"resource": ""}), "")
        return verdict

    def _moved(self, server: Server) -> Server | None:
        """The server's current metadata, if its token endpoint moved within its origin."""
        try:
            now = self._client_setup.server(before=server).model_copy(update={"resource": server.resource})
        except AuthError:
            return None
        moved = now.token_endpoint != server.token_endpoint
        return now if moved and same_origin(now.token_endpoint, server.token_endpoint) else None


def _asked_too_much(verdict: Verdict) -> bool:
    """Whether a refresh may have been rejected for a parameter that not all servers accept."""
    too_much = ("invalid_scope", "invalid_target", "invalid_request")
    return isinstance(verdict, Rejection) and verdict.error in too_much
