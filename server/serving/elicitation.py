"""URL elicitation: the client sends the user to a URL, in each version of the protocol."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import anyio
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from .user_channel import Action, Elicitor, InputRequired

logger = logging.getLogger(__name__)

# The version that introduced the mode `url`, and the one in which results request the input.
_FIRST, _BY_CLIENT = "2025-11-25", "2026-07-28"
_POLL = 0.1


def elicitor_for(ctx: ServerRequestContext[Any, Any], answers: types.InputResponses | None) -> Elicitor | None:
    """The elicitor for a client that supports URL elicitation; None for any other.

    `answers` are the client's answers to earlier requests.
    """
    declared = ctx.session.client_capabilities
    if declared is None or declared.elicitation is None or declared.elicitation.url is None:
        return None
    if ctx.protocol_version >= _BY_CLIENT:
        return _BetweenCalls(answers or {})
    return _DuringCall(ctx) if ctx.protocol_version >= _FIRST and ctx.session.can_send_request else None


def input_required(needed: InputRequired) -> types.InputRequiredResult:
    """The result that has the client ask the user."""
    request = types.ElicitRequest(params=types.ElicitRequestURLParams(message=needed.message, url=needed.url))
    return types.InputRequiredResult(input_requests={needed.key: request})


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
        key = f"sign-in-{hashlib.sha256(about.encode()).hexdigest()[:12]}"
        answer = self._answers.get(key)
        if isinstance(answer, types.ElicitResult):
            return answer.action
        raise InputRequired(key, message, url)

    async def finished(self) -> None:
        """Nothing to send: clients of this version call again."""
