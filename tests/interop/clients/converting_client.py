"""How agent frameworks convert tools: prints which of those in its input it cannot convert, by framework and reason.

Runs in an environment of its own, which has the frameworks; one that is missing is left out.
"""

# pyright: basic, reportMissingImports=false
# mypy: ignore-errors

from __future__ import annotations

import copy
import json
import sys
from collections import defaultdict
from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]


def openai_agents() -> Callable[[Schema], object]:
    """The conversion of `convert_schemas_to_strict=True`; where it fails, the tool is offered as it is."""
    from agents.strict_schema import ensure_strict_json_schema

    return lambda tool: ensure_strict_json_schema(tool["inputSchema"], _reject_open_objects=True)


def langchain() -> Callable[[Schema], object]:
    """The conversion of a tool as langchain-mcp-adapters makes it, with the schema as it is."""
    from langchain_core.tools import StructuredTool
    from langchain_core.utils.function_calling import convert_to_openai_tool

    async def call(**arguments: Any) -> str:
        return ""

    def convert(tool: Schema) -> object:
        return convert_to_openai_tool(
            StructuredTool(
                name=tool["name"], description=tool["description"], args_schema=tool["inputSchema"], coroutine=call
            )
        )

    return convert


def pydantic_ai() -> Callable[[Schema], object]:
    """The conversions for OpenAI and Gemini, which decide on strictness by themselves."""
    from pydantic_ai.profiles.google import GoogleJsonSchemaTransformer
    from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer

    transformers = (OpenAIJsonSchemaTransformer, GoogleJsonSchemaTransformer)
    return lambda tool: [of(copy.deepcopy(tool["inputSchema"]), strict=None).walk() for of in transformers]


def failures(convert: Callable[[Schema], object], tools: list[Schema]) -> dict[str, list[str]]:
    """The names of the tools that cannot be converted, by the reason."""
    failed: dict[str, list[str]] = defaultdict(list)
    for tool in tools:
        try:
            convert(copy.deepcopy(tool))
        except Exception as error:
            failed[f"{type(error).__name__}: {error}"].append(tool["name"])
    return failed


if __name__ == "__main__":
    listed = json.load(sys.stdin)
    report = {}
    for framework in (openai_agents, langchain, pydantic_ai):
        try:
            convert = framework()
        except ModuleNotFoundError:
            continue
        report[framework.__name__] = failures(convert, listed)
    print(json.dumps(report))
