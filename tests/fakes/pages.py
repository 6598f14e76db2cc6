"""The pages of the documentation: their snippets, and the parts that are generated from the code."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from .paths import ROOT

DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
_BEGIN, _END = "<!-- generated: UPDATE_SNAPSHOTS=1 make test -->\n\n", "\n<!-- end of what is generated -->\n"


def name_of(page: Path) -> str:
    """A page by its path in the repository."""
    return page.relative_to(ROOT).as_posix()


def snippets(page: Path, language: str) -> Iterator[str]:
    """The blocks of code of a page in a language."""
    text = page.read_text(encoding="utf-8")
    return (match[2] for match in re.finditer(rf"^( *)```{language}\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL))


def check_generated(page: Path, markdown: str) -> None:
    """Check what is generated in a page, between two lines that say so or after the first of them; or write it."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    before, _, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    expected = before + _BEGIN + markdown + end + after
    if os.environ.get("UPDATE_SNAPSHOTS"):
        page.write_text(expected, encoding="utf-8")
    else:
        assert text == expected, f"{name_of(page)} is out of date: UPDATE_SNAPSHOTS=1 make test"


def table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """A table of Markdown; a cell may not contain a line break or a vertical bar."""
    lines = [header, tuple("---" for _ in header), *rows]
    assert not any(re.search(r"[\n|]", cell) for line in lines for cell in line)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
