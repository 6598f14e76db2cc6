from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from closient_mcp.tools.caller import Caller, caller
from closient_mcp.tools.errors import InvalidArgumentsError, RefusedError, UnreachableError
from closient_mcp.tools.results.result import Result
from closient_mcp.tools.toolset import result_store
from closient_mcp.tools.toolset.kept_results import KeptResults
from closient_mcp.tools.toolset.result_store import KeptResult, MemoryResultStore, ResultStoreError


def call_in(note: str) -> dict[str, Any]:
    """The arguments of the next `read_result` that a note names."""
    arguments, _ = json.JSONDecoder().raw_decode(note, note.index('{"result"'))
    return dict(arguments)


async def read(results: KeptResults, **arguments: Any) -> Result:
    return await results.tool().call(arguments)


async def test_a_long_text_is_read_page_by_page_until_its_end() -> None:
    results = KeptResults(10)
    first = await results.shorten(Result("0123456789abcdefghijXYZ", note="[n]"))
    assert first.text == "0123456789"
    assert "Characters 0 to 10 of 23" in first.note
    assert first.note.endswith("[n]")
    assert first.partial
    second = await read(results, **call_in(first.note))
    third = await read(results, **call_in(second.note))
    assert second.text + third.text == "abcdefghijXYZ"
    assert "the end" in third.note
    with pytest.raises(RefusedError, match="offset 23 is beyond the end"):
        await read(results, result=call_in(first.note)["result"], offset=23)


THINGS = {"data": [{"id": number, "text": "x" * (900 if number == 5 else 9)} for number in range(50)], "total": 50}


async def test_every_item_of_a_long_answer_can_be_read() -> None:
    results = KeptResults(400)
    page = await results.shorten(Result(json.dumps(THINGS)))
    items: list[Any] = json.loads(page.text)["data"]
    while "the end" not in page.note:
        following = call_in(page.note)
        assert following["select"] == "data"
        page = await read(results, **following)
        items += json.loads(page.text)
    assert [item["id"] for item in items] == list(range(50))
    assert items[5]["text"].endswith("more characters]")


async def test_a_string_that_was_cut_can_be_read_by_its_path() -> None:
    results = KeptResults(400)
    name = call_in((await results.shorten(Result(json.dumps(THINGS)))).note)["result"]
    page = await read(results, result=name, select="data", offset=5)
    assert "of [5].text" in page.note
    assert len(json.loads((await read(results, result=name, select="data[5].text", offset=700)).text)) == 200


async def test_a_selection_is_made_before_the_result_is_cut() -> None:
    results = KeptResults(400)
    shown = await results.shorten(Result(json.dumps(THINGS), note="[n]", select="data[?id >= `48`].id"))
    assert (shown.text, shown.note, shown.partial) == ("[48,49]", "[n]", False)


async def test_a_long_selection_is_read_on_by_the_same_selection() -> None:
    results = KeptResults(100)
    first = await results.shorten(Result(json.dumps(THINGS), select="data[].id"))
    following = call_in(first.note)
    assert following["select"] == "data[].id"
    rest = await read(results, **following)
    assert json.loads(first.text) + json.loads(rest.text) == list(range(50))


async def test_rows_of_csv_are_selected_by_their_columns() -> None:
    table = "id,name\n" + "".join(f"{number},n{number}\n" for number in range(100))
    results = KeptResults(200)
    first = await results.shorten(Result(table, csv=True))
    assert "Rows 0 to" in first.note
    selected = await read(results, result=call_in(first.note)["result"], select="[?name == 'n42']")
    assert json.loads(selected.text) == [{"id": "42", "name": "n42"}]


@pytest.mark.parametrize("expression", ["data[", "sum(data)", "nosuch(@)", "(" * 900])
async def test_a_selection_that_cannot_be_made_says_why(expression: str) -> None:
    results = KeptResults(10)
    name = call_in((await results.shorten(Result('{"data":[{}],"more":1}'))).note)["result"]
    with pytest.raises(InvalidArgumentsError, match="JMESPath") as caught:
        await read(results, result=name, select=expression)
    assert "quotes" in caught.value.next_step


@pytest.mark.parametrize("answer", ["Done: HTTP 204, no content.", '{"data":[{}]}'])
async def test_rule_4_a_call_that_was_made_is_not_failed_by_its_selection(answer: str) -> None:
    shown = await KeptResults(40_000).shorten(Result(answer, note="[n]", select="sum(data)"))
    assert shown.text == answer
    assert shown.note.startswith("[`select` was ignored.")
    assert shown.note.endswith("[n]")


async def test_a_selection_that_finds_nothing_says_so() -> None:
    shown = await KeptResults(40_000).shorten(Result('{"data":[]}', select="other"))
    assert (shown.text, shown.note.strip()) == ("null", "[`select` found nothing, or null: check its names.]")
    results = KeptResults(10)
    name = call_in((await results.shorten(Result(json.dumps(list(range(20)))))).note)["result"]
    assert "found nothing" in (await read(results, result=name, select="other")).note


async def test_a_result_is_kept_for_an_hour() -> None:
    now = 0.0
    results = KeptResults(10, MemoryResultStore(lambda: now))
    following = call_in((await results.shorten(Result("x" * 20))).note)
    now = 3_600.0
    assert (await read(results, **following)).text
    now = 3_601.0
    with pytest.raises(RefusedError, match="no result named"):
        await read(results, **following)


@pytest.mark.parametrize(("limit", "most"), [("_MOST", 2), ("_MOST_BYTES", 40)])
async def test_the_oldest_result_makes_room_for_new_ones(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(result_store, limit, most)
    results = KeptResults(10)
    following = [call_in((await results.shorten(Result("x" * 20))).note) for _ in range(3)]
    with pytest.raises(RefusedError, match="no result named"):
        await read(results, **following[0])
    assert (await read(results, **following[2])).text == "x" * 10


async def test_rule_5_a_result_is_readable_only_in_the_session_that_got_it() -> None:
    results = KeptResults(10)
    own = caller.set(Caller("a"))
    following = call_in((await results.shorten(Result("x" * 20))).note)
    other = caller.set(Caller("b"))
    with pytest.raises(RefusedError, match="no result named"):
        await read(results, **following)
    caller.reset(other)
    assert (await read(results, **following)).text
    caller.reset(own)
    assert len(following["result"]) >= 22  # 128 bits


async def test_results_of_one_session_do_not_push_out_those_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_store, "_MOST", 3)
    results = KeptResults(10)
    own = caller.set(Caller("a"))
    following = call_in((await results.shorten(Result("x" * 20))).note)
    other = caller.set(Caller("b"))
    for _ in range(5):
        await results.shorten(Result("y" * 20))
    caller.reset(other)
    assert (await read(results, **following)).text
    caller.reset(own)


class LostStore:
    """A store elsewhere that cannot be reached."""

    async def keep(self, owner: str, result: KeptResult) -> str:
        raise ResultStoreError("the store does not answer")

    async def find(self, owner: str, name: str) -> KeptResult | None:
        raise ResultStoreError("the store does not answer")


async def test_a_result_that_cannot_be_kept_is_shown_in_part_and_says_why() -> None:
    results = KeptResults(10, LostStore())
    shown = await results.shorten(Result("0123456789abc", note="[n]"))
    assert shown.text == "0123456789"
    assert shown.note == ("[Characters 0 to 10 of 13. The rest cannot be read, because the store does not answer.] [n]")
    with pytest.raises(UnreachableError, match="cannot be read now, because the store does not answer"):
        await read(results, result="name")


@pytest.mark.parametrize("select", ["", "data[?id > `1`].id"])
async def test_other_calls_go_on_while_a_long_result_is_read(select: str) -> None:
    other = anyio.Event()

    async def call_another_tool() -> None:
        other.set()

    async with anyio.create_task_group() as group:
        group.start_soon(call_another_tool)
        await KeptResults(1_000).shorten(Result(json.dumps(THINGS), select=select))
        assert other.is_set()
