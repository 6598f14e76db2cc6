"""Finding tools: by an exact name, operationId or path, else by the words of a query."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object
from ..formats.words import words_of
from ..schema.argument_errors import BODY
from ..search.index import SearchEntry, SearchIndex
from ..search.terms import content_words
from ..tiers.judgement import tier_of_verb
from ..tiers.tier import Tier
from .request_lines import similar_requests
from .tool import Tool

# The weights of names and title, path and tags, the first sentence, the other sentences, the arguments, and the members
# of the answer.
_WEIGHTS = (3.0, 2.0, 1.5, 0.7, 0.5, 0.1)
_MAX_ARGUMENT_WORDS = 120
_MAX_ANSWER_WORDS = 60
# Factor for a tool whose tier fits the query's verb.
_SAME_TIER = 1.6
# Factor for each further hit of the same system.
_NEXT_OF_SYSTEM = 0.9
# A tool that covers a smaller part of the query probably doesn't do what is asked.
_WEAK = 0.55
# A query of these words alone asks for nothing in particular.
_GENERAL_VERBS = {"add", "create", "delete", "do", "find", "get", "list", "make", "read", "remove", "set", "show",
    "update"}  # fmt: skip
_PARAMETER = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class FoundTool:
    """A tool that fits a query; `weak` if it lacks most of what the query asks for."""

    tool: Tool
    weak: bool = False


class ToolIndex:
    """An index of tools, built once and searched often."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._exact: dict[str, list[Tool]] = defaultdict(list)
        self._tools = list(tools)
        entries: list[SearchEntry[Tool]] = []
        for tool in self._tools:
            entries.append(_search_entry(tool))
            for key in _keys(tool):
                self._exact[key].append(tool)
        self._index = SearchIndex(entries, _WEIGHTS)

    def exact(self, text: str) -> list[Tool]:
        """The tools with this name, operationId, `METHOD /path` or path, in any case, preferably in this one."""
        found = self._exact.get(_key(text), [])
        return [tool for tool in found if text.strip() in (tool.name, tool.operation_id)] or found

    def similar(self, text: str) -> list[Tool]:
        """The tools that a request line or URL with values in its path may mean."""
        return similar_requests(text, self._tools)

    def search(self, query: str) -> list[FoundTool]:
        """The tools that fit a query, best first."""
        exact = self.exact(query) or self.similar(query)
        wanted = _wanted_tier(query)
        asks_nothing = {*content_words(query)} <= _GENERAL_VERBS
        names = {tool.name for tool in exact}
        hits = [hit for hit in self._index.search(query) if hit.item.name not in names]
        scored = [(hit.score * (_SAME_TIER if hit.item.tier == wanted else 1), hit) for hit in hits]
        scored.sort(key=lambda pair: -pair[0])
        seen: Counter[str] = Counter()
        varied: list[tuple[float, FoundTool]] = []
        for score, hit in scored:
            system = hit.item.system
            varied.append(
                (score * _NEXT_OF_SYSTEM ** seen[system], FoundTool(hit.item, asks_nothing or hit.covered < _WEAK))
            )
            seen[system] += 1
        varied.sort(key=lambda pair: -pair[0])
        return [*map(FoundTool, exact), *(found for _, found in varied)]


def _wanted_tier(query: str) -> Tier | None:
    """The tier of the first verb of a query."""
    tiers = map(tier_of_verb, content_words(query))
    return next((tier for tier in tiers if tier), None)


def _keys(tool: Tool) -> set[str]:
    request = f"{tool.method} {tool.path}" if tool.path else ""
    short = tool.name.removeprefix(f"{tool.system}_")
    return {_key(text) for text in (tool.name, short, tool.operation_id, request, tool.path) if text}


def _key(text: str) -> str:
    """What is compared, without regard to case, a last slash, and the names of path parameters."""
    return _PARAMETER.sub("{}", " ".join(text.casefold().strip("`'\" ").split())).rstrip("/") or "/"


def _search_entry(tool: Tool) -> SearchEntry[Tool]:
    system = words_of(tool.system)
    name = " ".join(word for word in words_of(tool.name) if word not in system)
    first, _, others = tool.description.partition(". ")
    texts = (
        f"{name} {tool.title} {tool.operation_id}",
        f"{tool.path} {' '.join(tool.tags)}",
        first,
        others,
        " ".join(islice(_argument_words(tool.input_schema), _MAX_ARGUMENT_WORDS)),
        " ".join(islice(_members(tool.answer), _MAX_ANSWER_WORDS)),
    )
    return SearchEntry(tool, (name, tool.title), texts, tool.system)


def _argument_words(schema: JsonObject) -> Iterator[str]:
    """The names and the choices of the arguments and of the properties of a body."""
    arguments = as_object(schema.get("properties"))
    for properties in (arguments, as_object(as_object(arguments.get(BODY)).get("properties"))):
        for name, node in properties.items():
            yield name
            yield from (value for value in as_list(as_object(node).get("enum")) if isinstance(value, str))


def _members(outline: JsonValue) -> Iterator[str]:
    """The names of all members in the outline of an answer."""
    for name, value in as_object(outline).items():
        yield name
        yield from _members(value)
    for item in as_list(outline):
        yield from _members(item)
