"""Calling a tool: arguments checked, secrets taken out of the result, its length bounded."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...auth.secrets.redaction import Redaction
from ...tools.formats.json_values import JsonObject
from ...tools.results.result import Result
from ...tools.schema.validation import ArgumentChecker
from ...tools.toolset.paging import ResultPages
from ...tools.toolset.tool import Tool


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls tools; `pages` keeps the results that were too long to return whole."""

    redaction: Redaction
    pages: ResultPages = field(default_factory=ResultPages)
    checker: ArgumentChecker = field(default_factory=ArgumentChecker)

    async def call(self, tool: Tool, arguments: JsonObject) -> Result:
        """Check the arguments, call, and bound the reply.

        Raises:
            ToolError, UserActionRequired: what the caller is to be told.
        """
        result = await tool.call(self.checker.check(tool.name, tool.input_schema, arguments))
        # Before it is cut into pages: a secret on the border would be in two halves.
        return self.pages.first_page(result.redacted(self.redaction.hide))
