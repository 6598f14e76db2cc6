"""The replies about recalls, and whether a recall covers a lot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..formats.json_values import JsonObject, JsonValue
from ..formats.text import counted, one_line
from .members import Members, ReplyError, kind_of, without_none

Affected = Literal["yes", "no", "may be"]
# Anything else may be a word, a pattern or several codes.
_CODE = re.compile(r"(?=.*[0-9])(?!.*\.\.)[0-9a-z][0-9a-z._-]*")
_LABEL = re.compile(r"(?:lot|batch)(?:[ .:#]+|(?=[0-9]))")
_NUMBERED = re.compile(r"(.*?)([0-9]+)")
_KNOWN = ("created", "modified", "metadata", "product_id", "source_id", "external_id", "recall_number")
_TEXTS = ("hazard", "remedy", "description", "company_name", "source_system", "severity")


@dataclass(frozen=True, slots=True)
class RecallPage:
    """One page of a list of recalls; `total` counts all pages, `more` says whether others follow.

    A recall with unknown members has their names in `not_read`.
    """

    recalls: list[JsonObject]
    total: int
    more: bool


def read_recalls(reply: JsonValue, gtin: str, number: int) -> RecallPage:
    """Read one page of recalls.

    `lot_codes` is null if the reply doesn't say which lots a recall covers.

    Raises:
        ReplyError: it has another shape, or a recall is of another product.
    """
    if not isinstance(reply, dict):
        raise ReplyError(f"the list of recalls is {kind_of(reply)}, expected an object with data and pagination")
    members = Members(reply, "the list of recalls")
    entries, pagination = members.objects("data"), members.object("pagination")
    if entries is None or pagination is None:
        raise members.error("it has no data or no pagination, so whether it's complete is unknown")
    more = pagination.flag("has_next")
    total, page = pagination.count("total_count"), pagination.count("page")
    if more is None or total is None or page is None:
        raise pagination.error("it has no has_next, total_count or page")
    if page != number:
        raise pagination.error(f"it is page {page}, not {number}")
    if total < len(entries) or (more and not entries):
        raise members.error(f"it lists {counted(len(entries), 'recall')}, but counts {total}")
    return RecallPage([_recall(entry, gtin) for entry in entries], total, more)


def _recall(entry: Members, gtin: str) -> JsonObject:
    if (own := entry.gtin("gtin")) is not None and own != gtin:
        raise entry.error(f"it is of the GTIN {own}, not {gtin}")
    status = entry.required_text("status")
    if status not in ("ONGOING", "UNKNOWN", "COMPLETED", "TERMINATED"):
        raise entry.error(f"its status {status[:40]!r} is unknown")
    recall: JsonObject = {
        "id": entry.required_text("id"),
        "title": entry.required_text("title"),
        "status": status,
        "lot_codes": entry.texts("lot_codes"),
        **without_none(
            **{name: entry.text(name) for name in _TEXTS},
            recall_date=entry.moment("recall_date"),
            public_url=entry.url("public_url"),
            jurisdictions=entry.texts("jurisdictions"),
        ),
    }
    entry.skip(*_KNOWN)
    not_read = [one_line(name, 60) for name in entry.unread()][:20]
    return {**recall, "not_read": list[JsonValue](not_read)} if not_read else recall


def affects(lot_codes: JsonValue, lot: str | None) -> Affected:
    """Whether a recall covers a lot: by exact code, inclusive range or trailing `*`; without codes, all lots.

    An unknown lot, unknown codes, and codes of no known form may be affected.
    """
    if not isinstance(lot_codes, list):
        return "may be"
    if not lot_codes:
        return "yes"
    if not lot:
        return "may be"
    verdicts = [_covers(_bare(str(code)), _bare(lot)) for code in lot_codes]
    return "yes" if "yes" in verdicts else "may be" if "may be" in verdicts else "no"


def _bare(code: str) -> str:
    return _LABEL.sub("", code.strip().casefold())


def _covers(code: str, lot: str) -> Affected:
    """Compare one code with a lot; "no" is only for a code that is certainly another lot's, however it's written."""
    if code == lot:
        return "yes"
    if code.endswith("*") and "*" not in code[:-1]:
        return "yes" if lot.startswith(code[:-1]) else "no"
    halves = re.fullmatch(r"(.+?)\s*(?:-|\u2013|\u2014)\s*(.+)", code)
    middle = len(code) // 2
    if len(code) % 2 and code[middle] == "-":
        first, last = code[:middle].rstrip(), code[middle + 1 :].lstrip()
    elif halves and len(halves[1]) == len(halves[2]):
        first, last = halves[1], halves[2]
    else:
        certain = _CODE.fullmatch(code) and not _is_uneven_range(code)
        return "no" if certain and _alike(code) != _alike(lot) else "may be"
    if len(first) != len(last) or not first or first > last or _alike(code) == _alike(lot):
        return "may be"
    if len(lot) == len(first):
        return "yes" if first <= lot <= last else "no"
    return "may be" if _alike(first).zfill(20) <= _alike(lot).zfill(20) <= _alike(last).zfill(20) else "no"


def _alike(code: str) -> str:
    """A code without what people leave out when they copy it."""
    return re.sub(r"[^0-9a-z]", "", code).lstrip("0")


def _is_uneven_range(code: str) -> bool:
    """Whether a code looks like a range of numbers of different length (L9-L12)."""
    first, dash, last = code.partition("-")
    numbers = _NUMBERED.fullmatch(first), _NUMBERED.fullmatch(last)
    return bool(dash and numbers[0] and numbers[1] and numbers[0][1] == numbers[1][1])
