"""URL elicitation: the client sends the user to a URL, in each version of the protocol."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeAlias
from uuid import uuid4

import anyio
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

logger = logging.getLogger(__name__)

# The version that introduced the mode `url`, and the one in which results request the input.
_FIRST, _BY_CLIENT = "2025-11-25", "2026-07-28"
_POLL = 0.1

# "accept" means agreed, not finished; "cancel" dismissed, or could not be asked.
Action: TypeAlias = Literal["accept", "decline", "cancel"]


class InputRequired(Exception):
    """The client has to ask the user, and then call again with the answer (2026-07-28)."""

    def __init__(self, result: types.InputRequiredResult) -> None:
        super().__init__("input from the user is required")
        self.result = result


class Asker(Protocol):
    """Asks the user to open a URL, for one call."""

    async def ask(self, message: str, url: str, about: str, over: Callable[[], bool], until: float) -> Action | None:
        """The user's answer; None if it is `over`, or `until` (monotonic) has passed, before there is one.

        `about` identifies the question; it is not sent.

        Raises:
            InputRequired: the client asks between this call and the next.
        """

    async def finished(self) -> None:
        """Notify the client that the user has finished."""


def asker_for(ctx: ServerRequestContext[Any, Any], answers: types.InputResponses | None) -> Asker | None:
    """The asker for a client that supports URL elicitation; None for any other.

    `answers` are the client's answers to earlier requests.
    """
    declared = ctx.session.client_capabilities
    if declared is None or declared.elicitation is None or declared.elicitation.url is None:
        return None
    if ctx.protocol_version >= _BY_CLIENT:
        return _BetweenCalls(answers or {})
    return _DuringCall(ctx) if ctx.protocol_version >= _FIRST and ctx.session.can_send_request else None


class _DuringCall:
    """2025-11-25: the server sends a request while the call waits."""

    def __init__(self, ctx: ServerRequestContext[Any, Any]) -> None:
        self._ctx = ctx
        self._id = ""

    async def ask(self, message: str, url: str, about: str, over: Callable[[], bool], until: float) -> Action | None:
        answers: list[Action] = []

        async def send() -> None:
            self._id = str(uuid4())
            try:
                session = self._ctx.session
                result = await session.elicit_url(message, url, self._id, related_request_id=self._ctx.request_id)
                answers.append(result.action)
            except MCPError as error:
                logger.warning("the client did not ask the user to sign in: %s", error)
                answers.append("cancel")

        async with anyio.create_task_group() as group:
            group.start_soon(send)
            while not answers:
                if over() or time.monotonic() > until:
                    break
                await anyio.sleep(_POLL)
            group.cancel_scope.cancel()
        return answers[0] if answers else None

    async def finished(self) -> None:
        if self._id:
            await self._ctx.session.send_elicit_complete(self._id, self._ctx.request_id)


class _BetweenCalls:
    """2026-07-28: the client asks, and calls again with the answer. The answer is not trusted: we check the sign-in."""

    def __init__(self, answers: types.InputResponses) -> None:
        self._answers = answers

    async def ask(self, message: str, url: str, about: str, over: Callable[[], bool], until: float) -> Action | None:
        # An answer about another sign-in must not count for this one.
        key = f"sign-in-{hashlib.sha256(f'{about} {url} {message}'.encode()).hexdigest()[:12]}"
        answer = self._answers.get(key)
        if isinstance(answer, types.ElicitResult):
            return answer.action
        request = types.ElicitRequest(params=types.ElicitRequestURLParams(message=message, url=url))
        raise InputRequired(types.InputRequiredResult(input_requests={key: request}))

    async def finished(self) -> None:
        """Nothing to send: clients of this version call again."""
