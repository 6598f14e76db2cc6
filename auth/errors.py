"""The one thing that auth asks of its callers: that a person act."""

from __future__ import annotations


class PersonNeeded(Exception):
    """No good credential can be had without a person.

    `message` says what happened and at which host, `next_step` what the person can do, `system` and `address`
    which service it is about. Never carries a secret.
    """

    def __init__(self, message: str, next_step: str, *, system: str, address: str) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.system = system
        self.address = address
