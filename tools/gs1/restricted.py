"""What the GS1 prefix of a GTIN says about its use (GS1 General Specifications §1.4)."""

from __future__ import annotations

from typing import Literal

Scope = Literal["company", "geographic"]


def restricted_scope(gtin14: str) -> Scope | None:
    """The scope of a restricted circulation number, None for a GTIN that's unique worldwide.

    A GTIN-14 with an indicator digit around such a number isn't restricted itself.
    """
    if gtin14[0] != "0":
        return None
    thirteen = gtin14[1:]
    if thirteen.startswith("00000"):  # GTIN-8
        return "company" if thirteen[5] in "02" else None
    if thirteen.startswith("04"):
        return "company"
    if thirteen.startswith(("02", "2")):
        return "geographic"
    return None


def prefix_notes(gtin14: str) -> tuple[str, ...]:
    """What a reader of the number should know about its prefix."""
    if gtin14[0] == "9":
        return ("Indicator digit 9: an item of variable measure; its weight, length or count is given separately.",)
    scope = restricted_scope(gtin14)
    if scope:
        where = "a company" if scope == "company" else "a country or region"
        return (
            f"A restricted circulation number: it's only unique inside {where} (store labels, variable weight), "
            "so a global lookup says nothing about it.",
        )
    if gtin14.startswith("00000"):
        return ()
    for prefixes, note in _PREFIXES:
        if gtin14[1:].startswith(prefixes):
            return (note,)
    return ()


_PREFIXES = (
    (("977",), "GS1 prefix 977: the ISSN of a serial publication (magazine, newspaper), not of one issue."),
    (("9790",), "GS1 prefix 979-0: the ISMN of printed music."),
    (("978", "979"), "GS1 prefix 978 or 979: the ISBN of a book."),
    (("980",), "GS1 prefix 980: a refund receipt, not a trade item."),
    (("981", "982", "983", "984", "99"), "The GS1 prefix is that of coupons: a coupon, not a trade item."),
    (("05",), "GS1 prefixes 050 to 059 were those of coupons in North America."),
    (("951",), "GS1 prefix 951: an EPC General Manager Number, not a trade item."),
)
