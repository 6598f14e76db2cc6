"""The errors of tool calls.

ToolError
 ├── InvalidArgumentsError  nothing was sent: the arguments are not valid for the tool
 ├── UnreachableError       no response: DNS, connection, TLS, timeout
 ├── RefusedError           a rule of closient-mcp prevented the call, or rejected the response
 └── UpstreamError          the service responded with an error
"""

from __future__ import annotations

from .formats.json_values import JsonObject


class ToolError(Exception):
    """A failure that the model or the user can act on: what happened, what to do next, and the facts."""

    def __init__(self, message: str, next_step: str = "", details: JsonObject | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.details: JsonObject = details or {}


class InvalidArgumentsError(ToolError):
    """The arguments are not valid for the tool; nothing was sent."""


class UnreachableError(ToolError):
    """The service did not respond."""


class RefusedError(ToolError):
    """A rule of closient-mcp prevented the call."""


class UpstreamError(ToolError):
    """The service responded with an error; `status` is the HTTP status."""

    def __init__(self, status: int, message: str, next_step: str, details: JsonObject) -> None:
        super().__init__(message, next_step, details)
        self.status = status
