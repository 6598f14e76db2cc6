"""The page that shows products, as a document: complete in itself, and under a policy of its own."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from closient_mcp.tools.closient.view import PRODUCTS


@pytest.mark.parametrize("kind", ["script", "style"])
def test_the_page_allows_its_own_code_alone(kind: str) -> None:
    page = PRODUCTS.html()
    (code,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")


def test_the_page_loads_nothing_and_makes_no_markup_of_text() -> None:
    page = PRODUCTS.html()
    assert re.findall(r"https?://|@import|url\(|\bsrc=|\bhref=", page) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|\son\w+=", page) == []


@pytest.mark.parametrize(
    "answer",
    [
        {"gtin": "1", "image_url": "/a"},
        {"product": {"image_url": "/a"}},
        {"items": [{"image_url": "/a"}, {"name": "x"}, {"image_url": None}]},
        {"items": None, "online_alternatives": [{"image_url": "/a"}]},
        {"found": [{"image_url": "/a"}], "failed": []},
        {"products": [{"image_url": "/a"}, "no object"]},
    ],
)
def test_pictures_are_found_in_every_answer_that_the_page_shows(answer: Any) -> None:
    assert PRODUCTS.pictures(answer) == ["/a"]
