"""Decoding GS1 data and building Digital Links, as curated tools answer."""

from __future__ import annotations

import re

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonObject, JsonValue, as_object, as_text
from ..formats.text import one_line
from ..gs1.associations import missing_associations
from ..gs1.code import read_code
from ..gs1.decoding import Decoded, decode
from ..gs1.digital_links import build_digital_link as build_link
from ..gs1.digits import padded_gtin
from ..gs1.elements import Elements, describe_identifier
from ..gs1.errors import InvalidCodeError
from ..gs1.keys import KEYS, describe_key
from ..gs1.links import link_type_name
from ..gs1.meaning import meaning

_STEM = "https://id.gs1.org"
_LINK_TYPE = re.compile(r"gs1:[A-Za-z]+|linkset")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = re.compile(
    rf"(?i:https?)://{_LABEL}(?:\.{_LABEL})*(?::(?P<port>[0-9]{{1,5}}))?(?:/(?!\.+(?:/|$))[A-Za-z0-9._~-]+)*/?"
)


def decode_gs1(arguments: JsonObject) -> JsonObject:
    """Decode an element string, a Digital Link or a plain product code.

    Raises:
        InvalidArgumentsError: it's none of them, or invalid.
    """
    data = as_text(arguments["data"])
    try:
        decoded = _decoded(data)
    except InvalidCodeError as error:
        raise _invalid(f"{one_line(data, 80)!r} can't be decoded: {error.message}.", error) from None
    ais = [ai for ai, _ in decoded.elements]
    notes = [*decoded.notes]
    for required, lacking in missing_associations(ais).items():
        named = ", ".join(f"({ai})" for ai in lacking)
        notes.append(f"Incomplete: {named} must stand with {required}, which may be in another barcode next to it.")
    answer: JsonObject = {"form": decoded.form}
    if key := next((ai for ai in ais if ai in KEYS), None):
        answer["identifies"] = describe_key(key)
    answer["elements"] = [_element(ai, value) for ai, value in decoded.elements]
    try:
        answer["digital_link"] = build_link(decoded.elements)
    except InvalidCodeError as error:
        if key:
            notes.append(f"No Digital Link can hold it: {error.message}.")
    return {**answer, "notes": list[JsonValue](notes)}


def build_digital_link(arguments: JsonObject) -> JsonObject:
    """Build the Digital Link for application identifiers.

    Raises:
        InvalidArgumentsError: a value or the domain is invalid, or they can't stand together in a link.
    """
    try:
        elements, notes = _given(as_object(arguments["ais"]))
        link = build_link(elements, _stem(as_text(arguments.get("domain")).strip()))
    except InvalidCodeError as error:
        raise _invalid(f"No Digital Link can be built: {error.message}.", error) from None
    if link_type := link_type_name(as_text(arguments.get("link_type"))):
        if not _LINK_TYPE.fullmatch(link_type):
            raise InvalidArgumentsError(
                f"{one_line(link_type, 80)!r} is not a GS1 link type.", "Such as gs1:pip. Nothing was sent."
            )
        link += f"{'&' if '?' in link else '?'}linkType={link_type}"
    return {"digital_link": link, "notes": notes}


def _decoded(data: str) -> Decoded:
    try:
        return decode(data)
    except InvalidCodeError as error:
        if error.code != "malformed":
            raise
        code = read_code(data)
        return Decoded(code.form, tuple(code.elements.items()), code.notes)


def _element(ai: str, value: str) -> JsonObject:
    title, description = describe_identifier(ai)
    return {"ai": ai, "title": title, "description": description, "value": value, **meaning(ai, value)}


def _given(ais: JsonObject) -> tuple[Elements, list[JsonValue]]:
    elements: list[tuple[str, str]] = []
    notes: list[JsonValue] = []
    for ai, given in ais.items():
        value = str(given)
        if ai == "01" and re.fullmatch(r"[0-9]{8}|[0-9]{12,13}", value):
            value, note = padded_gtin(value)
            notes.append(note)
        elements.append((ai, value))
    return tuple(elements), notes


def _stem(domain: str) -> str:
    if not domain:
        return _STEM
    stem = domain if "://" in domain else f"https://{domain}"
    found = _DOMAIN.fullmatch(stem)
    if found is None or int(found["port"] or 1) not in range(1, 65536):
        raise InvalidArgumentsError(
            f"{one_line(domain, 80)!r} is not a host, nor an http(s) URL without a query.",
            "Give it as example.com or https://example.com/path. Nothing was sent.",
        )
    return stem


def _invalid(message: str, error: InvalidCodeError) -> InvalidArgumentsError:
    details: JsonObject = {"reason": error.code}
    return InvalidArgumentsError(message, "Check it against the source. Nothing was sent.", details)
