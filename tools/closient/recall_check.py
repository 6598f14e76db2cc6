"""Checking a product or lot for recalls."""

from __future__ import annotations

from ..errors import UpstreamError
from ..formats.json_values import JsonObject, JsonValue, as_list
from ..formats.text import counted
from ..gs1.digital_links import path_segment
from .client import SiteClient
from .codes import Asked, read_asked
from .lookup import unknown_product
from .members import ReplyError
from .recalls import Affected, affects, read_recalls
from .scopes import COMPLIANCE, PRODUCTS

_OPEN = ("ONGOING", "UNKNOWN")
_SOURCES = (("compliance", COMPLIANCE), ("products", PRODUCTS))
# Services list only ongoing recalls by default, by one of two documented rules.
_STATUSES = ("", "&status=UNKNOWN")
_MOST_PAGES = 20


async def check_recalls(client: SiteClient, arguments: JsonObject) -> JsonObject:
    """Find the open recalls of a product, from the compliance API or its mirror in the products API.

    Raises:
        UpstreamError: neither knows the product, or both failed.
        ReplyError: a reply can't be used.
    """
    asked = read_asked(arguments)
    missing: UpstreamError | None = None
    for app, scopes in _SOURCES:
        try:
            recalls = await _recalls(client, f"/{app}/api/v1/products/{asked.gtin}/recalls", scopes, asked.gtin)
            break
        except UpstreamError as error:
            if error.status != 404 and (app == "products" or error.status not in (401, 403)):
                raise
            missing = error
    else:
        raise unknown_product(missing, asked)
    not_read = sorted({str(name) for recall in recalls for name in as_list(recall.pop("not_read", []))})
    covering = await _covering(client, asked, recalls)
    rated: list[JsonValue] = [{**recall, "affects_lot": _affected(recall, asked.lot, covering)} for recall in recalls]
    verdicts = {_affected(recall, asked.lot, covering) for recall in recalls if recall["status"] in _OPEN}
    notes = list(asked.notes)
    if not verdicts:
        notes.append("The service lists no open recall of this product; it may not know every recall.")
    if "may be" in verdicts and not asked.lot:
        notes.append("Recalls are limited to lots: give the lot that's printed on the pack.")
    elif "may be" in verdicts:
        notes.append("Whether a recall covers the lot is unknown: read its text and compare the pack.")
    if not_read:
        notes.append(f"Unknown members of the recalls were not read, and may limit them: {', '.join(not_read[:20])}.")
    if asked.serial or asked.expiry:
        notes.append("Recalls were matched by lot only, not by serial number or expiry date.")
    return {
        "gtin": asked.gtin,
        **({"lot": asked.lot} if asked.lot else {}),
        "affected": next((verdict for verdict in ("yes", "may be") if verdict in verdicts), "no"),
        "recalls": rated,
        "notes": list[JsonValue](notes),
    }


async def _covering(client: SiteClient, asked: Asked, recalls: list[JsonObject]) -> set[str] | None:
    """The ids of the recalls that cover the lot, by the service; None if it isn't asked or doesn't say.

    It's asked only if a recall doesn't say itself which lots it covers.
    """
    if not asked.lot or all(recall["lot_codes"] is not None for recall in recalls):
        return None
    url = f"/compliance/api/v1/products/{asked.gtin}/batches/{path_segment(asked.lot)}/recalls"
    try:
        listed = {str(recall["id"]) for recall in await _recalls(client, url, COMPLIANCE, asked.gtin)}
    except UpstreamError as error:
        if error.status not in (401, 403, 404):
            raise
        return None
    if unlisted := listed - {str(recall["id"]) for recall in recalls}:
        raise ReplyError(f"the lot has a recall that the product doesn't have: {unlisted.pop()}")
    return listed


def _affected(recall: JsonObject, lot: str, covering: set[str] | None) -> Affected:
    if recall["lot_codes"] is None and covering is not None:
        return "yes" if str(recall["id"]) in covering else "no"
    return affects(recall["lot_codes"], lot)


async def _recalls(client: SiteClient, path: str, scopes: tuple[str, ...], gtin: str) -> list[JsonObject]:
    """All recalls that a source lists, without repeating any."""
    merged: dict[JsonValue, JsonObject] = {}
    for status in _STATUSES:
        for recall in await _listed(client, f"{path}?page_size=100{status}", scopes, gtin):
            if merged.setdefault(recall["id"], recall) != recall:
                raise ReplyError(f"the recall {recall['id']} is listed twice, with different members")
    return list(merged.values())


async def _listed(client: SiteClient, url: str, scopes: tuple[str, ...], gtin: str) -> list[JsonObject]:
    recalls: list[JsonObject] = []
    for page in range(1, _MOST_PAGES + 1):
        reply = await client.json("GET", f"{url}&page={page}", scopes, may_ask=scopes != COMPLIANCE)
        read = read_recalls(reply, gtin, page)
        recalls += read.recalls
        if not read.more:
            if len(recalls) != read.total:
                raise ReplyError(f"the list has {counted(len(recalls), 'recall')}, but counts {read.total}")
            return recalls
    raise ReplyError(f"the list of recalls has more than {_MOST_PAGES} pages")
