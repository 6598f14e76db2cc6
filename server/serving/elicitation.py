"""Sending a person to a URL through their client (URL elicitation), in the way of each era of the protocol."""

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

# The revision that brought the mode `url`, and the one that leaves all asking to the client.
_FIRST, _BY_CLIENT = "2025-11-25", "2026-07-28"
_POLL = 0.1

# Agreed, which is not finished; said no; closed the question, or could not be asked.
Action: TypeAlias = Literal["accept", "decline", "cancel"]


class InputRequired(Exception):
    """The client has to ask the person, and then call again (2026-07-28): `result` says so."""

    def __init__(self, result: types.InputRequiredResult) -> None:
        super().__init__("the person has to be asked")
        self.result = result


class Asker(Protocol):
    """Asks the person of one call to go to a URL."""

    async def ask(self, message: str, url: str, about: str, over: Callable[[], bool], until: float) -> Action | None:
        """What they say; nothing where it was `over`, or too late (`until`, monotonic), before they did.

        `about` is what no other question is about; the client is not told it.

        Raises:
            InputRequired: the client asks them between this call and the next.
        """

    async def finished(self) -> None:
        """Tell the client that they have done there what they were to do."""


def asker_for(ctx: ServerRequestContext[Any, Any], answers: types.InputResponses | None) -> Asker | None:
    """The one for a client that shows URLs to people, and nothing for any other.

    `answers` are what the client brings along that was asked before.
    """
    declared = ctx.session.client_capabilities
    if declared is None or declared.elicitation is None or declared.elicitation.url is None:
        return None
    if ctx.protocol_version >= _BY_CLIENT:
        return _BetweenCalls(answers or {})
    return _DuringCall(ctx) if ctx.protocol_version >= _FIRST and ctx.session.can_send_request else None


class _DuringCall:
    """2025-11-25: the server sends a request of its own while the call waits."""

    def __init__(self, ctx: ServerRequestContext[Any, Any]) -> None:
        self._ctx = ctx
        self._id = ""

    async def ask(self, message: str, url: str, about: str, over: Callable[[], bool], until: float) -> Action | None:
        said: list[Action] = []

        async def send() -> None:
            self._id = str(uuid4())
            try:
                session = self._ctx.session
                result = await session.elicit_url(message, url, self._id, related_request_id=self._ctx.request_id)
                said.append(result.action)
            except MCPError as error:
                logger.warning("the client did not ask the person to sign in: %s", error)
                said.append("cancel")

        async with anyio.create_task_group() as group:
            group.start_soon(send)
            while not said:
                if over() or time.monotonic() > until:
                    break
                await anyio.sleep(_POLL)
            group.cancel_scope.cancel()
        return said[0] if said else None

    async def finished(self) -> None:
        if self._id:
            await self._ctx.session.send_elicit_complete(self._id, self._ctx.request_id)


class _BetweenCalls:
    """2026-07-28: the client asks, and calls again with what was said. It may say anything, so we look ourselves."""

    def __init__(self, answers: types.InputResponses) -> None:
        self._answers = answers

    async def ask(self, message: str, url: str, about: str, over: Callable[[], bool], until: float) -> Action | None:
        # What was said of another sign-in says nothing of this one.
        key = f"sign-in-{hashlib.sha256(f'{about} {url} {message}'.encode()).hexdigest()[:12]}"
        answer = self._answers.get(key)
        if isinstance(answer, types.ElicitResult):
            return answer.action
        request = types.ElicitRequest(params=types.ElicitRequestURLParams(message=message, url=url))
        raise InputRequired(types.InputRequiredResult(input_requests={key: request}))

    async def finished(self) -> None:
        """Clients of this revision call again and see."""
