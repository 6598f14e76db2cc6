"""What auth asks of its callers.

    AuthError
     ├── UserActionRequired        no good credential can be had without a person
     │    └── SignInRequired   what the person must do is sign in
     └── UnavailableError         the sign-in service does not response; nothing is lost, try again

None of them ever carries a secret.
"""

from __future__ import annotations


class AuthError(Exception):
    """`message` says what happened and at which host, `next_step` what to do about it."""

    def __init__(self, message: str, next_step: str, *, system: str, url: str) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.system = system
        self.url = url


class UserActionRequired(AuthError):
    """No good credential can be had without a person."""


class SignInRequired(UserActionRequired):
    """A person has to sign in; `scopes` are what the request at hand wants."""

    def __init__(self, message: str, next_step: str, *, system: str, url: str, scopes: tuple[str, ...] = ()) -> None:
        super().__init__(message, next_step, system=system, url=url)
        self.scopes = scopes


class UnavailableError(AuthError):
    """The sign-in service does not answer as it should; every credential is kept."""
