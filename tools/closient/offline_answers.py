"""What the curated tools that need no network answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..formats.json_values import JsonObject, JsonValue, to_text
from ..gs1.code import Code, read_code
from ..gs1.errors import InvalidCodeError
from ..results.result import ImageBlock, Result
from .codes import further_elements, read_asked
from .gs1_data import build_digital_link, decode_gs1
from .qr_codes import draw_qr_code


def answer(tool: str, site: str, arguments: JsonObject) -> Result:
    """What a tool answers; QR codes hold Digital Links of `site`.

    Raises:
        InvalidArgumentsError: the code or the elements are invalid.
    """
    return _ANSWERS[tool](site, arguments)


def _structured(answer: JsonObject) -> Result:
    return Result(to_text(answer), answer)


def _qr_code(site: str, arguments: JsonObject) -> Result:
    """The QR code of a product's Digital Link; the picture is also an image block."""
    asked = read_asked(arguments)
    link = site + asked.path(expiry=True)
    code = draw_qr_code(link)
    answer: JsonObject = {"gtin": asked.gtin, "digital_link": link, "notes": list[JsonValue](asked.notes)}
    return Result(to_text(answer), {**answer, "svg": code.svg}, blocks=(ImageBlock(code.png, "image/png"),))


def _validate(written: JsonValue) -> JsonObject:
    """Whether a GTIN is valid; an invalid one is a result, not an error."""
    try:
        return _validated(read_code(written if isinstance(written, str | int | float) else ""))
    except InvalidCodeError as error:
        others = {"upc_e_normalized": error.upc_e, "other_normalized": error.other, "key": error.key}
        return {
            "valid": False,
            "error": f"Not a GTIN: {error.message}.",
            "normalized": None,
            "reason": error.code,
            **{name: value for name, value in others.items() if value},
        }


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


_ANSWERS: Mapping[str, Callable[[str, JsonObject], Result]] = {
    "validate_gtin": lambda _, arguments: _structured(_validate(arguments["gtin"])),
    "decode_gs1": lambda _, arguments: _structured(decode_gs1(arguments)),
    "build_digital_link": lambda _, arguments: _structured(build_digital_link(arguments)),
    "generate_qr_url": _qr_code,
    "ping": lambda _, __: Result("pong", {"result": "pong"}),
}
