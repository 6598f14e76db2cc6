"""The credential of somebody who signed in: a Bearer token that is always fresh (RFC 6750)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Generator

import httpx2

from .errors import SignInRequired, UserActionRequired
from .oauth.protected_resource import read_challenge
from .session.renewal import Session
from .urls import may_send_to

# What another process got a while ago may be no better than what we had; what was just issued is as good as it gets.
_RENEWALS = 2


class BearerAuth(httpx2.Auth):
    """Sends an access token where there is one, and nothing where nobody is signed in.

    Where the grant needs no person there always is one: it is fetched before the first request.

    Raises from a request: SignInRequired when the service wants a sign-in and the request lets a person be
    asked; UserActionRequired when signing in again would not help; Unavailable when a renewal fails for now.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Attach, and at a 401 renew and send once more: the server has done nothing yet."""
        if not may_send_to(request.url, self._session.profile.origins):
            yield request
            return
        session = self._session
        token = await session.token()
        _attach(request, token)
        response = yield request
        for _ in range(_RENEWALS):
            if response.status_code != 401 or token is None:
                break
            refused, token = token, await session.token(bad=token)
            if token is None:
                await asyncio.to_thread(self._cannot_be_renewed, request, refused)
            _attach(request, token)
            response = yield request
            if token is None or session.is_new(token):
                break
        if response.status_code == 401 and token:
            await asyncio.to_thread(self._note_refusal, token)
            raise self._fresh_token_refused(request)
        if token and response.status_code != 401:
            session.taken = token
        if response.status_code in (401, 403):
            header = response.headers.get("www-authenticate", "")
            # What it says goes on to the sign-in that may follow.
            session.client_setup.challenge = read_challenge(header, request.url) or session.client_setup.challenge
        may_ask = request.extensions.get("may_ask", True)
        if response.status_code == 401 and may_ask:
            raise self._sign_in_needed(request)
        if response.status_code != 403 or not may_ask or not missing_scope(response):
            return
        # The service has done nothing yet; somebody may have signed in for more elsewhere.
        if token and (newer := await session.newer(token)):
            _attach(request, newer)
            response = yield request
        if response.status_code == 403 and (scope := missing_scope(response)):
            if token is None:
                raise self._sign_in_needed(request, *scope.split())
            raise await asyncio.to_thread(self._scope_refused, request, scope)

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        """Not for threads: a renewal is waited for on the event loop."""
        raise RuntimeError("BearerAuth is for AsyncClient")
        yield request

    def _sign_in_needed(self, request: httpx2.Request, *scopes: str) -> SignInRequired:
        system, or_else = self._session.profile.system, self._session.profile.or_else
        or_else = f", {or_else}" if or_else else ""
        return SignInRequired(
            f"{request.url.host} wants you to sign in for this.",
            f"In a terminal on this machine run `closient-mcp login {system}`{or_else}.",
            system=system,
            url=self._session.profile.issuer,
            scopes=(*request.extensions.get("scopes", ()), *scopes),
        )

    def _cannot_be_renewed(self, request: httpx2.Request, token: str) -> None:
        """A sign-in that ended is told so by what follows; one that has not needs to be known for what it is.

        Raises:
            UserActionRequired: the token is new, and the next one would fare no better.
        """
        kept = self._session.store.read().tokens
        if kept is None or kept.access_token != token:
            return
        if self._session.taken == token:
            raise self._refused_here(request)
        if self._session.is_new(token):
            self._note_refusal(token)
            raise self._fresh_token_refused(request)
        self._session.refusals.for_good(token)

    def _note_refusal(self, token: str) -> None:
        self._session.refusals.of_new_token(token, self._session.obtained_at(token))

    def _refused(self, request: httpx2.Request, message: str, next_step: str) -> UserActionRequired:
        """What signing in again would not change."""
        system = self._session.profile.system
        return UserActionRequired(message, next_step, system=system, url=request.url.host)

    def _refused_here(self, request: httpx2.Request) -> UserActionRequired:
        return self._refused(
            request,
            f"{request.url.host} refuses for this the sign-in that it takes elsewhere (401).",
            "Signing in again would bring no more: your role, or your organization, may not allow it.",
        )

    def _fresh_token_refused(self, request: httpx2.Request) -> UserActionRequired:
        return self._refused(
            request,
            f"{request.url.host} refuses a token that {self._session.profile.issuer} has just issued (401).",
            "Check that both belong to the same environment (production, testing).",
        )

    def _scope_refused(self, request: httpx2.Request, scope: str) -> UserActionRequired:
        """What a missing permission comes to: a further sign-in, unless that would bring the same again."""
        profile, record = self._session.profile, self._session.store.read()
        granted = set(record.tokens.scope.split()) if record.tokens else set[str]()
        missing = [one for one in scope.split() if one not in granted]
        supported = record.server.scopes_supported if record.server else ()
        unknown = supported and any(one not in supported for one in missing)
        if profile.unattended or profile.scopes is not None or unknown:
            return self._scope_not_given(request, scope)
        if not missing:
            return self._scope_without_effect(request, scope)
        if withheld := [one for one in missing if one in record.history.withheld]:
            return self._scope_withheld(request, " ".join(withheld))
        self._session.refusals.of_scopes(scope.split())
        return self._scope_missing(request, scope)

    def _scope_without_effect(self, request: httpx2.Request, scope: str) -> UserActionRequired:
        return self._refused(
            request,
            f'{request.url.host} refuses this for want of the permission "{scope}", which the sign-in has (403).',
            "Signing in again would bring no more: your role, or your organization, may not allow it.",
        )

    def _scope_withheld(self, request: httpx2.Request, scope: str) -> UserActionRequired:
        profile = self._session.profile
        return self._refused(
            request,
            f'{request.url.host} wants the permission "{scope}" for this (403), and {profile.issuer} did not give it '
            "when it was asked for.",
            f"Have your account allowed that there; then `closient-mcp login {profile.system}` asks for it again.",
        )

    def _scope_missing(self, request: httpx2.Request, scope: str) -> SignInRequired:
        return SignInRequired(
            f'{request.url.host} wants the permission "{scope}" for this, which the sign-in does not have (403).',
            f"Sign in again to grant it: `closient-mcp login {self._session.profile.system}`.",
            system=self._session.profile.system,
            url=self._session.profile.issuer,
            scopes=tuple(scope.split()),
        )

    def _scope_not_given(self, request: httpx2.Request, scope: str) -> UserActionRequired:
        """Asking again would bring the same: what to ask for is fixed, by the settings or by the registration."""
        system = self._session.profile.system
        return self._refused(
            request,
            f'{request.url.host} wants the permission "{scope}" for this, which {system}\'s credential does not have '
            "(403).",
            "Give the application that permission where it is registered, or name it in the credential's scopes; "
            f"then `closient-mcp logout {system}` and sign in again.",
        )

    def __repr__(self) -> str:
        return f"BearerAuth({self._session.profile.system!r})"


def missing_scope(response: httpx2.Response) -> str:
    """The scope that a challenge asks for (RFC 6750 §3.1 `insufficient_scope`), or nothing.

    A service that only says where it describes itself (RFC 9728 §5.1), and names a scope, means the same.
    """
    challenge = response.headers.get("www-authenticate", "")
    error = re.search(r'\berror="?([\w-]+)', challenge)
    if (error and error[1] != "insufficient_scope") or (not error and "resource_metadata=" not in challenge):
        return ""
    found = re.search(r'scope="([\x21\x23-\x5b\x5d-\x7e ]{1,1000})"', challenge)
    return found[1] if found else ""


def _attach(request: httpx2.Request, token: str | None) -> None:
    request.headers.pop("authorization", None)
    if token:
        request.headers["authorization"] = f"Bearer {token}"
