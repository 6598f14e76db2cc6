"""The schemas of the curated tools that need no network."""

from __future__ import annotations

from ..formats.json_values import JsonObject
from .schemas import EXPIRY, FLAG, GTIN, LOT, NOTES, TEXT, TEXT_OR_NULL, array_of, input_of, object_of

NO_INPUT = input_of({})
DATA_INPUT = input_of(
    {
        "data": {
            **TEXT,
            "minLength": 1,
            "maxLength": 2048,
            "description": "As scanned or printed: (01)..., raw, or a link.",
        }
    },
    "data",
)
_AIS: JsonObject = {
    "type": "object",
    "additionalProperties": {"type": ["string", "integer"]},
    "minProperties": 1,
    "maxProperties": 30,
}
BUILD_INPUT = input_of(
    {
        "ais": {**_AIS, "description": 'Values by application identifier: {"01": "9506000134352", "10": "B7"}.'},
        "domain": {**TEXT, "maxLength": 300, "description": "Host, or URL without query. Default: id.gs1.org."},
        "link_type": {**TEXT, "description": "Such as gs1:pip."},
    },
    "ais",
)
QR_INPUT = input_of(
    {"gtin": GTIN, "lot": LOT, "serial": {**TEXT, "description": "Serial number (AI 21)."}, "expiry": EXPIRY}, "gtin"
)

DECODED_OUTPUT = object_of(
    {
        "form": TEXT,
        "identifies": {**TEXT, "description": "What the key stands for."},
        "elements": array_of(
            object_of(
                {
                    "ai": TEXT,
                    "title": TEXT,
                    "description": TEXT,
                    "value": TEXT,
                    "date": TEXT,
                    "number": TEXT,
                    "unit": TEXT,
                    "currency": {**TEXT, "description": "ISO 4217, in digits."},
                },
                "ai",
                "value",
            )
        ),
        "digital_link": TEXT,
        **NOTES,
    },
    "form",
    "elements",
    "notes",
)
BUILT_OUTPUT = object_of({"digital_link": TEXT, **NOTES}, "digital_link", "notes")
QR_OUTPUT = object_of(
    {"gtin": TEXT, "digital_link": TEXT, "svg": TEXT, **NOTES}, "gtin", "digital_link", "svg", "notes"
)
VALIDATED_OUTPUT = object_of(
    {
        "valid": FLAG,
        "error": {**TEXT_OR_NULL, "description": "Why it is not valid."},
        "normalized": {**TEXT_OR_NULL, "description": "The GTIN-14."},
        "reason": TEXT,
        "form": {**TEXT, "description": "How it was written."},
        "format": TEXT,
        "restricted": {
            "enum": ["company", "geographic"],
            "description": "A restricted circulation number: it means nothing outside that company or region.",
        },
        "upc_e_normalized": {**TEXT, "description": "The GTIN-14 if the digits are a UPC-E instead."},
        "other_normalized": {**TEXT, "description": "The GTIN-14 of another reading."},
        "key": {**TEXT, "description": "What the input is instead."},
        "lot": TEXT,
        "serial": TEXT,
        "expiry": TEXT,
        **NOTES,
    },
    "valid",
    "error",
    "normalized",
)
PING_OUTPUT = object_of({"result": TEXT}, "result")
