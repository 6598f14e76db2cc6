"""One line in the log, and one measurement, for each call: who called what, how it ended, and never with what."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Any

import anyio
from mcp import types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from opentelemetry.metrics import get_meter

from ...tools.formats.json_values import as_object, as_text
from ..bridge.composition import Bridge
from ..bridge.tool_table import ToolTable
from .callers import name_of, tools_for

logger = logging.getLogger(__name__)

_LONGEST_NAME = 80


class Audit:
    """Middleware that records each call of a tool."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        logger.setLevel(logging.INFO)  # whatever the level of the log
        # As the OpenTelemetry conventions for MCP name it; without an SDK of theirs, it goes nowhere.
        self._duration = get_meter("closient-mcp").create_histogram("mcp.server.operation.duration", unit="s")

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Pass on a request; if it is a call, record it."""
        if ctx.method != "tools/call":
            return await call_next(ctx)
        start, outcome = time.monotonic(), "refused"
        try:
            result = await call_next(ctx)
            outcome = _outcome_of(result)
            return result
        except anyio.get_cancelled_exc_class():
            outcome = "cancelled"
            raise
        finally:
            self._record(ctx, outcome, time.monotonic() - start)

    def _record(self, ctx: ServerRequestContext[Any, Any], outcome: str, seconds: float) -> None:
        name, tier = _called(tools_for(self._bridge, ctx), ctx.params or {})
        shown = name or f"unknown tool {as_text((ctx.params or {}).get('name'))[:_LONGEST_NAME]}"
        caller = name_of(self._bridge, ctx) or "anonymous"
        quoted = json.dumps(caller), json.dumps(shown)  # a line stays a line
        logger.info("call caller=%s tool=%s tier=%s outcome=%s seconds=%.3f", *quoted, tier or "-", outcome, seconds)
        attributes = {"mcp.method.name": "tools/call", "gen_ai.tool.name": name or "unknown"}
        self._duration.record(seconds, attributes if outcome == "success" else {**attributes, "error.type": outcome})


def _called(tools: ToolTable, params: Mapping[str, Any]) -> tuple[str, str]:
    """The name and tier of the tool; for a tool that calls operations, those of the operation that it called."""
    tool = tools.find(as_text(params.get("name")))
    if tool in tools.finders:
        tool = tools.operations.get(as_text(as_object(params.get("arguments")).get("name"))) or tool
    return (tool.name, tool.tier) if tool else ("", "")


def _outcome_of(result: HandlerResult) -> str:
    match result:
        case types.InputRequiredResult() | {"resultType": "input_required"}:
            return "input_required"
        case types.CallToolResult(is_error=True) | {"isError": True}:
            return "error"
        case _:
            return "success"
