"""Adding, setting and removing in TOML: every other character stays."""

from __future__ import annotations

import string
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as some

from closient_mcp.server.settings.toml_text import (
    InvalidTomlError,
    table_text,
    with_tables,
    with_value,
    without_value,
)

CONFIG = """\
# my settings
model = "gpt-5"

[mcp_servers.other] # keep
command = "x"
args = [
  "[mcp_servers.closient]", # no header
]

# ours
[mcp_servers.closient]
# a note
command = "/old" # was here
startup_timeout_sec = 20

[mcp_servers.closient.env]
A = "1"

# profiles
[profiles.a]
m = 1
"""


scalars = (
    some.text(max_size=30) | some.integers(-(2**53), 2**53) | some.booleans() | some.lists(some.text(), max_size=3)
)
keys = some.text(string.ascii_lowercase + "_", min_size=1, max_size=12)
tables = some.dictionaries(
    keys, scalars | some.dictionaries(keys, scalars | some.dictionaries(keys, scalars), max_size=5)
)


@given(tables)
def test_what_is_written_is_read_back_the_same(values: dict[str, Any]) -> None:
    text = with_tables("", table_text("systems.acme", values))
    assert tomli.loads(text)["systems"]["acme"] == values


@given(some.text(max_size=3), some.sampled_from(["", "\n", "\n\n", "\r\n", "\r\n\r\n"]))
def test_every_character_that_was_there_stays(comment: str, end: str) -> None:
    before = f"# {comment.translate({13: None, 10: None})}{end}"
    after = with_tables(before, "[systems.closient]\n", "[systems.acme]\n")
    assert after.startswith(before)
    lines = after[len(before) :].replace("\r\n", "\n").split("\n")
    assert [line for line in lines if line] == ["[systems.closient]", "[systems.acme]"]


def test_a_credential_has_a_table_of_its_own() -> None:
    values = {"site": "https://acme.example", "credential": {"grant": "api_key", "key": {"env": "ACME_API_KEY"}}}
    assert table_text("systems.acme", values).splitlines() == [
        "[systems.acme]",
        'site = "https://acme.example"',
        "",
        "[systems.acme.credential]",
        'grant = "api_key"',
        'key = { env = "ACME_API_KEY" }',
    ]


def test_a_key_is_set_where_it_is_and_its_comment_stays() -> None:
    after = with_value(CONFIG, ("mcp_servers", "closient", "command"), "/new")
    assert after == CONFIG.replace('"/old"', '"/new"')


def test_a_new_key_follows_the_last_of_its_table() -> None:
    after = with_value(CONFIG, ("mcp_servers", "closient", "args"), ["serve"])
    assert after == CONFIG.replace("sec = 20\n", 'sec = 20\nargs = ["serve"]\n')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[a.b]\nc = 1\n'),
        ("x = 1", 'x = 1\n\n[a.b]\nc = 1\n'),
        ("[a]\nx = 1\r\n", '[a]\nx = 1\r\n\r\n[a.b]\r\nc = 1\r\n'),
        ("[a.b]", "[a.b]\nc = 1\n"),
        ("[a]\nb.c = 0 # c", "[a]\nb.c = 1 # c"),
        ("[a]\nb = { d = '#' } # c\n", '[a]\nb = { d = "#", c = 1 } # c\n'),
        ("a = { b = { c = 0 } }\n", "a = { b = { c = 1 } }\n"),
        ('"a"."b".c = 0\n', '"a"."b".c = 1\n'),
        ("\ufeffa.b.c = 0\n", "\ufeffa.b.c = 1\n"),
    ],
    ids=["empty file", "no table", "Windows line ends", "header only", "dotted key", "inline table",
         "nested inline tables", "quoted names", "byte order mark"],
)  # fmt: skip
def test_a_value_is_set_in_every_way_that_a_table_can_be_written(before: str, after: str) -> None:
    assert with_value(before, ("a", "b", "c"), 1) == after


def test_an_inline_table_on_several_lines_is_not_changed() -> None:
    with pytest.raises(InvalidTomlError, match=r"give it a header: \[a\]"):
        with_value("a = {\n b = 1, # why\n}\n", ("a", "c"), 1)


def test_a_table_is_removed_with_its_sub_tables_and_the_comments_in_it() -> None:
    begin, end = CONFIG.index("[mcp_servers.closient]\n#"), CONFIG.index("# profiles")
    assert without_value(CONFIG, ("mcp_servers", "closient")) == CONFIG[:begin] + CONFIG[end - 1 :]


def test_a_table_at_the_end_leaves_no_blank_line() -> None:
    assert without_value("x = 1\n\n[a]\ny = 2\n", ("a",)) == "x = 1\n"


@pytest.mark.parametrize("text", ["a = ", "[a", 'a = "', "a = 1\na = 2", "[" * 3000])
def test_what_is_not_toml_is_an_error(text: str) -> None:
    with pytest.raises(InvalidTomlError):
        without_value(text, ("a",))


@given(some.dictionaries(keys, tables, max_size=4), keys)
def test_a_table_that_is_added_and_removed_leaves_every_character(document: dict[str, Any], name: str) -> None:
    document.pop(name, None)
    text = "\n".join(table_text(key, table) for key, table in document.items())
    changed = with_value(text, ("servers", name), {"command": "x"}) if name != "servers" else text
    if "servers" in document or changed == text:
        return
    assert tomli.loads(changed) == {**document, "servers": {name: {"command": "x"}}}
    assert without_value(changed, ("servers", name)) == text
