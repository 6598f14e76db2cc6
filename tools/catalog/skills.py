"""The agent skills that a site publishes (agent skills discovery 0.2): an index, and a text for each skill."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..formats.json_values import InvalidJsonError, JsonObject, as_list, as_object, as_text, parse_json
from ..formats.text import one_line, paragraph
from ..formats.urls import InvalidUrlError, origin_of, resolve
from ..http.fetched import Document, FetchError
from ..http.fetcher import Fetcher

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAX_NAME = 64
_MAX_SKILLS = 50
_MAX_DESCRIPTION = 300
_MAX_CHARACTERS = 20_000
_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill of an index; `digest` is the SHA-256 of its text in hexadecimal, or '' if the index has none."""

    name: str
    description: str
    url: str
    digest: str = ""


async def fetch_skills(fetcher: Fetcher, url: str) -> list[Skill]:
    """Fetch the index of a site's skills.

    Raises:
        FetchError: the site has no index.
        ValueError: it is not an index.
    """
    return await replace(fetcher, max_bytes=_MAX_BYTES).fetch_and_parse(url, "application/json", read_index)


def read_index(document: Document) -> list[Skill]:
    """Read an index of skills; entries other than texts on the index's own origin are left out.

    Raises:
        ValueError: the document is not an index.
    """
    try:
        index = parse_json(document.body)
    except InvalidJsonError as error:
        raise ValueError(f"it is {error}") from None
    if not isinstance(index, dict) or not isinstance(index.get("skills"), list):
        raise ValueError("it has no list of skills")
    entries = [as_object(entry) for entry in as_list(index["skills"])]
    named = {skill.name: skill for skill in reversed(list(_skills(entries, document.url)))}
    return sorted(named.values(), key=lambda skill: skill.name)[:_MAX_SKILLS]


async def fetch_text(fetcher: Fetcher, skill: Skill) -> str:
    """Fetch a skill's text, without invisible characters and cut at 20,000 characters.

    Raises:
        FetchError: it cannot be fetched, leads to another origin, or is not the text of the index's digest.
    """
    document = await replace(fetcher, max_bytes=_MAX_BYTES).fetch(skill.url, "text/markdown")
    if origin_of(document.url) != origin_of(skill.url):
        raise FetchError("it leads to another origin")
    if skill.digest and hashlib.sha256(document.body).hexdigest() != skill.digest:
        raise FetchError("it differs from the digest in the index")
    return paragraph(document.body.decode(errors="replace"), _MAX_CHARACTERS)


def _skills(entries: list[JsonObject], base: str) -> Iterator[Skill]:
    for entry in entries:
        name, kind, target = (as_text(entry.get(member)) for member in ("name", "type", "url"))
        if kind not in ("", "skill-md") or len(name) > _MAX_NAME or not _NAME.fullmatch(name):
            continue
        try:
            url = resolve(base, target)
        except InvalidUrlError:
            continue
        if target and origin_of(url) == origin_of(base):
            description = one_line(as_text(entry.get("description")), _MAX_DESCRIPTION)
            yield Skill(name, description, url, as_text(entry.get("digest")).lower().removeprefix("sha256:"))
