"""From operations to tools."""

from __future__ import annotations

from collections.abc import Mapping

from .json_values import JsonObject, JsonValue
from .more import how_to_get_more
from .operations import Operation
from .requests import IDEMPOTENT, build_request
from .results import read_response
from .sending import Sender
from .tool import Result, Tool


def operation_tool(operation: Operation, sender: Sender, *, context: str = "") -> Tool:
    """The tool that calls one operation; `context` is a sentence on what all calls of its system are about."""

    async def call(arguments: JsonObject) -> Result:
        def more(answer: JsonValue, headers: Mapping[str, str]) -> str:
            return how_to_get_more(operation, arguments, answer, headers)

        response = await sender.send(build_request(operation, arguments))
        return read_response(response, operation.system, more)

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
        abridged=True,
        words=f"{operation.path} {' '.join(operation.tags)}",
    )
