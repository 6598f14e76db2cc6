"""Calls a tool for a client or a command, signing the user in if that is needed; every failure becomes an error result.

Knows the form of MCP's results and nothing of its SDK, which takes longer to import than most calls take.
"""

from __future__ import annotations

import base64
import logging

import anyio

from ...auth.errors import AuthError, SignInRequired
from ...tools.errors import ToolError
from ...tools.formats.json_values import JsonObject, to_text
from ...tools.formats.suggestions import did_you_mean
from ...tools.http.messages import MAY_HAVE_SUCCEEDED
from ...tools.results.result import AudioBlock, Block, ImageBlock, ResourceBlock, Result
from ...tools.toolset.tool import Tool
from ..bridge.composition import Bridge
from ..bridge.tool_table import ToolTable
from ..process.logs import log_name
from .user_channel import InputRequired, UserChannel

logger = logging.getLogger(__name__)

# Hosts time out a call after 60 seconds, some of them without a setting for it.
_CALL_SECONDS = 55.0


def unknown_tool(tools: ToolTable, name: str) -> str:
    """The error message for a name that none of the tools has."""
    return f"Unknown tool: {name[:80]}{did_you_mean(name, [tool.name for tool in tools.all()], most=3)}"


async def call_tool(bridge: Bridge, tool: Tool, arguments: JsonObject, channel: UserChannel) -> JsonObject:
    """Call a tool and return its `CallToolResult`, as JSON; every failure becomes an error result, without secrets.

    Raises:
        InputRequired: the client has to ask the user first.
    """
    try:
        with anyio.fail_after(_CALL_SECONDS):
            result = await _call_signed_in(bridge, tool, arguments, channel)
    except InputRequired:
        raise
    except ToolError as error:
        return _failure(bridge, error.message, error.next_step, error.details)
    except AuthError as error:
        return _failure(bridge, error.message, error.next_step, {"system": error.system, "site": error.url})
    except TimeoutError:
        next_step = "Try again." if tool.tier == "read" else MAY_HAVE_SUCCEEDED
        return _failure(bridge, f"{tool.name} took longer than {_CALL_SECONDS:.0f} seconds.", next_step, {})
    except Exception as error:
        logger.exception("internal error in %s", tool.name)
        message = f"Internal error in closient-mcp ({type(error).__name__}); your call was fine."
        return _failure(bridge, message, f"Details are in its log ({log_name()}).", {})
    return _success(result)


async def _call_signed_in(bridge: Bridge, tool: Tool, arguments: JsonObject, channel: UserChannel) -> Result:
    """Call a tool; if that requires a sign-in, sign in and call again: what the service rejected is safe to repeat."""
    try:
        return await bridge.calls.call(tool, arguments)
    except SignInRequired as needed:
        from .sign_in import sign_in

        if unfinished := await sign_in(bridge, needed, channel):
            raise unfinished from None
    return await bridge.calls.call(tool, arguments)


def _success(result: Result) -> JsonObject:
    texts = [_text(result.text)] if result.text else []
    notes = [_text(result.note)] if result.note else []
    found: JsonObject = {"content": [*texts, *map(_content, result.blocks), *notes], "isError": False}
    return found if result.structured is None else {**found, "structuredContent": result.structured}


def _text(text: str) -> JsonObject:
    return {"type": "text", "text": text}


def _content(block: Block) -> JsonObject:
    data = base64.b64encode(block.data).decode()
    match block:
        case ImageBlock():
            return {"type": "image", "data": data, "mimeType": block.media_type}
        case AudioBlock():
            return {"type": "audio", "data": data, "mimeType": block.media_type}
        case ResourceBlock():
            return {"type": "resource", "resource": {"uri": block.uri, "mimeType": block.media_type, "blob": data}}


def _failure(bridge: Bridge, message: str, next_step: str, details: JsonObject) -> JsonObject:
    lines = [f"{message} {next_step}".strip()]
    if details:
        lines.append(to_text(details))
    text = bridge.calls.redaction.hide("\n".join(lines))
    return {"content": [_text(text)], "isError": True}
