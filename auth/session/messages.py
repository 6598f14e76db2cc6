"""What a person is told when a sign-in does not work out: what happened, on whose side, and the one next step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ..errors import UnavailableError, UserActionRequired
from ..oauth.authorization import Failure
from ..oauth.tokens import Denied, Inconclusive
from ..profile import Profile
from ..secrets.redaction import Redaction

_LATER = ("server_error", "temporarily_unavailable")


class DeclinedError(UserActionRequired):
    """The person was asked and said no."""


class Messages:
    """Words for one system; what a server says of itself is cut, made printable, and cleared of secrets."""

    def __init__(self, profile: Profile, redaction: Redaction) -> None:
        self._profile = profile
        self._issuer = profile.issuer
        self._hide = redaction.hide

    def failure(self, what: str, next_step: str) -> UserActionRequired:
        """Something that a person has to mend."""
        return UserActionRequired(self._sentence(what), next_step, system=self._profile.system, url=self._issuer)

    def no_server(self, why: str) -> UserActionRequired:
        """The authorization server publishes nothing to go by."""
        next_step = "Name its endpoints in the credential's settings, or use an API key."
        return self.failure(f"{self._issuer} cannot be signed in to: {why}", next_step)

    def not_on_device(self, why: str) -> UserActionRequired:
        """The authorization server lets nobody sign in on another device."""
        next_step = f"Run `closient-mcp login {self._profile.system}`, which needs a browser, or use an API key."
        return self.failure(f"{self._issuer} offers no sign-in on another device: {why}", next_step)

    def unavailable(self, what: str, next_step: str = "Nothing was changed; try again.") -> UnavailableError:
        """Something that may be different in a while."""
        return UnavailableError(self._sentence(what), next_step, system=self._profile.system, url=self._issuer)

    def _sentence(self, what: str) -> str:
        text = "".join(c if c.isprintable() else " " for c in self._hide(what))[:600]
        return f"{text}." if text.startswith("http") else f"{text[:1].upper()}{text[1:]}."

    def bug(self, error: Exception) -> UserActionRequired:
        """Something that should not happen."""
        return self.failure(f"the sign-in failed inside ({type(error).__name__})", "The log has the details.")

    def no_registration_yet(self, until: float) -> UnavailableError:
        """The server wants no registrations for a while, until a time in seconds since 1970."""
        moment = datetime.fromtimestamp(until, UTC)
        return self.unavailable(
            f"{self._issuer} accepts no more registrations until {moment:%Y-%m-%d %H:%M:%S} UTC",
            "There is nothing to do but to wait; then repeat the request.",
        )

    def no_token_taken(self, number: int, seconds: float) -> UserActionRequired:
        """Tokens are renewed and refused over and over."""
        return self.failure(
            f"stopped renewing the sign-in at {self._issuer}: {number} tokens that it had just issued were refused "
            f"within {seconds:.0f} seconds",
            "Check that the service and its sign-in belong to the same environment (production, testing).",
        )

    def stopped(self, number: int, what: str, seconds: float) -> UserActionRequired:
        """The brake: something was done over and over and led to nothing."""
        return self.failure(
            f"stopped after {number} {what} within {seconds / 60:.0f} minutes, none of which held",
            f"See `closient-mcp status`; `closient-mcp login {self._profile.system}` tries once more.",
        )

    def declined(self) -> UserActionRequired:
        """The person said no, and is taken at their word."""
        return DeclinedError(
            f"You declined the request at {self._issuer}.",
            "Nothing was changed. Ask again to retry.",
            system=self._profile.system,
            url=self._issuer,
        )

    def given_up(self) -> UserActionRequired:
        """Somebody signed out while a sign-in was under way, or it failed in another process."""
        return self.failure("the sign-in was given up elsewhere, by a sign-out or an error", "Ask again to start over.")

    def timed_out(self) -> UserActionRequired:
        """Nobody came back from the browser, or entered the code."""
        return self.failure("nobody finished the sign-in in time", "Ask again to start over.")

    def refused(self, failure: Failure, scopes: Sequence[str]) -> UserActionRequired:
        """The authorization server sent the person back without a code (RFC 6749 §4.1.2.1); `scopes` were asked for."""
        if failure.error == "access_denied":
            return self.declined()
        if failure.error == "iss":
            who = failure.description[:200] or "nobody"
            return self.failure(
                f'the answer came from "{who}" and not from {self._issuer}', "It was refused for safety."
            )
        said = f": {failure.description}" if failure.description else ""
        if failure.error == "invalid_scope":
            return self.failure(
                f"{self._issuer} does not grant what was asked for ({' '.join(scopes) or 'nothing'}){said}",
                "Name the scopes that it grants in the credential's settings, or have the application allowed more.",
            )
        again = "Sign in again; if it stays so, `closient-mcp status` helps."
        next_step = "Try again later." if failure.error in _LATER else again
        return self.failure(f'{self._issuer} reported "{failure.error[:80]}"{said}', next_step)

    def no_token(self, verdict: Inconclusive, with_openid: bool) -> UserActionRequired:
        """The token endpoint said nothing to go by when it was given the code."""
        # Django OAuth Toolkit fails where a client has no algorithm to sign id_tokens with, as one that registered.
        without = " If it stays so, take openid out of the credential's scopes." if with_openid else ""
        return self.failure(f"{self._issuer} gave no token ({verdict.reason})", f"Sign in again in a while.{without}")

    def not_exchanged(self, denied: Denied, *, is_own: bool) -> UserActionRequired:
        """The token endpoint did not take the code (RFC 6749 §5.2); `is_own` says that the settings name the client."""
        said = f" ({denied.description})" if denied.description else ""
        if denied.error == "invalid_grant":
            return self.failure(
                f"{self._issuer} did not accept the code{said}: it was used before, took too long, or does not belong "
                "to this sign-in (verifier or redirect URL)",
                "Sign in again.",
            )
        if denied.error == "invalid_client":
            return self.client_rejected(said) if is_own else self.client_unknown(said)
        return self.failure(f'{self._issuer} answered "{denied.error[:80]}"{said}', "Sign in again.")

    def not_granted_on_device(self, denied: Denied, *, is_own: bool) -> UserActionRequired:
        """The sign-in on another device came to nothing (RFC 8628 §3.5)."""
        if denied.error == "access_denied":
            return self.declined()
        if denied.error == "expired_token":
            return self.timed_out()
        return self.not_exchanged(denied, is_own=is_own)

    def password_refused(self, said: str = "", *, certain: bool = True) -> UserActionRequired:
        """The user that the settings name is not taken, or may not be, and is not tried again."""
        what = "refused" if certain else "gave no token for"
        return self.failure(
            f"{self._issuer} {what} the username or the password{said}",
            "They are not tried again until they are changed, so that the account is not locked. "
            f"If they are right, `closient-mcp logout {self._profile.system}` has them tried once more.",
        )

    def no_refresh_token(self) -> str:
        """What is to be known of a sign-in that cannot be renewed."""
        return self._sentence(
            f"{self._issuer} gave no refresh token: you will have to sign in again when this sign-in ends. "
            "If the application may have the scope offline_access, that changes it"
        )

    def port_taken(self, port: int, reason: str) -> UserActionRequired:
        """The one port that the browser may come back to is not free."""
        return self.failure(
            f"port {port}, which is registered for {self._profile.system}'s client, cannot be listened on ({reason})",
            "Close the program that uses it, or register another redirect URL and set redirect_uri to it.",
        )

    def moved(self, was: str, now: str) -> UserActionRequired:
        """The server names another place for what it gave out than the one that gave it."""
        return self.failure(
            f"the sign-in service moved from {was} to {now}",
            f"If you trust {now}, run `closient-mcp login {self._profile.system}` in a terminal.",
        )

    def client_unknown(self, said: str = "") -> UserActionRequired:
        """The client that registered itself is not taken, or no longer."""
        return self.failure(
            f"{self._issuer} does not take the client that it registered{said}",
            f"Try again. If it stays so, `closient-mcp logout {self._profile.system} --forget` starts from nothing.",
        )

    def client_rejected(self, said: str = "") -> UserActionRequired:
        """The client that the settings name is not taken."""
        return self.failure(
            f"{self._issuer} rejected the client_id or client_secret{said}",
            "Check both, and that they belong to this environment (production, testing).",
        )
