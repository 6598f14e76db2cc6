"""What a tool call can fail with.

ToolError
 ├── InvalidArgumentsError     nothing was sent: the arguments do not fit the tool
 ├── UnreachableError      no answer came: name, connection, TLS, time
 ├── RefusedError          nothing was sent, or the answer was not taken: one of our own rules
 └── UpstreamError    the service answered, and its answer is an error
"""

from __future__ import annotations

from .formats.json_values import JsonObject


class ToolError(Exception):
    """A call that failed in a way that the model or the person can act on.

    `message` says what happened and to what, `next_step` what to do, `details` carries the facts.
    """

    def __init__(self, message: str, next_step: str = "", details: JsonObject | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.details: JsonObject = details or {}


class InvalidArgumentsError(ToolError):
    """The arguments do not fit the tool; nothing was sent."""


class UnreachableError(ToolError):
    """No answer came from the service."""


class RefusedError(ToolError):
    """One of our own rules stood in the way."""


class UpstreamError(ToolError):
    """The service answered with an error; `status` is its HTTP status."""

    def __init__(self, status: int, message: str, next_step: str, details: JsonObject) -> None:
        super().__init__(message, next_step, details)
        self.status = status
