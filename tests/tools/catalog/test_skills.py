"""The index of a site's agent skills, and their texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from closient_mcp.tools.catalog.skills import Skill, fetch_skills, fetch_text, read_index
from closient_mcp.tools.http.fetched import Document, FetchError
from closient_mcp.tools.http.fetcher import Fetcher

from ...fakes.service import Reply, Service

SITE = "https://site.example"
INDEX = f"{SITE}/.well-known/agent-skills/index.json"


def read(body: Any) -> list[Skill]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_index(Document(content, INDEX))


def entry(**members: Any) -> dict[str, Any]:
    return {"name": "find-it", "type": "skill-md", "description": "Find it.", "url": "find-it/SKILL.md", **members}


@asynccontextmanager
async def fetcher(*origins: str) -> AsyncGenerator[Fetcher]:
    async with httpx2.AsyncClient(verify=False, trust_env=False) as client:
        yield Fetcher(client, frozenset(origins))


def test_a_skill_has_a_name_a_description_a_url_and_a_digest() -> None:
    (skill,) = read({"skills": [entry(digest="sha256:AB12")]})

    assert skill == Skill("find-it", "Find it.", f"{SITE}/.well-known/agent-skills/find-it/SKILL.md", "ab12")


@pytest.mark.parametrize(
    "members",
    [
        {"name": "Find It"},
        {"name": "x" * 65},
        {"name": 7},
        {"type": "archive"},
        {"url": ""},
        {"url": "https://elsewhere.example/SKILL.md"},
        {"url": "file:///etc/passwd"},
        {"url": "http://site.example/SKILL.md"},
    ],
    ids=str,
)
def test_rule_2_an_entry_that_is_no_text_of_the_site_is_left_out(members: dict[str, Any]) -> None:
    assert read({"skills": [entry(**members), entry(name="other")]}) == read({"skills": [entry(name="other")]})


def test_rule_2_descriptions_are_cleaned_and_cut_and_skills_counted() -> None:
    (skill,) = read({"skills": [entry(description="Find\u202e it.\n" + "word " * 99)]})

    assert skill.description.startswith("Find it. word")
    assert len(skill.description) <= 300
    assert len(read({"skills": [entry(name=f"skill-{number}") for number in range(99)]})) == 50


def test_of_two_skills_of_one_name_the_first_counts() -> None:
    assert [skill.description for skill in read({"skills": [entry(), entry(description="Other.")]})] == ["Find it."]


@pytest.mark.parametrize("body", [b"<!doctype html>", b"[]", b'{"skills": {}}', b"\xff"])
def test_what_is_no_index_is_an_error(body: bytes) -> None:
    with pytest.raises(ValueError, match="it "):
        read(body)


async def test_a_text_is_fetched_without_what_is_invisible(service: Service) -> None:
    text = "# Find it\u200b\n\n1. Look.\n"
    service.routes["/index.json"] = Reply(
        {"skills": [entry(url="/SKILL.md", digest=f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")]}
    )
    service.routes["/SKILL.md"] = Reply(text)
    async with fetcher(service.url) as anonymous:
        (skill,) = await fetch_skills(anonymous, f"{service.url}/index.json")
        assert await fetch_text(anonymous, skill) == "# Find it\n\n1. Look."


@pytest.mark.parametrize(
    ("reply", "digest", "reason"),
    [
        (Reply("changed"), "0" * 64, "differs from the digest"),
        (Reply("x" * 1_100_000), "", "larger than 1 MiB"),
        (Reply(b"", 404), "", "HTTP 404"),
    ],
    ids=["digest", "size", "missing"],
)
async def test_rule_2_another_text_than_that_of_the_index_is_refused(
    service: Service, reply: Reply, digest: str, reason: str
) -> None:
    service.routes["/SKILL.md"] = reply
    async with fetcher(service.url) as anonymous:
        with pytest.raises(FetchError, match=reason):
            await fetch_text(anonymous, Skill("find-it", "", f"{service.url}/SKILL.md", digest))


async def test_rule_2_a_text_of_another_origin_is_refused(service: Service) -> None:
    elsewhere = service.url.replace("127.0.0.1", "localhost")
    service.routes["/SKILL.md"] = Reply(b"", 302, {"location": f"{elsewhere}/other"})
    service.routes["/other"] = Reply("text")
    async with fetcher(service.url, elsewhere) as anonymous:
        with pytest.raises(FetchError, match="another origin"):
            await fetch_text(anonymous, Skill("find-it", "", f"{service.url}/SKILL.md"))
