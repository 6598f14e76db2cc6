"""How to get the next page, only where the response is unambiguous and the operation takes the argument."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, to_text
from ..openapi.operation import Operation, Parameter
from ..schema.argument_errors import BODY
from ..schema.coercion import MAX_SAFE_INTEGER
from .page_facts import PageFacts, page_facts, plain, whole_number

_CURSOR_FACTS = ("cursornext", "nextcursor", "nextpagetoken", "nextpagecursor", "nexttoken", "nextcontinuationtoken",
                 "continuationtoken", "continuation", "nextmarker", "nextoffset", "nextstart", "nextpage", "next",
                 "endcursor", "after", "startingafter", "bookmark", "cursor", "pagetoken", "paginationtoken",
                 "offset", "vidoffset")  # fmt: skip
_CURSORS = ("cursor", "pagetoken", "nextpagetoken", "nextcursor", "pagecursor", "startcursor", "nexttoken", "marker",
            "continuationtoken", "continuation", "after", "pageafter", "aftercursor", "startingafter", "bookmark",
            "paginationtoken", "vidoffset")  # fmt: skip
_AFTER_ITEM = ("startingafter", "afterid", "after")
_PAGES = ("page", "pagenumber", "pageno", "pagenum", "pageindex", "currentpage")
_OFFSETS = ("skip", "offset", "start", "startat", "startindex", "pageoffset", "firstresult")
_TOTALS = ("total", "totalcount", "totalresults", "totalitems", "totalelements", "totalrecords", "wptotal",
           "odatacount")  # fmt: skip
_PAGE_COUNTS = ("totalpages", "pagecount", "lastpage", "numpages", "totalpagecount", "pages",
                "wptotalpages")  # fmt: skip
_PAGE_SIZES = ("perpage", "pagesize", "itemsperpage", "limit", "size")
# Counted from 1 by some services and from 0 by others.
_ANY_BASE = ("start", "startindex")
# Cursors after the last page.
_ENDS = ("0", "-1", "null", "None", "nil")
# The service must not be able to put words into the sentence.
_CURSOR = re.compile(r"[!-~]{1,1000}")


@dataclass(frozen=True, slots=True)
class NextPage:
    """The next page: a sentence for the model, and the `arguments` that change, if a program can tell them.

    `items` is the path of the list in the response, None if it is not clear which.
    """

    sentence: str
    arguments: JsonObject = field(default_factory=dict[str, JsonValue])
    items: tuple[str, ...] | None = None


def find_next_page(
    operation: Operation, arguments: JsonObject, answer: JsonValue, headers: Mapping[str, str]
) -> NextPage | None:
    """The next page of a response, None if it is the last or unknown."""
    # A write must not be repeated; a GraphQL POST may be a query.
    if operation.tier == "read" and _takes_changes(operation, arguments):
        facts = page_facts(answer, headers)
        if facts.more is False:
            return None
        pager = _Pager(operation, arguments, facts)
        for changes in (pager.by_cursor, pager.by_url, pager.by_page, pager.by_offset, pager.by_last_item):
            if changed := changes():
                return NextPage(_sentence(changed, arguments), changed, None if facts.items is None else facts.path)
    return _by_edges(as_object(answer))


def _takes_changes(operation: Operation, arguments: JsonObject) -> bool:
    """Whether there is an argument that could ask for another page."""
    return BODY in arguments or any(parameter.location == "query" for parameter in operation.parameters)


@dataclass(frozen=True, slots=True)
class _Pager:
    """Finds the arguments of the next page, in several ways; {} if there are none."""

    operation: Operation
    arguments: JsonObject
    facts: PageFacts

    def by_cursor(self) -> JsonObject:
        named = self.facts.named
        found = [name for name in _CURSOR_FACTS if self._is_cursor(named.get(name), name)]
        for name in found:
            if page := self._with_cursor(name, named[name]):
                return page
        return {}

    def _with_cursor(self, found: str, cursor: JsonValue) -> JsonObject:
        is_position = found in ("nextpage", "nextoffset", "nextstart") or (found == "next" and isinstance(cursor, int))
        names = (*_PAGES, *_OFFSETS) if is_position else _CURSORS
        if parameter := self._parameter((found, found.removeprefix("next"))) or self._parameter(names):
            return self._change(parameter, cursor)
        body = self.arguments.get(BODY)
        # Searches by POST may take the cursor in the body, under the name by which the response gives it.
        if isinstance(body, dict) and found == "cursor" and body.get("cursor") != cursor:
            return {BODY: {**body, "cursor": cursor}}
        return {}

    @staticmethod
    def _is_cursor(value: JsonValue, name: str = "") -> bool:
        if name == "offset" and whole_number(value) is not None:  # of this page
            return False
        if isinstance(value, str):
            # Base64 may begin with a slash, as a path does.
            is_url = "?" in value or "://" in value[:10] or (value[:1] == "/" and name in ("next", "nextpage"))
            return not is_url and value not in _ENDS and _CURSOR.fullmatch(value) is not None
        return isinstance(value, int) and not isinstance(value, bool) and value > 0

    def by_url(self) -> JsonObject:
        """By the URL of the next page, in the body or the `Link` header (RFC 8288): the changes of its query."""
        url = next(iter(self.facts.urls), "")
        try:
            query = dict(parse_qsl(url[:4_000].partition("?")[2].partition("#")[0], max_num_fields=50))
        except ValueError:  # too many fields
            return {}
        parameters = {p.name: p for p in self.operation.parameters if p.location == "query"}
        changed: JsonObject = {}
        for name, text in query.items():
            parameter = parameters.get(name)
            if parameter is None:
                return {}
            given = self.arguments.get(parameter.argument)
            if text != (given if isinstance(given, str) else to_text(given)):
                if not _CURSOR.fullmatch(text):
                    return {}
                changed |= self._change(parameter, text)
        return changed if len(changed) <= 3 else {}

    def by_page(self) -> JsonObject:
        """By the number of the page: the response has a later one."""
        parameter = self._parameter(_PAGES)
        if parameter is None:
            return {}
        page = self._first_known(parameter, self.facts.number(*_PAGES, "number"))
        if page is None:
            return {}
        last = self._last_page()
        if last is not None and (page == 0 or self._counts_from_zero(parameter)):
            last -= 1
        is_more = page < last if last is not None else self.facts.more
        return self._change(parameter, page + 1) if is_more else {}

    def _last_page(self) -> int | None:
        if (count := self.facts.number(*_PAGE_COUNTS)) is not None:
            return count
        total, size = self.facts.number(*_TOTALS), self.facts.number(*_PAGE_SIZES) or self._argument(_PAGE_SIZES)
        return -(-total // size) if total is not None and size else None

    def by_offset(self) -> JsonObject:
        """By an offset: the response has more items, and the operation takes a number of items to skip."""
        parameter = self._parameter(_OFFSETS)
        count = len(self.facts.items or ())
        if parameter is None or not count:
            return {}
        name = plain(parameter.name)
        stated, total = self.facts.number(name), self.facts.number(*_TOTALS)
        offset = self._first_known(parameter, stated)
        if offset is None and parameter.argument not in self.arguments and name not in _ANY_BASE:
            offset = 0
        if offset is None:
            return {}
        if name == "offset" and stated and total is None and stated > (self._argument((name,)) or 0):
            return self._change(parameter, stated) if self.facts.more else {}  # of the next page
        is_more = self.facts.more
        if total is not None:
            one_based = name in _ANY_BASE and self._counts_from_one(parameter)
            is_more = offset + count < total + one_based
        return self._change(parameter, offset + count) if is_more else {}

    def by_last_item(self) -> JsonObject:
        """By the identifier of the last item, where the response says that there are more."""
        parameter = self._parameter(_AFTER_ITEM)
        if parameter is None or not self.facts.more or not self.facts.items:
            return {}
        last = self.facts.named.get("lastid") or as_object(self.facts.items[-1]).get("id")
        return self._change(parameter, last) if self._is_cursor(last) else {}

    def _parameter(self, names: tuple[str, ...]) -> Parameter | None:
        """The only query parameter with one of these names in any spelling: `_cursor`, `pageToken`."""
        found = [p for p in self.operation.parameters if p.location == "query" and plain(p.name) in names]
        return found[0] if len(found) == 1 else None

    def _argument(self, names: tuple[str, ...]) -> int | None:
        parameter = self._parameter(names)
        return self._first_known(parameter, None) if parameter else None

    def _first_known(self, parameter: Parameter, fact: int | None) -> int | None:
        """The argument, else what the response says, else the default."""
        given = self.arguments.get(parameter.argument)
        if given is not None:
            return whole_number(given)
        return fact if fact is not None else whole_number(self._schema(parameter).get("default"))

    def _counts_from_zero(self, parameter: Parameter) -> bool:
        schema = self._schema(parameter)
        return 0 in (schema.get("default"), schema.get("minimum")) or "number" in self.facts.named

    def _counts_from_one(self, parameter: Parameter) -> bool:
        schema = self._schema(parameter)
        return 1 in (schema.get("default"), schema.get("minimum")) or "itemsperpage" in self.facts.named

    def _schema(self, parameter: Parameter) -> JsonObject:
        return as_object(as_object(self.operation.input_schema["properties"]).get(parameter.argument))

    def _change(self, parameter: Parameter, value: JsonValue) -> JsonObject:
        """The argument in the parameter's type, {} if it is that of this page or of an earlier one."""
        kind, number = self._schema(parameter).get("type"), whole_number(value)
        given = self.arguments.get(parameter.argument)
        now = whole_number(given) if plain(parameter.name) in (*_PAGES, *_OFFSETS) else None
        if now is not None and number is not None and number <= now:
            return {}
        if kind in ("integer", "number") and number is not None:
            value = number
        elif kind == "string" and isinstance(value, int) and value > MAX_SAFE_INTEGER:
            value = str(value)
        return {} if given == value else {parameter.argument: value}


def _sentence(changes: JsonObject, arguments: JsonObject) -> str:
    body = changes.get(BODY)
    if isinstance(body, dict) and isinstance(arguments.get(BODY), dict):
        return f'There is more: call again with the same `{BODY}` and "cursor": {to_text(body["cursor"])} in it.'
    return f"There is more: call again with {', '.join(f'{name}={to_text(value)}' for name, value in changes.items())}."


def _by_edges(node: JsonObject) -> NextPage | None:
    """By the only unfinished GraphQL connection (Relay): the cursor of its last edge, else `endCursor`."""
    unfinished = [
        (name, as_object(connection))
        for name, connection in as_object(node.get("data")).items()
        if re.fullmatch(r"[_A-Za-z]\w{0,60}", name, re.ASCII)
        and as_object(as_object(connection).get("pageInfo")).get("hasNextPage") is True
    ]
    if len(unfinished) != 1:
        return None
    name, connection = unfinished[0]
    cursors = [as_object(edge).get("cursor") for edge in as_list(connection.get("edges"))[-1:]]
    cursors.append(as_object(connection["pageInfo"]).get("endCursor"))
    cursor = next((text for text in cursors if isinstance(text, str) and _CURSOR.fullmatch(text)), "")
    return NextPage(f"There is more of `{name}`, after the cursor {to_text(cursor)}.") if cursor else None
