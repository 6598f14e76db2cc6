"""What a response says about its pages: cursors, URLs, numbers and the list of items, under their many names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from ..formats.json_values import InvalidJsonError, JsonObject, JsonValue, as_list, as_object, as_text, parse_json
from ..formats.link_header import read_links

_LISTS = ("data", "results", "items", "entries", "records", "values")
# Objects that hold facts about pages, and those that hold the whole answer.
_ABOUT_PAGES = ("meta", "metadata", "pagination", "paging", "page", "pageinfo", "responsemetadata", "resultinfo",
                "cursors", "cursor", "next", "nextpage", "info", "pages", "pager", "paginationinfo",
                "view", "hydraview")  # fmt: skip
_WRAPPERS = ("data", "result", "results", "response", "embedded")
_LINKS = ("links", "link")
_NO_ITEMS = (*_LINKS, "errors", "warnings", "messages", "facets", "included")
_MORE = ("hasmore", "hasnext", "hasnextpage", "more", "morerecords", "moreavailable", "istruncated",
         "moreitemsincollection")  # fmt: skip
_NO = (False, "false", "False")
_LAST = ("islast", "islastpage", "last")
_NEXT_URLS = ("next", "nexturl", "nextpage", "nextlink", "odatanextlink", "nextpageurl", "nextpageuri", "nextpagelink",
              "hydranext")  # fmt: skip
_NEXT = (*_NEXT_URLS, "nextcursor", "cursornext", "nextpagetoken", "nexttoken", "nextmarker", "nextoffset")
# `items 0-24/3573`: a `Content-Range` of items.
_ITEMS_OF_ALL = re.compile(r"(?!bytes)(?:[\w-]+ )?\d+-\d+/(\d{1,12})", re.ASCII)
# What in an object of the next page is about that page, not about this one.
_POSITIONS = ("page", "pagenumber", "offset", "skip", "start", "startat")


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Facts by name in lower case without punctuation; `items` are those of the only list, at `path`.

    `more` is what the response says, None if it says nothing. `urls` are candidates for the next page's.
    """

    named: Mapping[str, JsonValue]
    urls: tuple[str, ...]
    more: bool | None
    items: list[JsonValue] | None
    path: tuple[str, ...]

    @property
    def mentions_more(self) -> bool:
        """Whether the response says in any way that there are more items."""
        return self.more is not False and bool(self.more or self.urls or any(map(self.named.get, _NEXT)))

    def number(self, *names: str) -> int | None:
        """The first of these facts that is a whole number, in digits or not."""
        return next((number for name in names if (number := whole_number(self.named.get(name))) is not None), None)


def page_facts(answer: JsonValue, headers: Mapping[str, str]) -> PageFacts:
    """The facts about pages in a response."""
    named = _headers(headers)
    _collect(as_object(answer), named, 3)
    links = [link.href for link in read_links(headers.get("link", "")) if "next" in link.relations]
    candidates = [_url(named.get(name)) for name in _NEXT_URLS]
    path, items = _only_list(answer, 2)
    urls = tuple(url for url in (*candidates, *links) if url)
    return PageFacts(named, urls, _has_more(named, urls), items, path)


def _has_more(named: Mapping[str, JsonValue], urls: tuple[str, ...]) -> bool | None:
    if any(named.get(name) in _NO for name in _MORE) or any(named.get(name) is True for name in _LAST):
        return False
    if any(named.get(name) is True for name in _MORE):
        return True
    says_none = any(named.get(name, "absent") in (None, "") for name in _NEXT)
    return False if says_none and not urls and not any(named.get(name) for name in _NEXT) else None


def plain(name: str) -> str:
    """A name as facts have it: `page[size]`, `page_size` and `pageSize` are all `pagesize`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def whole_number(value: JsonValue) -> int | None:
    """A whole number, also one in digits or with a fraction of 0."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,12}", value, re.ASCII):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _headers(headers: Mapping[str, str]) -> dict[str, JsonValue]:
    named: dict[str, JsonValue] = {}
    for name, text in headers.items():
        if name == "x-pagination" and text[:1] == "{":  # of ASP.NET
            with suppress(InvalidJsonError):
                _collect(as_object(parse_json(text)), named, 0)
        elif name == "content-range" and (total := _ITEMS_OF_ALL.fullmatch(text.strip())):
            named["total"] = int(total[1])
        elif name.startswith("x-") and re.search(r"page|total|cursor|continuation|has-more", name):
            number, truth = whole_number(text.strip()), {"true": True, "false": False}.get(text.strip().lower())
            value: JsonValue = truth if number is None else number
            own = plain(name.removeprefix("x-")).removeprefix("pagination")
            named[own] = text.strip() if value is None else value
    return named


def _collect(node: JsonObject, named: dict[str, JsonValue], depth: int, *, of_next: bool = False) -> None:
    """Add the facts of an object and those inside it; of equal names, the outermost counts."""
    inside: list[tuple[str, JsonObject]] = []
    for key, value in list(node.items())[:200]:
        name = plain(key)
        if name in _LINKS and isinstance(value, dict | list):
            if (link := _next_link(value)) is not None:
                named.setdefault("next", link)
        elif isinstance(value, dict) and name in (*_ABOUT_PAGES, *_WRAPPERS):
            inside.append((name, value))
            if _url(value):
                named.setdefault(name, value)
        elif not isinstance(value, dict | list):
            named.setdefault(f"next{name}" if of_next and name in _POSITIONS else name, value)
    for name, value in inside if depth else ():
        _collect(value, named, depth - 1, of_next=of_next or name in _NEXT)


def _next_link(links: JsonObject | list[JsonValue]) -> JsonValue:
    """The link to the next page, from links by their relation or from a list of links with one."""
    if isinstance(links, dict):
        return links.get("next")
    return next((link for link in map(as_object, links) if "next" in _relations(link)), None)


def _relations(link: JsonObject) -> list[JsonValue]:
    return [*as_list(link.get("rel")), link.get("rel"), link.get("relation")]  # Siren has a list


def _url(value: JsonValue) -> str:
    """The URL that a value is or has as `href`, '' for a cursor."""
    members = as_object(value)
    places = (value, members.get("href"), members.get("url"), members.get("uri"))
    return next((text for place in places if "?" in (text := as_text(place))), "")


def _only_list(answer: JsonValue, depth: int) -> tuple[tuple[str, ...], list[JsonValue] | None]:
    if isinstance(answer, list):
        return (), answer
    node = as_object(answer)
    lists = [name for name, value in node.items() if isinstance(value, list) and plain(name) not in _NO_ITEMS]
    known = [name for name in lists if name in _LISTS]
    chosen = known or lists
    if len(chosen) == 1:
        return (chosen[0],), as_list(node[chosen[0]])
    if not chosen and depth:
        for name, value in node.items():
            if plain(name) in _WRAPPERS and isinstance(value, dict):
                path, items = _only_list(value, depth - 1)
                return (name, *path), items
    return (), None
