"""The names of GS1 link types (GS1-Conformant Resolver 1.2, §6)."""

from __future__ import annotations

import re

# The vocabulary has had several URLs.
_VOCABULARY = re.compile(r"https?://(www\.|ref\.)?gs1\.org/voc/")
# Ask for all links, so they are no link types; the second is deprecated.
_ALL_LINKS = ("linkset", "all")


def link_type_name(text: str) -> str:
    """The short form of a link type, a URL, or a bare word (`pip`)."""
    short = _VOCABULARY.sub("gs1:", text.strip())
    return f"gs1:{short}" if short and ":" not in short and short not in _ALL_LINKS else short
