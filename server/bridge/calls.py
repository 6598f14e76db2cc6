"""Calling a tool: validate the arguments, redact secrets from the result, limit its length."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial

from ...auth.secrets.redaction import Redaction
from ...tools.formats.json_values import JsonObject
from ...tools.results.result import Result
from ...tools.results.structured import structured_object
from ...tools.schema.validation import ArgumentChecker
from ...tools.toolset.kept_results import KeptResults
from ...tools.toolset.tool import Tool

_LONG = 100_000


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls tools; `kept_results` holds the results that were too long to return whole."""

    redaction: Redaction
    kept_results: KeptResults
    checker: ArgumentChecker = field(default_factory=ArgumentChecker)

    async def call(self, tool: Tool, arguments: JsonObject) -> Result:
        """Call a tool.

        Raises:
            ToolError, UserActionRequired: the call failed; the message is for the caller.
        """
        result = await tool.call(self.checker.check(tool.name, tool.input_schema, arguments))
        # Redact before shortening: a secret where the text is cut would be split in two.
        redact = partial(result.redacted, self.redaction.hide)
        # With the secrets of hundreds of callers, it takes so long that others would wait.
        redacted = await asyncio.to_thread(redact) if len(result.text) > _LONG else redact()
        shown = await self.kept_results.shorten(redacted)
        # Some hosts show the model only this and not the note, so what the note must add to is sent as text alone.
        if shown.structured is None and not shown.partial and not shown.blocks:
            return replace(shown, structured=structured_object(shown.text))
        return shown
