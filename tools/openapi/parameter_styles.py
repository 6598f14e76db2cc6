"""The locations of parameters, and the styles that OpenAPI allows for each."""

from __future__ import annotations

from typing import Literal

# The last is only in Swagger 2.0 (`tsv`), which allows all three in every location.
DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


Location = Literal["path", "query", "header", "cookie", "querystring"]
LOCATIONS: dict[str, Location] = {
    "path": "path", "query": "query", "header": "header", "cookie": "cookie", "querystring": "querystring",
}  # fmt: skip
# OpenAPI 3.1 §4.8.12.2, 3.2 §4.12.2 and Swagger 2.0; the first is the default.
STYLES: dict[Location, tuple[str, ...]] = {
    "path": ("simple", "label", "matrix", *DELIMITERS),
    "query": ("form", "deepObject", *DELIMITERS),
    "header": ("simple", *DELIMITERS),
    "cookie": ("form", "cookie"),
    "querystring": ("form",),
}
