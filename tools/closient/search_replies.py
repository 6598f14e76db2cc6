"""The replies of the search API: the catalog, a session, and a follow-up within a session."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..formats.json_values import JsonObject, JsonValue
from ..formats.text import counted, one_line
from .item import item_notes, read_item
from .members import Members, ReplyError, kind_of, without_none

_OTHER_KINDS = ("brand", "retailer")
# What says that there are more hits, whatever the total says.
_MORE = ("has_next", "has_more", "next", "next_page", "next_cursor")
_STATE = ("search_history", "created", "modified", "expires_at", "metadata")


@dataclass(frozen=True, slots=True)
class Hits:
    """The products of a reply. `total` is exact, `at_least` a lower bound; both count products only.

    `others` counts hits that are no products, by their kind. `online` are offers without a store nearby.
    """

    items: list[JsonObject]
    total: int | None
    at_least: int
    others: dict[str, int]
    online: list[JsonObject]
    unknown: list[str]

    def notes(self) -> list[str]:
        """What a reader has to know before relying on the hits."""
        notes = item_notes([*self.items, *self.online])
        if self.others:
            kinds = ", ".join(f"{count} of kind {kind}" for kind, count in self.others.items())
            notes.append(f"Hits that are no products were left out: {kinds}.")
        if self.unknown:
            notes.append(f"Unknown members of the reply were not read: {', '.join(self.unknown[:20])}.")
        return notes


@dataclass(frozen=True, slots=True)
class SearchSession:
    """A search session; `hits` is None if the service sent only its state."""

    session_id: str
    constraints: JsonObject
    hits: Hits | None
    notes: tuple[str, ...] = ()
    explanation: str | None = None
    is_refinement: bool | None = None


def read_catalog(reply: JsonValue, query: str, limit: int) -> Hits:
    """Read the reply of GET /search, with `items` and `total` or with `results` and `total_count`.

    Raises:
        ReplyError: it has another shape, or answers another query.
    """
    members = _object(reply, "the search reply")
    echo = members.text("query")
    if echo is not None and _folded(echo) != _folded(query):
        raise members.error(f"it answers the query {one_line(echo, 80)!r}")
    members.skip("limit", "type", "metadata")
    if (page := members.count("page")) not in (None, 1):
        raise members.error(f"it is page {page}, but the first was requested")
    hits = _hits(members, limit)
    if hits is None:
        raise members.error("it has no items or results")
    return hits


@dataclass(frozen=True, slots=True)
class Question:
    """What a session was opened with; `query` is '' if its hits show what they answer (a GTIN)."""

    query: str
    latitude: float
    longitude: float
    radius_km: float


def read_session(reply: JsonValue, *, question: Question | None = None, session_id: str = "") -> SearchSession:
    """Read a session's state, with or without hits; `session_id` is the session that was asked.

    Raises:
        ReplyError: it has another shape, or is of another question or session.
    """
    members = _object(reply, "the session reply")
    own_id = members.required_text("session_id")
    if session_id and own_id != session_id:
        raise members.error("it is of another session")
    place = (members.number("latitude", -90, 90), members.number("longitude", -180, 180))
    constraints = members.object("active_constraints")
    members.skip(*_STATE, "query")
    expired, refinement = members.flag("is_expired"), members.flag("is_refinement")
    radius, new_constraints = members.number("radius_km", 0), members.object("new_constraints")
    base_query = members.text("base_query")
    notes = _compared(members, question, base_query, place, radius) if question else ()
    explanation = members.text("classification_explanation", limit=300)
    if expired:
        raise members.error("the session has expired; start a new search")
    hits = _hits(members, None)
    # Services that send hits repeat the radius; the state alone has none.
    if hits is None and (base_query is None or (radius is not None and new_constraints is None)):
        raise members.error("it has neither items nor the state of a session")
    return SearchSession(own_id, dict(constraints.values) if constraints else {}, hits, notes, explanation, refinement)


def _compared(
    members: Members,
    asked: Question,
    query: str | None,
    place: tuple[float | None, float | None],
    radius: float | None,
) -> tuple[str, ...]:
    """Compare the question that a session repeats with the one that was asked; return notes on what differs."""
    for name, echo, own in zip(("latitude", "longitude"), place, (asked.latitude, asked.longitude), strict=True):
        if echo is not None and abs(echo - own) > 0.01:
            raise members.error(f"it is for the {name} {echo}")
    notes: list[str] = []
    # A service may leave out words that it understood as constraints.
    words, own_words = (set(_folded(text or "").split()) for text in (query, asked.query))
    if not words or not own_words:
        words = own_words
    elif not words & own_words:
        raise members.error(f"it answers the query {one_line(query or '', 80)!r}")
    if words - own_words:
        notes.append(f"The service read the query as {one_line(query or '', 80)!r}.")
    if radius is not None and radius != asked.radius_km:
        notes.append(f"The service searched within {radius:g} km, not {asked.radius_km:g}.")
    return tuple(notes)


def _object(reply: JsonValue, where: str) -> Members:
    if not isinstance(reply, dict):
        raise ReplyError(f"{where} is {kind_of(reply)}, expected an object")
    return Members(reply, where)


def _hits(members: Members, limit: int | None) -> Hits | None:
    lists = [found for name in ("items", "results") if (found := members.objects(name)) is not None]
    totals = {total for name in ("total", "total_count") if (total := members.count(name)) is not None}
    online = members.objects("online_alternatives")
    if len(lists) > 1 or len(totals) > 1:
        raise members.error("it has two lists of hits or two totals")
    unknown = members.unread()
    if not lists and (extra := next((name for name in unknown if isinstance(members.values[name], list)), None)):
        raise members.error(f"the member {one_line(extra, 60)!r} is an unknown list")
    if not lists:
        return None
    read = [read_item(hit) for hit in lists[0] if _is_product(hit)]
    others = Counter(str(hit.text("type")) for hit in lists[0] if not _is_product(hit))
    alternatives = [read_item(hit) for hit in online or []]
    total = _total(members, next(iter(totals), None), len(lists[0]), limit)
    at_least = len(read)
    if others:
        total = len(read) if total == len(lists[0]) else None
    elif total is not None:
        at_least = total
    names = {name for _, rest in (*read, *alternatives) for name in rest} | set(unknown)
    return Hits(
        [item for item, _ in read], total, at_least, dict(others), [item for item, _ in alternatives], sorted(names)
    )


def _total(members: Members, total: int | None, count: int, limit: int | None) -> int | None:
    """The total if it's exact. A total that equals a full page is only the page's length."""
    if total is not None and (total < count or (total and not count)):
        raise members.error(f"its total is {total}, but it has {counted(count, 'hit')}")
    if any(members.values.get(name) for name in _MORE):
        return None
    if total is None or (total == count and limit is not None and count >= limit):
        return None
    return total


def _is_product(hit: Members) -> bool:
    """Whether a hit is a product.

    Raises:
        ReplyError: its kind is unknown.
    """
    kind = hit.text("type", limit=40)
    if kind is not None:
        if kind.casefold() not in ("product", *_OTHER_KINDS):
            raise hit.error(f"its type {kind!r} is unknown, so whether it's a product is too")
        return kind.casefold() == "product"
    metadata = hit.object("metadata")
    if not (hit.has("product", "gtin") or (metadata and metadata.has("gtin"))):
        raise hit.error("it has neither a type nor a GTIN, so whether it's a product is unknown")
    return True


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def page_of(hits: Hits, page: int, limit: int, sort: str) -> JsonObject:
    """One page of hits, in the order of the service or sorted by price, with their total and notes."""
    items, notes = hits.items, hits.notes()
    if sort == "price":
        items = sorted(items, key=_price_order)
        notes.append(_about_order(hits))
    chosen = items[(page - 1) * limit : page * limit]
    if hits.items and not chosen:
        notes.append(f"Page {page} is empty: the service gave {counted(len(hits.items), 'item')}.")
    return {
        **without_none(total=hits.total, at_least=None if hits.total is not None else hits.at_least),
        "items": list[JsonValue](chosen),
        **({"online_alternatives": list[JsonValue](hits.online)} if hits.online else {}),
        "notes": list[JsonValue](notes),
    }


def _price_order(item: JsonObject) -> tuple[bool, str, float]:
    """Sort by currency, then amount; unknown prices last."""
    price = item.get("price")
    if not isinstance(price, dict):
        return True, "", 0.0
    return False, str(price["currency"]), float(str(price["amount"]))


def _about_order(hits: Hits) -> str:
    count = len(hits.items)
    prices = [item["price"] for item in hits.items if isinstance(item.get("price"), dict)]
    currencies = {str(price["currency"]) for price in prices if isinstance(price, dict)}
    apart = " Each currency is sorted on its own." if len(currencies) > 1 else ""
    if hits.total is not None and hits.total <= count:
        return f"Sorted by price over all {counted(count, 'offer')}.{apart}"
    return (
        f"Sorted by price over the {counted(count, 'offer')} that the service gave, which may not be all; "
        f"a smaller radius_km or refine_search narrows the search.{apart}"
    )
