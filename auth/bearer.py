"""The credential of a signed-in user: a Bearer token that is renewed when necessary (RFC 6750)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator

import httpx2

from .errors import SignInRequired, UserActionRequired
from .oauth.protected_resource import Challenge, read_challenge
from .session.renewal import Session
from .urls import may_send_to

# A token that another process got a while ago may be rejected too; one that was just issued is as good as it gets.
_RENEWALS = 2
_NOT_ALLOWED = "Signing in again would not help: your role or your organization may not allow it."


class BearerAuth(httpx2.Auth):
    """Sends an access token, or nothing if no one is signed in and the grant needs a user.

    Requests raise SignInRequired if the service requires a sign-in and the request allows asking the user,
    UserActionRequired if signing in again would not help, UnavailableError if the token cannot be renewed now.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Attach the token; after a 401 renew it and repeat the request, which the service has not executed."""
        session = self._session
        if not may_send_to(request.url, session.profile.origins):
            yield request
            return
        token = await session.token()
        response = yield _with_token(request, token)
        for renewals in range(_RENEWALS):
            if response.status_code != 401 or token is None or (renewals and session.is_new(token)):
                break
            token = await self._renew(request, token)
            response = yield _with_token(request, token)
        if token:
            await self._note_result(request, response, token)
        if response.status_code not in (401, 403):
            return
        challenge = read_challenge(response.headers.get("www-authenticate", ""), request.url)
        if challenge.metadata_url:
            session.client_setup.challenge = challenge  # for the sign-in that may follow
        if not request.extensions.get("may_ask", True):
            return
        # The service has not executed the request; another process may have signed in for more scopes.
        if response.status_code == 403 and challenge.scope and token and (newer := await session.newer(token)):
            response = yield _with_token(request, newer)
            challenge = read_challenge(response.headers.get("www-authenticate", ""), request.url)
        if error := await asyncio.to_thread(self._error, request, response, challenge, token):
            raise error

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        """Unsupported: tokens are renewed in a thread that the event loop waits for."""
        raise RuntimeError("BearerAuth is for AsyncClient")
        yield request

    async def _renew(self, request: httpx2.Request, rejected: str) -> str | None:
        token = await self._session.token(bad=rejected)
        if token is None:
            await asyncio.to_thread(self._check_renewable, request, rejected)
        return token

    async def _note_result(self, request: httpx2.Request, response: httpx2.Response, token: str) -> None:
        if response.status_code != 401:
            self._session.accepted_token = token
            return
        await asyncio.to_thread(self._session.note_rejection, token)
        raise self._new_token_rejected(request)

    def _error(
        self, request: httpx2.Request, response: httpx2.Response, challenge: Challenge, token: str | None
    ) -> UserActionRequired | None:
        if response.status_code == 401 and token is None:
            return self._sign_in_required(request)
        if response.status_code != 403 or not challenge.scope:
            return None
        if token is None:
            return self._sign_in_required(request, *challenge.scope.split())
        return self._scope_error(request, challenge.scope)

    def _check_renewable(self, request: httpx2.Request, token: str) -> None:
        """Find out why a rejected token was not renewed.

        Raises:
            UserActionRequired: the token is new or accepted elsewhere, so another one would be rejected too.
        """
        stored = self._session.store.read().tokens
        if stored is None or stored.access_token != token:
            return
        if self._session.accepted_token == token:
            raise self._user_action_required(
                request,
                f"{request.url.host} accepted your sign-in elsewhere but rejected it for this operation (401).",
                _NOT_ALLOWED,
            )
        if self._session.is_new(token):
            self._session.note_rejection(token)
            raise self._new_token_rejected(request)
        self._session.remember(lambda history: history.with_dead(token))

    def _scope_error(self, request: httpx2.Request, scope: str) -> UserActionRequired:
        """The error for a missing scope: another sign-in is required, unless it would grant the same scopes."""
        profile, record = self._session.profile, self._session.store.read()
        host, system = request.url.host, profile.system
        granted = set(record.tokens.scope.split()) if record.tokens else set[str]()
        missing = [name for name in scope.split() if name not in granted]
        supported = record.server.scopes_supported if record.server else ()
        unknown = supported and any(name not in supported for name in missing)
        if profile.unattended or profile.scopes is not None or unknown:
            return self._user_action_required(
                request,
                f'{host} requires the scope "{scope}" for this, which {system}\'s credential does not have (403).',
                "Grant the application that scope where it is registered, or add it to the credential's scopes; "
                f"then run `closient-mcp logout {system}` and sign in again.",
            )
        if not missing:
            message = f'{host} rejected this for lack of the scope "{scope}", which your sign-in has (403).'
            return self._user_action_required(request, message, _NOT_ALLOWED)
        if withheld := " ".join(name for name in missing if name in record.history.withheld):
            return self._user_action_required(
                request,
                f'{host} requires the scope "{withheld}" for this (403), and {profile.issuer} did not grant it '
                "when it was requested.",
                f"Ask for your account to be granted that scope; then `closient-mcp login {system}` requests it again.",
            )
        self._session.remember(lambda history: history.with_missed(scope.split()))
        return SignInRequired(
            f'{host} requires the scope "{scope}" for this, which your sign-in does not have (403).',
            f"Sign in again to grant it: `closient-mcp login {system}`.",
            system=system,
            url=profile.issuer,
            scopes=tuple(scope.split()),
        )

    def _sign_in_required(self, request: httpx2.Request, *scopes: str) -> SignInRequired:
        profile = self._session.profile
        or_else = f", {profile.or_else}" if profile.or_else else ""
        return SignInRequired(
            f"{request.url.host} requires you to sign in for this.",
            f"In a terminal on this machine, run `closient-mcp login {profile.system}`{or_else}.",
            system=profile.system,
            url=profile.issuer,
            scopes=(*request.extensions.get("scopes", ()), *scopes),
        )

    def _new_token_rejected(self, request: httpx2.Request) -> UserActionRequired:
        return self._user_action_required(
            request,
            f"{request.url.host} rejected a token that {self._session.profile.issuer} has just issued (401).",
            "Check that both belong to the same environment (production, testing).",
        )

    def _user_action_required(self, request: httpx2.Request, message: str, next_step: str) -> UserActionRequired:
        return UserActionRequired(message, next_step, system=self._session.profile.system, url=request.url.host)

    def __repr__(self) -> str:
        return f"BearerAuth({self._session.profile.system!r})"


def _with_token(request: httpx2.Request, token: str | None) -> httpx2.Request:
    request.headers.pop("authorization", None)
    if token:
        request.headers["authorization"] = f"Bearer {token}"
    return request
