"""Web pages (HTML) as the text that a person would see."""

from __future__ import annotations

import html
import re

_START = re.compile(
    r"\s*(<\?xml[^<>]{0,200}>\s*)?(<!--.{0,2000}?-->\s*)?<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{1,500})", re.IGNORECASE)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]{0,20})")
_UNSEEN = {
    name: re.compile(rf"</{name}\b", re.IGNORECASE)
    for name in ("script", "style", "template", "noscript", "svg", "title", "iframe")
}
_INLINE = {"a", "abbr", "b", "bdi", "cite", "code", "em", "font", "i", "kbd", "mark", "q", "s", "small", "span",
           "strong", "sub", "sup", "time", "u", "var", "wbr", "img"}  # fmt: skip
_BLANK_LINES = re.compile(r"[ \t\f\v\xa0]*\n\s*")
_SPACES = re.compile(r"[ \t\f\v\xa0]+")


def is_page(text: str) -> bool:
    """Whether it is a whole page, and no fragment of HTML that some field or file holds."""
    return bool(_START.match(text[:4_000]))


def title_of(text: str) -> str:
    """What a page calls itself, if it does."""
    found = _TITLE.search(text[:20_000])
    return html.unescape(found[1]) if found else ""


def visible_text(text: str) -> str:
    """The text of a page without tags, scripts and styles; each step goes forward, so it takes linear time."""
    parts: list[str] = []
    at = 0
    while (begin := text.find("<", at)) >= 0:
        parts.append(text[at:begin])
        if text.startswith("<!--", begin):
            at = _after(text, "-->", begin)
            continue
        tag = _TAG.match(text, begin)
        if tag is None and not text.startswith(("<!", "<?"), begin):
            parts.append("<")
            at = begin + 1
            continue
        at = _after(text, ">", begin)
        name = tag[1].lower() if tag else ""
        if name not in _INLINE:
            parts.append("\n")
        if name in _UNSEEN and text[begin + 1] != "/":
            end = _UNSEEN[name].search(text, at)
            at = _after(text, ">", end.start()) if end else len(text)
    parts.append(text[at:])
    seen = _SPACES.sub(" ", html.unescape("".join(parts)))
    return _BLANK_LINES.sub("\n", seen).strip()


def _after(text: str, what: str, begin: int) -> int:
    found = text.find(what, begin)
    return found + len(what) if found >= 0 else len(text)
