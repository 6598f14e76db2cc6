"""Where a parameter can be, and the styles that OpenAPI knows there."""

from __future__ import annotations

from typing import Literal

# The last is Swagger 2.0's alone (`tsv`), which knows all three in every place.
DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


Location = Literal["path", "query", "header", "cookie", "querystring"]
LOCATIONS: dict[str, Location] = {
    "path": "path", "query": "query", "header": "header", "cookie": "cookie", "querystring": "querystring",
}  # fmt: skip
# OpenAPI 3.1 §4.8.12.2 and 3.2 §4.12.2, and those that Swagger 2.0 has besides; the first is the default.
STYLES: dict[Location, tuple[str, ...]] = {
    "path": ("simple", "label", "matrix", *DELIMITERS),
    "query": ("form", "deepObject", *DELIMITERS),
    "header": ("simple", *DELIMITERS),
    "cookie": ("form", "cookie"),
    "querystring": ("form",),
}
