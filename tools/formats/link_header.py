"""Parser of the `Link` header (RFC 8288 §3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MAX_LENGTH = 16_384
_TARGET = re.compile(r"[\s,]*<([^<>]*)>")
_PARAMETER = re.compile(r"""\s*;\s*([^\s=;,"<>]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?""")

_SEPARATOR = re.compile(r"\s*(,|$)")


@dataclass(frozen=True, slots=True)
class HeaderLink:
    """One link: its target, relation types and context (`anchor`)."""

    href: str
    relations: tuple[str, ...]
    anchor: str = ""


def read_links(header: str) -> list[HeaderLink]:
    """The links of a header, up to the first syntax error."""
    text, at = header[:_MAX_LENGTH], 0
    links: list[HeaderLink] = []
    while target := _TARGET.match(text, at):
        parameters: dict[str, str] = {}
        at = target.end()
        while parameter := _PARAMETER.match(text, at):
            at = parameter.end()
            value = re.sub(r"\\(.)", r"\1", parameter[2]) if parameter[2] is not None else parameter[3] or ""
            # The first `rel` counts (§3.3).
            parameters.setdefault(parameter[1].lower(), value)
        relations = tuple(parameters.get("rel", "").lower().split())
        links.append(HeaderLink(target[1].strip(), relations, parameters.get("anchor", "")))
        if not _SEPARATOR.match(text, at):
            break
    return links
