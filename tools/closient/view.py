"""The page that shows products as cards."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from string import Template

from ..formats.json_values import JsonObject, as_list, as_object, as_text
from ..toolset.view import View

_FILE = Path(__file__).with_name("products.html")
_LISTS = ("items", "online_alternatives", "found", "products")


def _html() -> str:
    """The page with its style and script, which its Content-Security-Policy allows by their hashes."""
    page, style, script = (_FILE.with_suffix(suffix).read_text(encoding="utf-8") for suffix in (".html", ".css", ".js"))
    hashes = {"style_hash": _csp_hash(style), "script_hash": _csp_hash(script)}
    return Template(page).substitute(hashes, style=style, script=script)


def _csp_hash(code: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}"


def image_urls(answer: JsonObject) -> list[str]:
    """The URLs of the products' pictures in the order in which the page shows the products."""
    listed = [product for name in _LISTS for product in as_list(answer.get(name))]
    products = [answer, answer.get("product"), *listed]
    return [url for product in products if (url := as_text(as_object(product).get("image_url")))]


PRODUCTS = View("ui://closient-mcp/products", "Products", _html, image_urls)
