"""What auth raises to its callers.

    AuthError
     ├── UserActionRequired     no valid credential without the user's help
     │    └── SignInRequired    the user must sign in
     └── UnavailableError       the authorization server or the store does not answer; nothing is lost, try again

None of them contains a secret.
"""

from __future__ import annotations


class AuthError(Exception):
    """`message` says what failed and at which host, `next_step` what to do."""

    def __init__(self, message: str, next_step: str, *, system: str, url: str) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.system = system
        self.url = url

    def quote(self, sentence: str) -> None:
        """Append the message of the service."""
        if sentence:
            self.message = f'{self.message} It says: "{sentence}"'
            self.args = (self.message,)


class UserActionRequired(AuthError):
    """There is no valid credential without the user's help."""


class SignInRequired(UserActionRequired):
    """The user must sign in; `scopes` are those that the request needs."""

    def __init__(self, message: str, next_step: str, *, system: str, url: str, scopes: tuple[str, ...] = ()) -> None:
        super().__init__(message, next_step, system=system, url=url)
        self.scopes = scopes


class UnavailableError(AuthError):
    """The authorization server, or the store of the sign-ins, does not answer as it should; no credential is lost."""
