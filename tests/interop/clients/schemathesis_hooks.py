"""What schemathesis sends where a document says `format: gtin`: GTINs of the sandbox, and others with a check digit."""

import importlib
from typing import Any

from hypothesis import strategies

# It is not there where types are checked.
_schemathesis: Any = importlib.import_module("schemathesis")


def complete(digits: str) -> str:
    """These digits and their check digit."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return digits + str(-weighted % 10)


KNOWN = ("00614141123452", "09506000134352", "00012345678905")
OTHERS = strategies.integers(1, 9_999_999).map(lambda number: complete(f"952{number:09d}"))

_schemathesis.openapi.format("gtin", strategies.sampled_from(KNOWN) | OTHERS)
