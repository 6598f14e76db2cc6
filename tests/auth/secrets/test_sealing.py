"""Sealed values: what was changed, or sealed with another key or for another purpose, cannot be opened."""

from __future__ import annotations

import pytest

from closient_mcp.auth.secrets.sealing import Sealer, UnsealError

OLD, NEW = b"o" * 32, b"n" * 32


def test_a_value_is_opened_with_any_of_the_keys_and_sealed_with_the_newest() -> None:
    sealed = Sealer([OLD]).seal("link", b"value")
    assert Sealer([NEW, OLD]).unseal("link", sealed) == b"value"
    with pytest.raises(UnsealError):
        Sealer([OLD]).unseal("link", Sealer([NEW, OLD]).seal("link", b"value"))


def test_equal_values_are_sealed_differently_and_are_not_readable() -> None:
    sealer = Sealer([NEW])
    first, second = sealer.seal("link", b"value"), sealer.seal("link", b"value")
    assert first != second
    assert "value" not in first


@pytest.mark.parametrize("text", ["", "x", "é", "AAAA", "A" * 60], ids=repr)
def test_what_is_not_sealed_cannot_be_opened(text: str) -> None:
    with pytest.raises(UnsealError):
        Sealer([NEW]).unseal("link", text)


def test_a_changed_value_or_one_for_another_purpose_cannot_be_opened() -> None:
    sealer = Sealer([NEW])
    sealed = sealer.seal("link", b"value")
    for position in range(len(sealed)):
        changed = sealed[:position] + ("A" if sealed[position] != "A" else "B") + sealed[position + 1 :]
        with pytest.raises(UnsealError):
            sealer.unseal("link", changed)
    with pytest.raises(UnsealError):
        sealer.unseal("cookie", sealed)
