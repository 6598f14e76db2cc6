"""Looking products up: one, several, and all that is known about one."""

from __future__ import annotations

from ..errors import UpstreamError
from ..formats.json_values import JsonObject, JsonValue, as_list
from .client import SiteClient
from .codes import Asked, read_asked
from .records import listed_record, read_content, read_details, read_record
from .scopes import PRODUCTS, RESOLVER
from .several import read_several

_PRODUCT = "/products/api/v1/products/{}"
_TRADE_ITEM = "/products/api/v1/trade-items/{}"
_LIST = "/products/api/v1/products?gtin={}"


async def find_product(client: SiteClient, asked: Asked) -> JsonObject:
    """Look a product up at each documented URL, or at the public resolver if those need a sign-in.

    Raises:
        UpstreamError: with the status 404, the product is unknown at every URL.
        ReplyError: the reply can't be used.
    """
    try:
        reply = await _record(client, asked, (_PRODUCT, _TRADE_ITEM, _LIST), may_ask=False)
    except UpstreamError as error:
        if error.status in (401, 403):
            return await _resolved(client, asked)
        raise
    return read_record(reply, asked.gtin)


async def _record(client: SiteClient, asked: Asked, urls: tuple[str, ...], *, may_ask: bool) -> JsonValue:
    """A product's record from the first URL that has it."""
    missing: UpstreamError | None = None
    for url in urls:
        listed = url is _LIST
        try:
            reply = await client.json("GET", url.format(asked.gtin), PRODUCTS, may_ask=may_ask)
        except UpstreamError as error:
            # Some sites list only an organization's products there, and reject other questions.
            if error.status not in (404, *((400, 405, 422) if listed else ())):
                raise
            missing = missing or error
            continue
        record = listed_record(reply) if listed else reply
        if record is not None or not listed:
            return record
    raise unknown_product(missing, asked)


async def _resolved(client: SiteClient, asked: Asked) -> JsonObject:
    try:
        return read_record(await client.json("GET", f"/01/{asked.gtin}", RESOLVER), asked.gtin)
    except UpstreamError as error:
        raise unknown_product(error, asked) if error.status == 404 else error from None


def unknown_product(error: UpstreamError | None, asked: Asked) -> UpstreamError:
    """The error for a GTIN that the service doesn't know."""
    other = f"The digits may also be a UPC-E of {asked.other}: look that up. " if asked.other else ""
    return UpstreamError(
        404,
        f"Closient knows no product with the GTIN {asked.gtin}.",
        f"{other}The number itself is valid; check it against the product, or search by name with search_products.",
        {**(error.details if error else {}), "gtin": asked.gtin},
    )


async def lookup_product(client: SiteClient, arguments: JsonObject) -> JsonObject:
    """Look one product up."""
    asked = read_asked(arguments)
    return _with_notes(await find_product(client, asked), asked)


async def lookup_products(client: SiteClient, arguments: JsonObject) -> JsonObject:
    """Look several products up; what isn't found and what failed is listed apart."""

    async def look_up(_: JsonValue, asked: Asked) -> JsonObject:
        return _with_notes(await find_product(client, asked), asked)

    several = await read_several(as_list(arguments["gtins"]), look_up)
    return {
        "found": list[JsonValue](several.products),
        "not_found": several.not_found,
        "failed": several.failed,
    }


async def get_product_detail(client: SiteClient, arguments: JsonObject) -> JsonObject:
    """Get all that is known about a product; parts that the service doesn't give are null, which is unknown.

    Raises:
        UpstreamError: the product is unknown, or needs a sign-in.
    """
    asked = read_asked(arguments)
    notes = [*asked.notes, *asked.left_aside("lot", "serial", "expiry")]
    reply = await _record(client, asked, (_TRADE_ITEM, _PRODUCT, _LIST), may_ask=True)
    product, details = read_record(reply, asked.gtin), read_details(reply, asked.gtin)
    content: JsonObject = dict.fromkeys(("ingredients", "certifications", "claims", "nutrition"))
    try:
        parts = await client.json("GET", f"{_PRODUCT}/content".format(asked.gtin), PRODUCTS)
        known, about = read_content(parts, asked.gtin)
        content |= known
        notes += about
    except UpstreamError as error:
        if error.status != 404:
            raise
        notes.append("The service has no ingredients, certifications, claims or nutrition facts for it: unknown.")
    notes += [str(note) for note in as_list(product.pop("notes"))]
    unknown = [name for name, value in content.items() if value is None]
    if unknown and len(unknown) < len(content):
        notes.append(f"Unknown: {', '.join(unknown)}.")
    return {"product": product, "details": details, **content, "notes": list[JsonValue](notes)}


def _with_notes(record: JsonObject, asked: Asked) -> JsonObject:
    notes: list[JsonValue] = [*asked.notes, *asked.left_aside("lot", "serial", "expiry"), *as_list(record["notes"])]
    return {**record, "notes": notes}
