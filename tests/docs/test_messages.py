"""The messages that pages quote are those of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ..fakes.pages import PAGES, name_of, snippets
from ..fakes.paths import ROOT

_LEFT_OUT = "…"
_LEAST_LETTERS = 12


def _texts(node: ast.AST) -> Iterator[str]:
    """The texts in a piece of code; what an f-string fills in is left out."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else _LEFT_OUT for part in inner.values)
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def all_texts() -> set[str]:
    """All texts in the code."""
    files = [path for top in ("server", "tools", "auth") for path in (ROOT / top).rglob("*.py")]
    texts = {text for path in files for text in _texts(ast.parse(path.read_text(encoding="utf-8"))) if " " in text}
    return {re.sub(r"\{\}|%s", _LEFT_OUT, text) for text in texts}


def contains(text: str, parts: list[str]) -> bool:
    """Whether a text contains these parts, in this order."""
    start = 0
    for part in parts:
        found = text.find(part, start)
        if found < 0:
            return False
        start = found + len(part)
    return True


def quoted(page: Path) -> list[str]:
    """The messages that a page quotes: lines of a block of text, and titles of our pages in bold.

    Indented lines are values, such as a URL.
    """
    lines = [line for block in snippets(page, "text") for line in block.splitlines()]
    titles = re.findall(r"^> \*\*(.+)\*\*$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [line for line in (*lines, *titles) if re.match(r"\S", line)]


def test_every_quoted_message_is_one_of_the_code() -> None:
    texts = all_texts()
    unknown: list[str] = []
    for page in PAGES:
        for message in quoted(page):
            parts = [part.strip() for part in message.split(_LEFT_OUT)]
            assert max(map(len, parts)) >= _LEAST_LETTERS, f"{name_of(page)}: {message!r} could be anything"
            if not any(contains(text, parts) for text in texts):
                unknown.append(f"{name_of(page)}: {message}")
    assert unknown == []
