"""The curated tools that need no network: codes are validated, decoded and built, and drawn as QR codes."""

from __future__ import annotations

from functools import partial

from ..formats.json_values import JsonObject
from ..results.result import Result
from ..toolset.tool import Tool
from . import offline_schemas as schemas
from .schemas import GTIN_INPUT


def offline_tools(site: str, system: str) -> list[Tool]:
    """The tools; QR codes hold Digital Links of `site`."""

    def tool(name: str, title: str, description: str, input_schema: JsonObject, output_schema: JsonObject) -> Tool:
        return Tool(
            name,
            title,
            description,
            input_schema,
            "read",
            partial(_answer, name, site),
            system=system,
            output_schema=output_schema,
            open_world=False,
        )

    return [
        tool(
            "validate_gtin",
            "Validate a GTIN",
            "Whether a GTIN is valid, and its normalized form (GTIN-14). Needs no network; says nothing "
            "about whether the product exists.",
            GTIN_INPUT,
            schemas.VALIDATED_OUTPUT,
        ),
        tool(
            "decode_gs1",
            "Decode GS1 data",
            "What a GS1 barcode or Digital Link says: each application identifier with its name, value and meaning. "
            "Needs no network.",
            schemas.DATA_INPUT,
            schemas.DECODED_OUTPUT,
        ),
        tool(
            "build_digital_link",
            "Build a Digital Link",
            "The GS1 Digital Link for application identifiers and their values. Needs no network.",
            schemas.BUILD_INPUT,
            schemas.BUILT_OUTPUT,
        ),
        tool(
            "generate_qr_url",
            "Generate a QR code",
            "The GS1 Digital Link of a product, lot or serial number, and its QR code (SVG, PNG). Needs no network.",
            schemas.QR_INPUT,
            schemas.QR_OUTPUT,
        ),
        tool(
            "ping",
            "Ping",
            "Answers pong, to show that this server is alive. Needs no network.",
            schemas.NO_INPUT,
            schemas.PING_OUTPUT,
        ),
    ]


async def _answer(name: str, site: str, arguments: JsonObject) -> Result:
    from .offline_answers import answer  # with all that reads codes: to list the tools needs none of it

    return answer(name, site, arguments)
