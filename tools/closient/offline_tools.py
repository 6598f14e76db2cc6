"""The curated tools that need no network: codes are validated, decoded and built, and drawn as QR codes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..formats.json_values import JsonObject, JsonValue, to_text
from ..gs1.code import Code, read_code
from ..gs1.errors import InvalidCodeError
from ..results.result import ImageBlock, Result
from ..toolset.tool import Call, Tool
from . import offline_schemas as schemas
from .codes import further_elements, read_asked
from .gs1_data import build_digital_link, decode_gs1
from .qr_codes import draw_qr_code
from .schemas import GTIN_INPUT


def offline_tools(site: str, system: str) -> list[Tool]:
    """Return the tools; QR codes hold Digital Links of `site`."""

    def tool(
        name: str, title: str, description: str, input_schema: JsonObject, output_schema: JsonObject, call: Call
    ) -> Tool:
        return Tool(
            name,
            title,
            description,
            input_schema,
            "read",
            call,
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
            validate_gtin,
        ),
        tool(
            "decode_gs1",
            "Decode GS1 data",
            "What a GS1 barcode or Digital Link says: each application identifier with its name, value and meaning. "
            "Needs no network.",
            schemas.DATA_INPUT,
            schemas.DECODED_OUTPUT,
            _structured(decode_gs1),
        ),
        tool(
            "build_digital_link",
            "Build a Digital Link",
            "The GS1 Digital Link for application identifiers and their values. Needs no network.",
            schemas.BUILD_INPUT,
            schemas.BUILT_OUTPUT,
            _structured(build_digital_link),
        ),
        tool(
            "generate_qr_url",
            "Generate a QR code",
            "The GS1 Digital Link of a product, lot or serial number, and its QR code (SVG, PNG). Needs no network.",
            schemas.QR_INPUT,
            schemas.QR_OUTPUT,
            partial(generate_qr_url, site),
        ),
        tool(
            "ping",
            "Ping",
            "Answers pong, to show that this server is alive. Needs no network.",
            schemas.NO_INPUT,
            schemas.PING_OUTPUT,
            ping,
        ),
    ]


def _structured(answer: Callable[[JsonObject], JsonObject]) -> Call:
    async def call(arguments: JsonObject) -> Result:
        structured = answer(arguments)
        return Result(to_text(structured), structured)

    return call


async def generate_qr_url(site: str, arguments: JsonObject) -> Result:
    """Draw the QR code of a product's Digital Link; the picture is also an image block."""
    asked = read_asked(arguments)
    link = site + asked.path(expiry=True)
    code = draw_qr_code(link)
    answer: JsonObject = {"gtin": asked.gtin, "digital_link": link, "notes": list[JsonValue](asked.notes)}
    return Result(to_text(answer), {**answer, "svg": code.svg}, blocks=(ImageBlock(code.png, "image/png"),))


async def validate_gtin(arguments: JsonObject) -> Result:
    """Validate a GTIN; an invalid one is a result, not an error."""
    written = arguments["gtin"]
    answer: JsonObject
    try:
        answer = _validated(read_code(written if isinstance(written, str | int | float) else ""))
    except InvalidCodeError as error:
        answer = {"valid": False, "error": f"Not a GTIN: {error.message}.", "normalized": None, "reason": error.code}
        others = {"upc_e_normalized": error.upc_e, "other_normalized": error.other, "key": error.key}
        answer |= {name: value for name, value in others.items() if value}
    return Result(to_text(answer), answer)


def _validated(code: Code) -> JsonObject:
    gtin = code.gtin
    if code.reason:
        reading = "upc_e_normalized" if code.form == "UPC-E" else "other_normalized"
        error = f"Not a GTIN as written: {' '.join(code.notes) or f'it is {code.form}.'}"
        return {
            "valid": False,
            "error": error,
            "normalized": None,
            "reason": code.reason,
            "form": code.form,
            reading: gtin.gtin14,
        }
    rest = further_elements(code)
    notes = [*code.notes, *([f"Also in the code: {rest}."] if rest else [])]
    known = {
        "restricted": gtin.restricted,
        "upc_e_normalized": code.other.gtin14 if code.other else None,
        "lot": code.lot,
        "serial": code.serial,
        "expiry": code.expiry,
        "notes": list[JsonValue](notes),
    }
    return {
        "valid": True,
        "error": None,
        "normalized": gtin.gtin14,
        "form": code.form,
        "format": gtin.format,
        **{name: value for name, value in known.items() if value},
    }


async def ping(arguments: JsonObject) -> Result:
    """Show that the server answers."""
    return Result("pong", {"result": "pong"})
