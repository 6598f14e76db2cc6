"""Calling an operation: from arguments to a request, from the response to a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..calls.attachments import read_attachments
from ..calls.requests import build_request
from ..formats.json_values import JsonObject, JsonValue
from ..http.sender import Sender
from ..openapi.operation import Operation
from ..results.next_page import NextPage, find_next_page
from ..results.responses import ResponseCheck, read_response
from ..results.result import Result


async def call_operation(
    operation: Operation, arguments: JsonObject, sender: Sender, files: Sequence[Path], check: ResponseCheck | None
) -> Result:
    """Call an operation with arguments that are valid against its schema; the others are those of `operation_tool`.

    Raises:
        ToolError, UserActionRequired: the call failed.
    """

    def next_page(answer: JsonValue, headers: Mapping[str, str]) -> NextPage | None:
        return find_next_page(operation, arguments, answer, headers)

    attachments = await read_attachments(operation, arguments, files)
    response = await sender.send(build_request(operation, arguments, attachments))
    return read_response(response, operation.system, next_page, check)
