"""Reading GS1 linksets (GS1-Conformant Resolver 1.2, §6; RFC 9264)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text

# The vocabulary has had several URLs.
_VOCABULARY = re.compile(r"https?://(www\.|ref\.)?gs1\.org/voc/")


@dataclass(frozen=True, slots=True)
class Link:
    """A link with its GS1 type in short form (`gs1:pip`)."""

    link_type: str
    href: str
    title: str = ""
    media_type: str = ""
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Links:
    """The links of a product, and its description."""

    links: tuple[Link, ...]
    description: str = ""

    @property
    def default(self) -> str:
        """The target of the default link, or ''."""
        return next((link.href for link in self.links if link.link_type == "gs1:defaultLink"), "")


def link_type_name(text: str) -> str:
    """Return the short form of a link type, a URL, or a bare word (`pip`)."""
    short = _VOCABULARY.sub("gs1:", text.strip())
    return f"gs1:{short}" if short and ":" not in short else short


def read_linkset(body: JsonObject) -> Links | None:
    """Return the links of a linkset document, or None if it is not one."""
    contexts = body.get("linkset")
    if isinstance(contexts, dict):  # some resolvers send one context instead of an array
        contexts = [contexts]
    if not isinstance(contexts, list):
        return None
    links: list[Link] = []
    description = ""
    for context in map(as_object, contexts):
        description = description or _text(context.get("itemDescription")) or _text(context.get("description"))
        for relation, targets in context.items():
            if relation.strip() and relation != "anchor":
                read = (_read_link(link_type_name(relation), as_object(target)) for target in as_list(targets))
                links += filter(None, read)
    return Links(tuple(links), description)


def _read_link(link_type: str, target: JsonObject) -> Link | None:
    href = as_text(target.get("href"))
    if not href:
        return None
    languages = tuple(as_text(language) for language in as_list(target.get("hreflang")))
    return Link(link_type, href, _text(target.get("title")), as_text(target.get("type")), languages)


def _text(value: JsonValue) -> str:
    """Return a text, which may be an object with `value` or an array of those."""
    if isinstance(value, list):
        value = next(iter(value), None)
    return as_text(value) or as_text(as_object(value).get("value"))
