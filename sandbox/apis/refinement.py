"""Parse follow-up queries: words like "cheaper" or "within 2 km" become constraints."""

import re
from dataclasses import dataclass, field
from typing import Any

_RESET = re.compile(r"\b(?:instead|never ?mind|forget that|start over)\b[,.]?", re.IGNORECASE)
_NUMBER = r"\$?\s*(\d+(?:[.,]\d{1,2})?)"
_WITHIN = re.compile(r"\bwithin " + _NUMBER + r"\s*(km|m)\b", re.IGNORECASE)
_UNDER = re.compile(r"\b(?:under|below|less than|at most|max(?:imum)?)\s+" + _NUMBER, re.IGNORECASE)
_OVER = re.compile(r"\b(?:over|above|more than|at least|min(?:imum)?)\s+" + _NUMBER, re.IGNORECASE)
_CHEAPER = re.compile(r"\b(?:cheaper|less expensive)\b", re.IGNORECASE)
_IN_STOCK = re.compile(r"\b(?:in stock|available)\b", re.IGNORECASE)
_WITHOUT = re.compile(r"\b(?:without|no|free of)\s+([a-z]+(?: nuts)?)\b|\b([a-z]+)[- ]free\b", re.IGNORECASE)
_CERTIFIED = re.compile(r"\b(?:certified (organic|vegan)|(vegan|kosher|organic|non-gmo))\b(?! \w)", re.IGNORECASE)
_COLOR = re.compile(r"\bin (red|blue|green|black|white|yellow|brown|pink)\b", re.IGNORECASE)

ALLERGENS = {
    "peanut": "peanuts",
    "nut": "tree nuts",
    "tree nut": "tree nuts",
    "milk": "milk",
    "dairy": "milk",
    "lactose": "milk",
    "gluten": "gluten",
    "wheat": "gluten",
    "soy": "soy",
    "sesame": "sesame",
}


@dataclass
class Refinement:
    """A parsed follow-up query."""

    resets: bool = False
    cheaper: bool = False
    constraints: dict[str, Any] = field(default_factory=dict[str, Any])
    remainder: str = ""


def read(text: str) -> Refinement:
    """Parse a follow-up query; words that are not understood stay in `remainder`."""
    reading = Refinement(resets=bool(_RESET.search(text)))
    rest = _RESET.sub(" ", text)
    if match := _WITHIN.search(rest):
        reading.constraints["distance_km"] = _number(match[1]) / (1 if match[2].lower() == "km" else 1000)
    if match := _UNDER.search(rest):
        reading.constraints["price_max"] = _number(match[1])
    if match := _OVER.search(rest):
        reading.constraints["price_min"] = _number(match[1])
    if _IN_STOCK.search(rest):
        reading.constraints["availability"] = "in_stock"
    if match := _COLOR.search(rest):
        reading.constraints["color"] = match[1].lower()
    reading.cheaper = bool(_CHEAPER.search(rest))
    _read_lists(rest, reading.constraints)
    patterns = (_WITHIN, _UNDER, _OVER, _IN_STOCK, _COLOR, _CHEAPER, _WITHOUT, _CERTIFIED)
    for pattern in patterns:
        rest = pattern.sub(" ", rest)
    rest = re.sub(r"^\W*(?:but|and|show me|only|please)\b|[,.!?]", " ", rest, flags=re.IGNORECASE)
    reading.remainder = " ".join(rest.split())
    return reading


def allergen(word: str) -> str:
    """The catalog's name of an allergen."""
    word = word.strip().lower()
    return ALLERGENS.get(word) or ALLERGENS.get(word.removesuffix("s")) or word


def _read_lists(text: str, constraints: dict[str, Any]) -> None:
    without = [allergen(match[1] or match[2]) for match in _WITHOUT.finditer(text)]
    known = set(ALLERGENS.values())
    if allergens := [word for word in without if word in known]:
        constraints["exclude_allergens"] = allergens
    if substances := [word for word in without if word not in known]:
        constraints["avoid_substances"] = substances
    if match := _CERTIFIED.search(text):
        constraints["require_certifications"] = [(match[1] or match[2]).lower()]


def _number(text: str) -> float:
    return float(text.replace(",", "."))
