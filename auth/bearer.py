"""The credential of a signed-in user: a Bearer token that is renewed when necessary (RFC 6750)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator

import httpx2

from .errors import SignInRequired, UserActionRequired
from .oauth.http import shown_scopes
from .oauth.protected_resource import Challenge, read_challenge
from .oauth.rejections import Meaning, classify, read_sentence
from .session.renewal import Session
from .urls import may_send_to

# A token that another process got a while ago may be rejected too; a just-issued token is not renewed again.
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
            if (
                token is None
                or _meaning(response) is not Meaning.SIGN_IN_INVALID
                or (renewals and session.current.is_new(token))
            ):
                break
            renewed_token = await session.token(rejected_token=token)
            if renewed_token is None and (error := await asyncio.to_thread(self._unrenewable, response, token)):
                raise await self._quoting(error, response)
            token = renewed_token
            response = yield _with_token(request, token)
        meaning = _meaning(response)
        if token and meaning is not Meaning.SIGN_IN_INVALID:
            session.accepted_token = token
        if meaning and (error := await asyncio.to_thread(self._error, response, meaning, token)):
            raise await self._quoting(error, response)

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        """Unsupported: tokens are renewed in a thread that the event loop waits for."""
        raise RuntimeError("BearerAuth is for AsyncClient")
        yield request

    async def _quoting(self, error: UserActionRequired, response: httpx2.Response) -> UserActionRequired:
        """The error, with the service's own sentence."""
        hide = self._session.store.redaction.hide
        error.quote(_challenge(response, hide).description or await read_sentence(response, hide))
        return error

    def _unrenewable(self, response: httpx2.Response, token: str) -> UserActionRequired | None:
        """Why a rejected token was not renewed, unless the sign-in is over."""
        stored, host, status = self._session.store.read().tokens, response.url.host, response.status_code
        if stored is None or stored.access_token != token:
            return None
        not_renewed = stored.refresh_token and self._session.renewal_failure
        if self._session.accepted_token == token and not not_renewed:
            message = f"{host} accepted your sign-in elsewhere but rejected it for this operation ({status})."
            return self._user_action_required(response, message, _NOT_ALLOWED)
        if self._session.current.is_new(token) and not not_renewed:
            return self._rejected(response, token)
        self._session.mark_expired(token)
        return None

    def _error(self, response: httpx2.Response, meaning: Meaning, token: str | None) -> UserActionRequired | None:
        challenge = _challenge(response)
        if challenge.metadata_url:
            self._session.client_setup.challenge = challenge  # for the sign-in that may follow
        if meaning is Meaning.SIGN_IN_INVALID and token:
            return self._rejected(response, token)
        if not response.request.extensions.get("may_ask", True):
            return None
        if meaning is Meaning.NOT_PERMITTED and not challenge.scope:
            return self._not_permitted(response) if token else None
        explain = self._scope_error if token else self._sign_in_required
        return explain(response, challenge.scope)

    def _rejected(self, response: httpx2.Response, token: str) -> UserActionRequired:
        """The error for a token that was just issued: it may lack a scope."""
        scope, record = _challenge(response).scope, self._session.store.read()
        if not set(scope.split()) <= set(record.tokens.scope.split() if record.tokens else ()):
            return self._scope_error(response, scope)
        self._session.record_rejection(token)
        host, issuer = response.url.host, self._session.profile.issuer
        message = f"{host} rejected a token that {issuer} has just issued ({response.status_code})."
        next_step = (
            f"{self._differences()} Check that both belong to the same environment (production, testing).".strip()
        )
        return self._user_action_required(response, message, next_step)

    def _not_permitted(self, response: httpx2.Response) -> UserActionRequired | None:
        """The error for a 403 whose reason may be that the sign-in differs from the settings."""
        differences = self._differences()
        message = f"{response.url.host} did not permit this ({response.status_code})."
        return self._user_action_required(response, message, differences) if differences else None

    def _differences(self) -> str:
        tokens = self._session.store.read().tokens
        return self._session.profile.differences(tokens.details) if tokens else ""

    def _scope_error(self, response: httpx2.Response, scope: str) -> UserActionRequired:
        """The error for a missing scope: another sign-in is required, unless it would grant the same scopes."""
        profile, record = self._session.profile, self._session.store.read()
        steps = self._session.messages.next_steps
        host, status, system = response.url.host, response.status_code, profile.system
        granted, shown = set(record.tokens.scope.split() if record.tokens else ()), shown_scopes(scope.split())
        missing = [name for name in scope.split() if name not in granted]
        supported = record.server.scopes_supported if record.server else ()
        unknown = supported and any(name not in supported for name in missing)
        if profile.unattended or profile.scopes is not None or unknown:
            return self._user_action_required(
                response,
                f'{host} requires the scope "{shown}" for this, which {system}\'s credential does not have ({status}).',
                "Grant the application that scope where it is registered, or add it to the credential's scopes; "
                f"then {steps.to_sign_out}, and after that {steps.to_sign_in}.",
            )
        if not missing:
            message = f'{host} rejected this for lack of the scope "{shown}", which your sign-in has ({status}).'
            return self._user_action_required(response, message, _NOT_ALLOWED)
        # Callers decide at each link that they are shown whether to open it.
        refused = () if profile.per_caller else record.history.withheld
        if withheld := shown_scopes([name for name in missing if name in refused]):
            return self._user_action_required(
                response,
                f'{host} requires the scope "{withheld}" for this ({status}), and {profile.issuer} did not grant it '
                "when it was requested.",
                f"Ask for your account to be granted that scope; then `closient-mcp login {system}` requests it again.",
            )
        self._session.change_history(lambda history: history.with_missed(scope.split()))
        return SignInRequired(
            f'{host} requires the scope "{shown}" for this, which your sign-in does not have ({status}).',
            f"To grant it, {steps.to_sign_in} and sign in again.",
            system=system,
            url=profile.issuer,
            scopes=tuple(scope.split()),
        )

    def _sign_in_required(self, response: httpx2.Response, scope: str) -> SignInRequired:
        profile, ended = self._session.profile, self._session.renewal_failure
        ended = f" {profile.issuer} did not renew the last sign-in: {ended}." if ended else ""
        return SignInRequired(
            f"{response.url.host} requires you to sign in for this.{ended}",
            self._session.messages.next_steps.if_sign_in_is_required,
            system=profile.system,
            url=profile.issuer,
            scopes=tuple(dict.fromkeys((*response.request.extensions.get("scopes", ()), *scope.split()))),
        )

    def _user_action_required(self, response: httpx2.Response, message: str, next_step: str) -> UserActionRequired:
        return UserActionRequired(message, next_step, system=self._session.profile.system, url=response.url.host)

    def __repr__(self) -> str:
        return f"BearerAuth({self._session.profile.system!r})"


def _with_token(request: httpx2.Request, token: str | None) -> httpx2.Request:
    request.headers.pop("authorization", None)
    if token:
        request.headers["authorization"] = f"Bearer {token}"
    return request


def _challenge(response: httpx2.Response, hide: Callable[[str], str] = str) -> Challenge:
    return read_challenge(hide(response.headers.get("www-authenticate", "")), response.request.url)


def _meaning(response: httpx2.Response) -> Meaning | None:
    """What a response means for the sign-in, None if nothing."""
    if response.status_code not in (401, 403):
        return None
    return classify("api", response.status_code, _challenge(response).error)
