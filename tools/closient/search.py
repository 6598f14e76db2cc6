"""Searching: the catalog, offers near a place, follow-ups in a session, and the availability of one product."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from ..errors import InvalidArgumentsError, ToolError, UpstreamError
from ..formats.json_values import JsonObject, JsonValue, as_list, as_text
from ..formats.text import counted
from ..gs1.digital_links import path_segment
from .client import SiteClient
from .codes import Asked, code_in, read_asked, why_no_code
from .lookup import find_product
from .scopes import SEARCH
from .search_replies import Hits, Question, SearchSession, page_of, read_catalog, read_session

_LIMIT, _RADIUS = 10, 10
_MOST_CATALOG_HITS = 100
_PLACE = ("latitude", "longitude", "radius_km", "in_stock")
_OPERATORS = re.compile(r'(?:^|\s)-\S|"|(?:^|\s)(?i:or)(?:\s|$)')
_NO_OPERATORS = re.compile(r"(?:^|\s)(AND|NOT)(?:\s|$)")
_IN_STOCK = ("in_stock", "low_stock")


async def search_products(client: SiteClient, arguments: JsonObject) -> JsonObject:
    """Search near a place or the whole catalog; a barcode is looked up.

    Raises:
        ToolError: nothing to search for, or the service or its reply failed.
    """
    query, located = as_text(arguments["query"]).strip(), read_location(arguments)
    asked = code_in(query)
    if asked is None and not has_words(query):
        raise InvalidArgumentsError(
            f"There is no word to search for in {query!r}.",
            'Add a word that products have: a "-" excludes a word, and quotes only hold words together. '
            "Nothing was sent.",
            {"query": query},
        )
    answer: JsonObject = {"query": query}
    if asked and not located:
        return answer | await _looked_up(client, asked)
    if not located:
        return answer | {"scope": "catalog"} | await _catalog(client, query, arguments)
    session = await open_session(client, f"gtin:{asked.gtin}" if asked else query, located)
    if session.hits is None:
        found = await (_looked_up(client, asked) if asked else _catalog(client, query, arguments))
        note = "The service gave no results near the place: this is not about stores, prices or stock."
        return answer | {"scope": "catalog", **_noted(found, note)}
    if asked:
        _check_gtin(session.hits, asked.gtin)
    found = page_of(session.hits, _page(arguments), _limit(arguments), as_text(arguments.get("sort")))
    notes = [*(asked.notes if asked else ()), *session.notes, *_place_notes(session.hits, query, located)]
    if asked:
        notes += asked.left_aside("lot", "serial", "expiry")
    session_members: JsonObject = {"session_id": session.session_id, "constraints": session.constraints}
    return answer | {"scope": "nearby"} | session_members | _noted(found, *notes)


async def refine_search(client: SiteClient, arguments: JsonObject) -> JsonObject:
    """Refine a session. The follow-up has two documented paths: /refine and /query.

    Raises:
        ToolError: the session has expired, or the service or its reply failed.
    """
    session_id, query = as_text(arguments["session_id"]), as_text(arguments["query"]).strip()
    path = f"/search/api/v1/search/session/{path_segment(session_id)}"
    try:
        reply = await client.json("POST", f"{path}/refine", SEARCH, {"query": query})
    except UpstreamError as error:
        if error.status not in (404, 405):
            raise
        try:
            reply = await client.json("POST", f"{path}/query", SEARCH, {"query": query})
        except UpstreamError as second:
            if second.status not in (404, 405):
                raise
            raise UpstreamError(
                second.status,
                f"The search session doesn't exist or has expired. {second.message}",
                "Sessions end after 30 idle minutes: start a new one with search_products.",
                second.details,
            ) from None
    session = read_session(reply, session_id=session_id)
    answer: JsonObject = {"query": query, "session_id": session_id, "constraints": session.constraints}
    if session.is_refinement is not None:
        answer["is_refinement"] = session.is_refinement
    if session.explanation:
        answer["explanation"] = session.explanation
    if session.hits is None:
        note = "The service refined the session, but sent no hits. Search again with search_products and all words."
        return {**answer, "items": None, "notes": [note]}
    empty = [] if session.hits.items else ["No offers match all constraints: loosen one, or start a new search."]
    return answer | _noted(page_of(session.hits, 1, max(1, len(session.hits.items)), ""), *empty)


async def check_availability(client: SiteClient, arguments: JsonObject) -> JsonObject:
    """Find the offers of one product near a place.

    Raises:
        ToolError: the service or its reply failed, or it doesn't search near places.
    """
    asked, located = read_asked(arguments), read_location(arguments)
    session = await open_session(client, f"gtin:{asked.gtin}", located)
    if session.hits is None:
        raise ToolError(
            "The service opened a search session but sent no offers, so availability is unknown.",
            "search_products without a place searches the catalog.",
            {"gtin": asked.gtin},
        )
    _check_gtin(session.hits, asked.gtin)
    found = page_of(session.hits, 1, max(1, len(session.hits.items)), "")
    notes = [*asked.notes, *session.notes, *_place_notes(session.hits, "", located)]
    notes += asked.left_aside("lot", "serial", "expiry")
    if not session.hits.items:
        notes += ["lookup_product says whether the service knows the product at all.", *_other_reading(asked)]
    return {"gtin": asked.gtin, "session_id": session.session_id} | _noted(found, *notes)


async def open_session(client: SiteClient, query: str, located: JsonObject) -> SearchSession:
    """Open a search session near a place."""
    reply = await client.json("POST", "/search/api/v1/search/session", SEARCH, {"query": query, **located})
    latitude, longitude, radius = (
        _float(located.get(name, _RADIUS)) for name in ("latitude", "longitude", "radius_km")
    )
    words = "" if query.startswith("gtin:") else query
    return read_session(reply, question=Question(words, latitude, longitude, radius))


def has_words(query: str) -> bool:
    """Whether a query has a word that isn't excluded (websearch syntax)."""
    positive = re.sub(r'(?:^|(?<=\s))-(?:"[^"]*"?|\S+)', " ", query)
    return any(re.search(r"\w", word) for word in positive.replace('"', " ").split() if word.upper() != "OR")


async def _catalog(client: SiteClient, query: str, arguments: JsonObject) -> JsonObject:
    page, limit = _page(arguments), _limit(arguments)
    if (page - 1) * limit >= _MOST_CATALOG_HITS:
        raise InvalidArgumentsError(
            f"Page {page} is beyond the first {_MOST_CATALOG_HITS} hits, which is all that the catalog search gives.",
            "Make the query more specific. Nothing was sent.",
        )
    asked_for = min(_MOST_CATALOG_HITS, page * limit)
    question = urlencode({"q": query, "type": "product", "limit": asked_for})
    reply = await client.json("GET", f"/search/api/v1/search?{question}", SEARCH)
    hits = read_catalog(reply, query, asked_for)
    return _noted(page_of(hits, page, limit, ""), *([] if hits.items else _empty_notes(query)))


async def _looked_up(client: SiteClient, asked: Asked) -> JsonObject:
    """Answer a search for a barcode from the product's record."""
    notes = ["The query is a product code, so it was looked up.", *asked.notes]
    notes += asked.left_aside("lot", "serial", "expiry")
    try:
        record = await find_product(client, asked)
    except UpstreamError as error:
        if error.status != 404:
            raise
        return {"scope": "lookup", "total": 0, "items": [], "notes": [*notes, error.message, error.next_step]}
    notes += [as_text(note) for note in as_list(record.pop("notes"))]
    return {"scope": "lookup", "total": 1, "items": [record], "notes": list[JsonValue](notes)}


def _empty_notes(query: str) -> list[str]:
    notes = ["Nothing was found: check the spelling, or use fewer or more general words."]
    if _OPERATORS.search(query):
        notes.append('The query has operators ("-word" excludes, "..." is a phrase, OR): try it without them.')
    if word := _NO_OPERATORS.search(query):
        notes.append(f"{word[1]} is searched for as a word: all words are required anyway, and -word excludes one.")
    if reason := why_no_code(query):
        notes.append(f"As a product code it is invalid: {reason}.")
    return notes


def _place_notes(hits: Hits, query: str, located: JsonObject) -> list[str]:
    radius = _float(located.get("radius_km", _RADIUS))
    far = sum(_float(item.get("distance_km", 0)) > radius * 1.02 for item in hits.items)
    notes = [f"The service didn't keep to the radius of {radius:g} km in {counted(far, 'offer')}."] if far else []
    if located.get("in_stock") and any(item.get("stock_status") not in _IN_STOCK for item in hits.items):
        notes.append("The service didn't keep to in_stock: look at each stock_status.")
    if hits.items and hits.total is None:
        notes.append("There may be more offers than these: the service doesn't say how many there are.")
    if hits.items:
        return notes
    wider = f" (now {radius:g}, at most 50)" if radius < 50 else " is at its maximum"
    notes.append(f"No offers near the place: radius_km{wider}{'; drop in_stock' if located.get('in_stock') else ''}.")
    return notes + (_empty_notes(query) if query else [])


def _other_reading(asked: Asked) -> list[str]:
    return [f"The digits may also be a UPC-E of {asked.other}: try that."] if asked.other else []


def _check_gtin(hits: Hits, gtin: str) -> None:
    """Raise unless every hit is the product that was asked about."""
    for item in (*hits.items, *hits.online):
        if (own := item.get("gtin")) != gtin:
            raise ToolError(
                f"The reply of closient can't be used: asked for {gtin}, it has an offer of {own or 'no GTIN'}.",
                "Nothing was guessed from it. lookup_product may still know the product.",
                {"gtin": gtin},
            )


def _noted(found: JsonObject, *notes: str) -> JsonObject:
    own = [note for note in as_list(found.get("notes")) if note not in notes]
    return {**found, "notes": [*notes, *own]}


def read_location(arguments: JsonObject) -> JsonObject:
    """The arguments that say where to search, {} without a place.

    Raises:
        InvalidArgumentsError: a place is incomplete, or an argument needs one.
    """
    has = {"latitude", "longitude"} & arguments.keys()
    if len(has) == 1:
        raise InvalidArgumentsError("A place needs both latitude and longitude.", "Give both, or neither.")
    if not has and (extra := {"radius_km", "in_stock", "sort"} & arguments.keys()):
        raise InvalidArgumentsError(
            f"Without a place there is no {' or '.join(sorted(extra))}: the catalog has no stores or prices.",
            "Give latitude and longitude too. Nothing was sent.",
        )
    return {name: arguments[name] for name in _PLACE if name in arguments}


def _limit(arguments: JsonObject) -> int:
    return int(_float(arguments.get("limit", _LIMIT)))


def _page(arguments: JsonObject) -> int:
    return int(_float(arguments.get("page", 1)))


def _float(value: JsonValue) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
