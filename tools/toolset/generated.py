"""Making tools of operations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..formats.json_values import JsonObject, as_object
from ..formats.text import clean
from ..http.messages import IDEMPOTENT
from ..http.sender import Sender
from ..openapi.operation import Operation
from ..results.result import Result
from ..schema.argument_errors import BODY
from ..schema.file_schemas import allow_paths
from .tool import Tool

if TYPE_CHECKING:
    from ..results.responses import ResponseCheck


def operation_tool(
    operation: Operation,
    sender: Sender,
    *,
    context: str = "",
    files: Sequence[Path] = (),
    check: ResponseCheck | None = None,
) -> Tool:
    """The tool that calls an operation.

    `context` is a sentence that the descriptions of all tools of the system end with, `files` are the folders from
    which files may be sent, `check` finds errors that have a status of success.
    """

    async def call(arguments: JsonObject) -> Result:
        from .operation_call import call_operation  # and with it all that makes requests and reads responses

        return await call_operation(operation, arguments, sender, files, check)

    return Tool(
        name=operation.name,
        title=operation.title,
        description="\n".join(part for part in (operation.description, context) if part),
        input_schema=_schema(operation, files),
        tier=operation.tier,
        call=call,
        system=operation.system,
        api=operation.api,
        idempotent=operation.method in IDEMPOTENT,
        scopes=operation.scopes,
        abridged=True,
        method=operation.method,
        path=clean(operation.path),
        operation_id=operation.operation_id,
        tags=operation.tags,
        answer=operation.answer,
        errors=operation.errors,
    )


def _schema(operation: Operation, files: Sequence[Path]) -> JsonObject:
    schema = operation.input_schema
    if not files or operation.body is None or not operation.body.takes_files:
        return schema
    properties = as_object(schema["properties"])
    return {**schema, "properties": {**properties, BODY: allow_paths(as_object(properties[BODY]))}}
