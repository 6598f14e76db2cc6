"""Errors of a sign-in, worded for the user: what failed, why, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ..errors import AuthError, UnavailableError, UserActionRequired
from ..history import REJECTIONS, Limit
from ..oauth.authorization import AuthorizationResponse
from ..oauth.http import shown_scopes
from ..oauth.rejections import Meaning, Rejection, classify
from ..profile import Profile
from ..records import Tokens
from ..secrets.redaction import Redaction
from .next_steps import next_steps


class DeclinedError(UserActionRequired):
    """The user declined, or the server did for them, with a `reason`."""

    reason = ""


class Messages:
    """Errors of one system; text from a server is shortened, made printable, and redacted."""

    def __init__(self, profile: Profile, redaction: Redaction) -> None:
        self.next_steps = next_steps(profile)
        self._profile = profile
        self._issuer = profile.issuer
        self._redact = redaction.hide

    def failure(self, what: str, next_step: str) -> UserActionRequired:
        """The user must act."""
        return UserActionRequired(self._sentence(what), next_step, system=self._profile.system, url=self._issuer)

    def unavailable(self, what: str, next_step: str = "Nothing was changed; try again.") -> UnavailableError:
        """Trying again later may help."""
        return UnavailableError(self._sentence(what), next_step, system=self._profile.system, url=self._issuer)

    def _sentence(self, what: str) -> str:
        text = "".join(c if c.isprintable() else " " for c in self._redact(what))[:600]
        return f"{text}." if text.startswith("http") else f"{text[:1].upper()}{text[1:]}."

    def no_server(self, reason: str) -> UserActionRequired:
        """The authorization server has no usable metadata."""
        next_step = "Set its endpoints in the credential's settings, or use an API key."
        return self.failure(f"cannot sign in at {self._issuer}: {reason}", next_step)

    def no_device_flow(self, reason: str) -> UserActionRequired:
        """The authorization server does not support the device flow."""
        what = f"cannot sign in at {self._issuer} on another device: {reason}"
        return self.failure(what, self.next_steps.if_no_device_flow)

    def no_response(self, error: Exception) -> UnavailableError:
        """The authorization server did not respond."""
        return self.unavailable(f"{self._issuer} did not respond ({error})")

    def bug(self, error: Exception) -> UserActionRequired:
        """Our own error."""
        return self.failure(f"internal error during the sign-in ({type(error).__name__})", "Details are in the log.")

    def no_registration_yet(self, until: float) -> UnavailableError:
        """The server accepts no registrations until a time in seconds since 1970."""
        time = datetime.fromtimestamp(until, UTC)
        return self.unavailable(
            f"{self._issuer} accepts no more registrations until {time:%Y-%m-%d %H:%M:%S} UTC",
            "Wait until then and repeat the request.",
        )

    def tokens_rejected(self) -> UserActionRequired:
        """Services reject one new token after the other."""
        return self.failure(
            f"stopped renewing the sign-in at {self._issuer}: {REJECTIONS.most} tokens that it had just issued were "
            f"rejected within {REJECTIONS.seconds:.0f} seconds",
            "Check that the service and its authorization server belong to the same environment (production, testing).",
        )

    def stopped(self, limit: Limit) -> UserActionRequired:
        """Something was repeated without success."""
        what = "registrations" if limit.events == "registrations" else "sign-ins"
        return self.failure(
            f"gave up: {limit.most} {what} in {limit.seconds / 60:.0f} minutes, and none stayed valid",
            self.next_steps.if_nothing_stayed_valid,
        )

    def declined(self, reason: str = "") -> UserActionRequired:
        """The user declined, or the server refused, with a reason of its own."""
        what, next_step = (
            f"You declined the request at {self._issuer}",
            "Nothing was changed. Repeat the request to try again.",
        )
        if reason:
            what = f'{self._issuer} refused the request: "{reason}"'
            next_step = "Ask an administrator of the service to permit it, unless you declined it yourself."
        error = DeclinedError(self._sentence(what), next_step, system=self._profile.system, url=self._issuer)
        error.reason = reason
        return error

    def another_user(self, user: str, before: str) -> UserActionRequired:
        """A sign-in for more scopes was answered by another account, or for another organization."""
        answered = f"as {user}" if user and user != before else "with another account or for another organization"
        return self.failure(
            f"you signed in at {self._issuer} {answered}, while {before or 'another account'} is signed in",
            f"Nothing was changed. To switch, {self.next_steps.to_sign_out} first.",
        )

    def cancelled(self) -> UserActionRequired:
        """The user signed out meanwhile, or the sign-in failed in another process."""
        return self.failure(
            "the sign-in was cancelled by a sign-out or an error elsewhere, or started again there",
            "Repeat the request to try again.",
        )

    def timed_out(self) -> UserActionRequired:
        """The user did not finish the sign-in."""
        return self.failure("the sign-in was not finished in time", "Repeat the request to try again.")

    def no_code(self, response: AuthorizationResponse, scopes: Sequence[str]) -> AuthError:
        """The authorization server returned an error (RFC 6749 §4.1.2.1) to a request for these scopes."""
        if response.error == "iss":
            issuer = response.description[:200] or "an unnamed issuer"
            return self.failure(
                f'the response came from "{issuer}" and not from {self._issuer}', "It was rejected; sign in again."
            )
        if response.error in ("no_state", "repeated"):
            given = f' "{response.description}"' if response.description else ""
            fault = f"{given} without state (RFC 6749 §4.1.2)"
            if response.error == "repeated":
                fault = f" with more than one {response.description} (RFC 6749 §3.1)"
            return self.failure(
                f"{self._issuer} returned its response{fault}, so that the sign-in cannot be finished safely",
                "Report this to the service, or use an API key.",
            )
        meaning = classify("authorization", 302, response.error, response.description)
        rejection = Rejection(meaning, response.error, response.description)
        return self.rejected(rejection, scopes)

    def rejected(self, rejection: Rejection, scopes: Sequence[str]) -> AuthError:
        """The authorization server rejected a request for tokens, for a code, or for one on another device."""
        meaning, error, unattended = rejection.meaning, rejection.error, self._profile.unattended
        if meaning is Meaning.LATER:
            # Some servers fail if a client that registered itself has no algorithm to sign id_tokens with.
            hint = " If the error persists, set the credential's scopes, without openid." if "openid" in scopes else ""
            next_step = "Try again later." if unattended else f"Sign in again later.{hint}"
            return self.unavailable(f"{self._issuer} issued no token: {rejection.reason}", next_step)
        if meaning is Meaning.DECLINED:
            return self.declined()
        if meaning is Meaning.CLIENT_INVALID:
            return self.client_rejected(rejection.detail)
        if error == "expired_token":
            return self.timed_out()
        if meaning is Meaning.NOT_PERMITTED:
            return self.declined(rejection.description or error)
        if meaning is Meaning.SIGN_IN_INVALID:
            return self.failure(
                f"{self._issuer} rejected the code{rejection.detail}: it was used before, expired, or does not belong "
                "to this sign-in (verifier or redirect URI)",
                "Sign in again.",
            )
        if error == "invalid_scope" and scopes:
            return self.failure(
                f"{self._issuer} does not grant the requested scopes{rejection.detail}: {shown_scopes(scopes)}",
                "Set scopes that it grants in the credential's settings, or have the application granted more.",
            )
        return self.failure(
            f"{self._issuer} issued no token: {rejection.reason}",
            "Check the grant, the scopes and the client in the credential's settings."
            if unattended
            else "Sign in again. If the error persists, run `closient-mcp status`.",
        )

    def password_rejected(self, detail: str = "", certain: bool = True) -> UserActionRequired:
        """The server rejects the username or the password, or may do so."""
        what = "rejected" if certain else "issued no token for"
        return self.failure(
            f"{self._issuer} {what} the username or the password{detail}",
            "They are not sent again until they change, so that the account is not locked. "
            f"If they are right, run `closient-mcp logout {self._profile.system}` to try them once more.",
        )

    def no_refresh_token(self, tokens: Tokens) -> str:
        """The warning that a user's sign-in cannot be renewed, empty if it can."""
        if tokens.refresh_token or self._profile.unattended:
            return ""
        return self._sentence(
            f"{self._issuer} issued no refresh token: you have to sign in again when this sign-in expires. "
            "Granting the application the offline_access scope may fix this"
        )

    def port_taken(self, port: int, reason: str) -> UserActionRequired:
        """The port of the configured redirect URI is not free."""
        return self.failure(
            f"cannot listen on port {port}, which is registered for {self._profile.system}'s client ({reason})",
            "Close the program that uses it, or register another redirect URI and set redirect_uri to it.",
        )

    def terminal_needed(self, redirect_uri: str) -> UserActionRequired:
        """The response goes to a page from which it does not come back to this machine."""
        return self.failure(
            f"{self._issuer} requires a sign-in, which ends at {redirect_uri}",
            f"Run `closient-mcp login {self._profile.system}` in a terminal, and paste the URL of that page there.",
        )

    def moved(self, old: str, new: str) -> UserActionRequired:
        """The token endpoint's origin changed."""
        return self.failure(
            f"the authorization server moved from {old} to {new}",
            f"If you trust {new}, {self.next_steps.to_sign_in_again}.",
        )

    def client_rejected(self, detail: str) -> UserActionRequired:
        """The server rejects the client that the settings name, or that it registered."""
        if not self._profile.registers:
            return self.failure(
                f"{self._issuer} rejected the client_id or client_secret{detail}",
                "Check both, and that they belong to this environment (production, testing).",
            )
        return self.failure(
            f"{self._issuer} rejected a client that it had itself registered{detail}",
            f"Try again. If the error persists, {self.next_steps.to_forget_client}.",
        )
