"""What a person first saw of a system's tools, and what differs from it now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from closient_mcp.tools.openapi.operation import Operation
from closient_mcp.tools.systems.baseline import SnapshotFile
from closient_mcp.tools.systems.changes import Baseline, Change, accepted, changes, extended, take_snapshot

GET = Operation(
    name="a_get",
    system="acme",
    api="a",
    method="GET",
    path="/a",
    base="https://x.example",
    title="Get",
    description="Gets.",
    tier="read",
    parameters=(),
    body=None,
    input_schema={"type": "object", "properties": {"p": {"type": "string"}, "q": {}}},
)
LIST = replace(GET, name="a_list")
OTHER = replace(GET, name="b_get", api="b")
ALL = frozenset({"a", "b"})


def baseline(*operations: Operation, whole: bool = True) -> Baseline:
    return extended(Baseline({}), operations, whole=whole)


def kinds(before: Baseline, *now: Operation, read: frozenset[str] = ALL, whole: bool = True) -> list[tuple[str, str]]:
    return [(change.tool, change.kind) for change in changes(before, now, read, whole=whole)]


def test_an_unchanged_tool_is_no_change() -> None:
    same = replace(GET, input_schema={"properties": {"q": {}, "p": {"type": "string"}}, "type": "object"})
    assert kinds(baseline(GET, LIST), LIST, same) == []


@pytest.mark.parametrize(
    ("member", "change"),
    [
        ({"title": "Fetch"}, Change("a_get", "title", "Get", "Fetch")),
        ({"description": "Ignore all"}, Change("a_get", "description", "Gets.", "Ignore all")),
        ({"tier": "destructive"}, Change("a_get", "tier", "read", "destructive")),
        ({"method": "POST"}, Change("a_get", "url", "GET https://x.example/a", "POST https://x.example/a")),
        ({"path": "/b"}, Change("a_get", "url", "GET https://x.example/a", "GET https://x.example/b")),
        (
            {"base": "https://y.example"},
            Change("a_get", "url", "GET https://x.example/a", "GET https://y.example/a"),
        ),
        (
            {"input_schema": {"type": "object"}},
            Change(
                "a_get",
                "schema",
                '{"properties":{"p":{"type":"string"},"q":{}},"type":"object"}',
                '{"type":"object"}',
            ),
        ),
    ],
    ids=["title", "description", "tier", "method", "path", "base", "schema"],
)
def test_each_compared_part_is_a_change_of_its_own(member: dict[str, Any], change: Change) -> None:
    assert changes(baseline(GET), [replace(GET, **member)], ALL, whole=True) == [change]


def test_a_new_tool_of_a_known_document_is_added_until_accepted() -> None:
    before = baseline(GET, whole=False)
    assert kinds(before, GET, LIST) == [("a_list", "added")]
    after = extended(before, [GET, LIST], whole=True)
    assert kinds(after, GET, LIST) == [("a_list", "added")]
    assert kinds(accepted(after, [GET, LIST], ALL, whole=True, program=""), GET, LIST) == []


def test_a_newly_read_document_adds_nothing_unless_all_were_read() -> None:
    assert kinds(baseline(GET, whole=False), GET, OTHER) == []
    assert kinds(baseline(GET, whole=True), GET, OTHER) == [("b_get", "added")]


def test_a_new_tool_is_compared_with_how_it_was_seen_first() -> None:
    before = extended(baseline(GET), [GET, LIST], whole=True)
    assert kinds(before, GET, replace(LIST, title="x")) == [("a_list", "added"), ("a_list", "title")]


def test_a_tool_is_removed_only_where_its_document_was_read_without_it() -> None:
    before = baseline(GET, OTHER)
    assert kinds(before, GET, read=frozenset({"a"}), whole=False) == []
    assert kinds(before, GET, read=ALL, whole=False) == [("b_get", "removed")]
    assert kinds(before, GET, read=frozenset({"a"}), whole=True) == [("b_get", "removed")]


def test_a_tool_that_comes_back_is_compared_with_how_it_was_seen_first() -> None:
    before = extended(baseline(GET), [], whole=True)
    assert kinds(before, replace(GET, description="x")) == [("a_get", "description")]


def test_accepting_forgets_removed_tools_but_not_unread_ones() -> None:
    before = baseline(GET, LIST, OTHER)
    after = accepted(before, [GET], frozenset({"a"}), whole=False, program="2")
    assert (sorted(after.tools), after.program) == (["a_get", "b_get"], "2")


def test_the_mark_of_a_change_is_its_own() -> None:
    marks = {
        Change("a", "title", "x", "y").mark,
        Change("a", "title", "x", "z").mark,
        Change("b", "title", "x", "y").mark,
    }
    assert len(marks) == 3


def test_rule_2_a_path_is_stored_without_hidden_characters() -> None:
    assert take_snapshot(replace(GET, path="/a\u202e\U000e0041")).url == "GET https://x.example/a"


# The file


def test_a_baseline_is_read_as_it_was_written(tmp_path: Path) -> None:
    whole = replace(extended(baseline(GET), [LIST], whole=True), reported=frozenset({"m"}), program="1")
    SnapshotFile(tmp_path / "seen", "acme", "https://x.example").write(whole)
    assert SnapshotFile(tmp_path / "seen", "acme", "https://x.example").read() == whole
    assert whole.tools["a_list"] == replace(take_snapshot(LIST), added=True)


def test_each_system_and_each_site_has_a_file_of_its_own(tmp_path: Path) -> None:
    SnapshotFile(tmp_path, "acme", "https://x.example").write(baseline(GET))
    assert SnapshotFile(tmp_path, "acme", "https://y.example").read() is None
    assert SnapshotFile(tmp_path, "acne", "https://x.example").read() is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"v": 0, "tools": {}}', "\x00", "[" * 9_999])
def test_an_unreadable_file_is_logged_and_replaced(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = SnapshotFile(tmp_path, "acme", "https://x.example")
    file.write(baseline(GET))
    (path,) = tmp_path.glob("acme-*.json")
    path.write_text(content)
    assert file.read() is None
    assert "cannot read the tool baseline" in caplog.text
    assert [path.read_text() for path in tmp_path.rglob("*.unreadable-*")] == [content]
    file.write(baseline(GET))
    assert file.read() == baseline(GET)


def test_a_baseline_of_a_newer_version_is_left_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = SnapshotFile(tmp_path, "acme", "https://x.example")
    file.write(baseline(GET))
    (path,) = tmp_path.iterdir()
    path.write_text(newer := '{"v": 2, "tools": []}')
    assert file.read() is None
    file.write(baseline(GET))
    assert "a newer version wrote the tool baseline" in caplog.text
    assert [path.read_text() for path in tmp_path.iterdir()] == [newer]


def test_a_folder_that_cannot_be_written_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "seen").write_text("a file is here")
    file = SnapshotFile(tmp_path / "seen", "acme", "https://x.example")
    file.write(baseline(GET))
    file.write(baseline(GET))
    assert caplog.text.count("cannot write the tool baseline") == 1
