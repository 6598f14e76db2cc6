"""The visible text of web pages (HTML)."""

from __future__ import annotations

import html
import re

_START = re.compile(
    r"\s*(<\?xml[^<>]{0,200}>\s*)?(<!--.{0,2000}?-->\s*)?<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{1,500})", re.IGNORECASE)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]{0,20})")
_HIDDEN = {
    name: re.compile(rf"</{name}\b", re.IGNORECASE)
    for name in ("script", "style", "template", "noscript", "svg", "title", "iframe")
}
_INLINE = {"a", "abbr", "b", "bdi", "cite", "code", "em", "font", "i", "kbd", "mark", "q", "s", "small", "span",
           "strong", "sub", "sup", "time", "u", "var", "wbr", "img"}  # fmt: skip
_BLANK_LINES = re.compile(r"[ \t\f\v\xa0]*\n\s*")
_SPACES = re.compile(r"[ \t\f\v\xa0]+")


def is_page(text: str) -> bool:
    """Whether the text is a whole HTML page rather than a fragment."""
    return bool(_START.match(text[:4_000]))


def page_title(text: str) -> str:
    """The page's title, or ''."""
    match = _TITLE.search(text[:20_000])
    return html.unescape(match[1]) if match else ""


def visible_text(text: str) -> str:
    """A page's text without tags, scripts and styles, in linear time."""
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
        if name in _HIDDEN and text[begin + 1] != "/":
            end = _HIDDEN[name].search(text, at)
            at = _after(text, ">", end.start()) if end else len(text)
    parts.append(text[at:])
    visible = _SPACES.sub(" ", html.unescape("".join(parts)))
    return _BLANK_LINES.sub("\n", visible).strip()


def _after(text: str, mark: str, begin: int) -> int:
    index = text.find(mark, begin)
    return index + len(mark) if index >= 0 else len(text)
