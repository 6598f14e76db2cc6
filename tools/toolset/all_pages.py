"""Reading the pages of a list in one call."""

from __future__ import annotations

from dataclasses import replace

import anyio

from ..caller import caller
from ..errors import ToolError
from ..formats.json_values import InvalidJsonError, JsonObject, JsonValue, as_object, to_text
from ..formats.text import counted
from ..results.result import Result
from .tool import Tool

MAX_PAGES = 50
_MAX_CHARACTERS = 16_000_000
# Hosts give up on a call at 60 seconds.
_SECONDS = 45.0


async def call_all_pages(tool: Tool, arguments: JsonObject) -> Result:
    """Call a tool, and again for each next page; return the last page with the items of all of them.

    Ends after 50 pages, 16 million characters or 45 seconds, and where a page fails or repeats; the note says so.

    Raises:
        ToolError: the first call failed.
    """
    until = anyio.current_time() + _SECONDS
    result = await tool.call(arguments)
    if result.next_page is None:
        return result
    path = result.next_page.items
    if path is None or not result.next_page.arguments:
        return replace(result, note=f"[One page: closient-mcp could not merge this page with the next.] {result.note}")
    items = [*_items(result, path)]
    pages, characters, reason = 1, len(result.text), ""
    seen: set[str] = set()
    while (following := result.next_page) and not reason:
        if pages == MAX_PAGES or characters > _MAX_CHARACTERS:
            reason = f"{MAX_PAGES} pages and {_MAX_CHARACTERS:,} characters are the limits"
        elif (key := to_text(following.arguments)) in seen:
            reason = "the service gives the same next page again"
        else:
            seen.add(key)
            await caller.get().report(f"Read {counted(pages, 'page')} of {tool.name}, {counted(len(items), 'item')}")
            try:
                with anyio.fail_after(until - anyio.current_time()):
                    result = await tool.call({**arguments, **following.arguments})
            except (ToolError, TimeoutError) as error:
                timed_out = isinstance(error, TimeoutError)
                reason = f"{_SECONDS:.0f} seconds are the limit" if timed_out else str(error)
                continue
            pages, characters = pages + 1, characters + len(result.text)
            items += _items(result, path)
    return _merged(result, path, items, pages, reason)


def _merged(result: Result, path: tuple[str, ...], items: list[JsonValue], pages: int, reason: str) -> Result:
    from ..results.excerpts import exact_json
    from ..results.page_facts import page_facts

    text = exact_json(_with_items(_value(result), path, items))
    counts = f"{counted(len(items), 'item')} of {counted(pages, 'page')}"
    if result.next_page is None and page_facts(_value(result), {}).mentions_more:
        reason = "the last page says that there is more, but not how to get it"
    elif result.next_page is None:
        return replace(result.with_text(text), note=f"[All {counts}.] {result.note}")
    return replace(
        result.with_text(text), note=f"[{counts}: reading ended because {reason.rstrip('.')}.] {result.note}"
    )


def _items(result: Result, path: tuple[str, ...]) -> list[JsonValue]:
    value = _value(result)
    for name in path:
        value = as_object(value).get(name)
    return value if isinstance(value, list) else []


def _with_items(value: JsonValue, path: tuple[str, ...], items: list[JsonValue]) -> JsonValue:
    if not path:
        return items
    node = as_object(value)
    return {**node, path[0]: _with_items(node.get(path[0]), path[1:], items)}


def _value(result: Result) -> JsonValue:
    try:
        return result.parsed()
    except InvalidJsonError:
        return None
