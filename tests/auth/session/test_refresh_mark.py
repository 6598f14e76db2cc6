"""The mark of a refresh that was sent: who may still save its answer."""

from __future__ import annotations

import pytest

from closient_mcp.auth.records import Record, Tokens
from closient_mcp.auth.session.refresh_mark import Answer, is_marked, new_mark

MARK = new_mark("refresh-token-0")
OTHER_MARK = new_mark("refresh-token-0")


def record(refresh_token: str | None, refreshing: str = "") -> Record:
    tokens = Tokens(access_token="a", refresh_token=refresh_token, obtained_at=0.0) if refresh_token else None
    return Record(system="acme", site="https://www.example.com", tokens=tokens, refreshing=refreshing)


@pytest.mark.parametrize(
    ("stored", "belongs"),
    [
        (record("refresh-token-0", MARK), True),
        (record("refresh-token-0"), True),
        (record(None, MARK), True),
        (record("refresh-token-0", OTHER_MARK), False),
        (record(None, OTHER_MARK), False),
        (record(None), False),
        (record("refresh-token-of-a-new-sign-in"), False),
        (record("refresh-token-of-a-new-sign-in", MARK), False),
    ],
    ids=[
        "waiting", "not marked yet", "given up by another", "sent again by another", "given up after another",
        "signed out", "signed in again", "signed in again, mark left",
    ],
)  # fmt: skip
def test_an_answer_is_saved_only_where_it_is_still_awaited(stored: Record, belongs: bool) -> None:
    answer = Answer("refresh-token-0", Tokens(access_token="b", obtained_at=0.0), MARK)
    assert answer.belongs_to(stored) is belongs


@pytest.mark.parametrize(
    ("refresh_token", "belongs"),
    [("refresh-token-0", True), ("refresh-token-1", False), (None, False)],
    ids=["unchanged", "changed", "signed out"],
)
def test_without_a_mark_the_record_must_have_the_token_that_was_sent(refresh_token: str | None, belongs: bool) -> None:
    answer = Answer("refresh-token-0", Tokens(access_token="b", obtained_at=0.0))
    assert answer.belongs_to(record(refresh_token)) is belongs


@pytest.mark.parametrize(
    ("refresh_token", "obtained_at", "belongs"),
    [("refresh-token-0", 1.0, False), ("refresh-token-0", 2.0, True), ("refresh-token-1", 1.0, True)],
    ids=["older", "not older", "another token, clock behind"],
)
def test_an_answer_does_not_replace_newer_tokens_with_the_same_refresh_token(
    refresh_token: str, obtained_at: float, belongs: bool
) -> None:
    tokens = Tokens(access_token="a", refresh_token="refresh-token-0", obtained_at=2.0)
    stored = Record(system="acme", site="https://www.example.com", tokens=tokens)
    answered = Tokens(access_token="b", refresh_token=refresh_token, obtained_at=obtained_at)
    assert Answer("refresh-token-0", answered).belongs_to(stored) is belongs


def test_a_mark_is_for_one_request_and_shows_no_token() -> None:
    assert MARK != OTHER_MARK
    assert "refresh-token-0" not in MARK
    assert is_marked(record("refresh-token-0", MARK), "refresh-token-0")
    assert not is_marked(record("refresh-token-0", MARK), "refresh-token-1")
    assert not is_marked(record("refresh-token-0"), "refresh-token-0")
