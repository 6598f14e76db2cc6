"""From operations to tools."""

from __future__ import annotations

from collections.abc import Callable

from .json_values import JsonObject
from .operations import Operation
from .requests import IDEMPOTENT, build_request
from .results import read_response
from .sending import Response, Sender
from .tool import Result, Tool


def operation_tool(
    operation: Operation,
    sender: Sender,
    *,
    read: Callable[[Response, str], Result] = read_response,
    context: str = "",
) -> Tool:
    """The tool that calls one operation.

    `read` makes the result of a response, for systems whose errors come otherwise than by status; `context` is a
    sentence for the description, on what all calls of this system are about.
    """

    async def call(arguments: JsonObject) -> Result:
        response = await sender.send(build_request(operation, arguments))
        return read(response, operation.system)

    return Tool(
        name=operation.name,
        title=operation.title,
        description="\n".join(part for part in (operation.description, context) if part),
        input_schema=operation.input_schema,
        tier=operation.tier,
        call=call,
        system=operation.system,
        api=operation.api,
        idempotent=operation.method in IDEMPOTENT,
        scopes=operation.scopes,
        words=f"{operation.path} {' '.join(operation.tags)}",
    )
