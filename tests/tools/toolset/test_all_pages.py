from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import anyio
import pytest

from closient_mcp.tools.caller import Caller, caller
from closient_mcp.tools.errors import InvalidArgumentsError, UpstreamError
from closient_mcp.tools.formats.json_values import JsonObject
from closient_mcp.tools.results.next_page import NextPage
from closient_mcp.tools.results.result import Result
from closient_mcp.tools.schema.validation import ArgumentChecker
from closient_mcp.tools.tiers.tier import TIERS, Tier
from closient_mcp.tools.toolset import all_pages
from closient_mcp.tools.toolset.all_pages import call_all_pages
from closient_mcp.tools.toolset.finders import Finders
from closient_mcp.tools.toolset.tool import Tool

from ...fakes.virtual_time import in_virtual_time


def listing(*pages: Any, path: tuple[str, ...] | None = (), then: Any = None, tier: Tier = "read") -> Tool:
    """A tool that returns these pages by their number; after the last, `then`, or the end."""

    async def call(arguments: JsonObject) -> Result:
        number = arguments.get("page", 0)
        assert isinstance(number, int)
        if isinstance(pages[number], Exception):
            raise pages[number]
        following = number + 1 if number + 1 < len(pages) else then
        found = None if following is None else NextPage("There is more.", {"page": following}, path)
        return Result(json.dumps(pages[number]), note="[n]", next_page=found, partial=found is not None)

    schema: JsonObject = {"type": "object", "properties": {"page": {"type": "integer"}, "q": {"type": "string"}}}
    return Tool("things_list", "List things", "List things.", schema, tier, call)


async def test_the_items_of_all_pages_are_in_the_last_page() -> None:
    tool = listing({"data": [1, 2], "has_more": True}, {"data": [3, 4], "has_more": True},
                   {"data": [5], "has_more": False}, path=("data",))  # fmt: skip
    result = await call_all_pages(tool, {"q": "x"})
    assert json.loads(result.text) == {"data": [1, 2, 3, 4, 5], "has_more": False}
    assert (result.note, result.partial) == ("[All 5 items of 3 pages.] [n]", False)


async def test_pages_that_are_arrays_become_one_array() -> None:
    assert json.loads((await call_all_pages(listing([1], [2], [3]), {})).text) == [1, 2, 3]


async def test_a_list_of_one_page_is_returned_as_it_is() -> None:
    assert await call_all_pages(listing([1]), {}) == Result("[1]", note="[n]")


async def test_pages_without_a_clear_list_are_not_joined() -> None:
    result = await call_all_pages(listing({"a": [1], "b": [2]}, {"a": [3], "b": [4]}, path=None), {})
    assert json.loads(result.text) == {"a": [1], "b": [2]}
    assert result.note == "[One page: closient-mcp could not merge this page with the next.] [n]"


async def test_reading_ends_at_a_number_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_pages, "MAX_PAGES", 2)
    result = await call_all_pages(listing([1], [2], [3]), {})
    assert json.loads(result.text) == [1, 2]
    assert result.note.startswith("[2 items of 2 pages: reading ended because 2 pages and ")
    assert result.next_page == NextPage("There is more.", {"page": 2}, ())
    assert result.partial


async def test_a_last_page_beyond_the_limit_is_joined_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_pages, "_MAX_CHARACTERS", 10)
    result = await call_all_pages(listing(["a"], ["b" * 50, 1.5e300]), {})
    assert json.loads(result.text) == ["a", "b" * 50, 1.5e300]
    assert result.note == "[All 3 items of 2 pages.] [n]"


async def test_a_next_page_that_repeats_ends_the_reading() -> None:
    result = await call_all_pages(listing([1], [2], then=1), {})
    assert json.loads(result.text) == [1, 2]
    assert "the service gives the same next page again" in result.note


@pytest.mark.parametrize("last", [{"has_more": True}, {"next_cursor": "two words"}, {"links": {"next": "/x?y=2"}}])
async def test_a_last_page_that_mentions_more_is_not_called_the_end(last: dict[str, Any]) -> None:
    result = await call_all_pages(listing({"data": [1]}, {"data": [2], **last}, path=("data",)), {})
    assert json.loads(result.text)["data"] == [1, 2]
    assert result.note == (
        "[2 items of 2 pages: reading ended because the last page says that there is more, but not how to get it.] [n]"
    )


async def test_what_was_read_before_a_failure_is_returned_with_its_reason() -> None:
    result = await call_all_pages(listing([1], [2], UpstreamError(500, "acme answered HTTP 500.", "", {})), {})
    assert json.loads(result.text) == [1, 2]
    assert "reading ended because acme answered HTTP 500.]" in result.note


def test_reading_ends_before_hosts_give_up_on_the_call() -> None:
    tool = listing([1], [2], [3])

    async def slow(arguments: JsonObject) -> Result:
        await anyio.sleep(20)
        return await tool.call(arguments)

    async def main() -> Result:
        result = await call_all_pages(replace(tool, call=slow), {})
        assert anyio.current_time() == 45
        return result

    result = in_virtual_time(main)
    assert json.loads(result.text) == [1, 2]
    assert result.note.startswith("[2 items of 2 pages: reading ended because 45 seconds are the limit.]")


async def test_numbers_of_all_pages_keep_their_digits() -> None:
    call = listing([1], [2]).call

    async def exact(arguments: JsonObject) -> Result:
        result = await call(arguments)
        return Result("[0.10000000000000000001]", next_page=result.next_page)

    tool = Tool("t", "t", "t", {}, "read", exact)
    assert (await call_all_pages(tool, {})).text == "[0.10000000000000000001,0.10000000000000000001]"


async def test_progress_names_the_pages_read() -> None:
    reported: list[str] = []

    async def report(message: str) -> None:
        reported.append(message)

    token = caller.set(Caller("a", report))
    await call_all_pages(listing([1, 2], [3], [4]), {})
    caller.reset(token)
    assert reported == ["Read 1 page of things_list, 2 items", "Read 2 pages of things_list, 3 items"]


def finders_of(tool: Tool) -> Finders:
    return Finders(lambda: {tool.name: tool}, ArgumentChecker(), list[str])


async def use(finders: Finders, called: str, **arguments: Any) -> Result:
    (tool,) = (tool for tool in finders.tools(TIERS) if tool.name == called)
    return await tool.call(ArgumentChecker().check(called, tool.input_schema, arguments))


async def test_read_operation_reads_all_pages_and_selects_from_them() -> None:
    result = await use(
        finders_of(listing([1], [2])), "read_operation", name="things_list", all_pages=True, select="[-1]"
    )
    assert (result.text, result.select) == ("[1,2]", "[-1]")


async def test_only_reads_take_all_pages() -> None:
    with pytest.raises(InvalidArgumentsError, match="all_pages"):
        await use(finders_of(listing([1], tier="create")), "create_operation", name="things_list", all_pages=True)


async def test_an_invalid_selection_is_refused_before_anything_is_sent() -> None:
    tool = listing(AssertionError("sent"), tier="create")
    with pytest.raises(InvalidArgumentsError, match="JMESPath"):
        await use(finders_of(tool), "create_operation", name="things_list", select="data[")
