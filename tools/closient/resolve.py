"""Resolving a GTIN to its links."""

from __future__ import annotations

from urllib.parse import quote, urljoin

from ..catalog.links import LINKSET
from ..errors import ToolError, UpstreamError
from ..formats.json_values import JsonObject, JsonValue, as_text
from ..formats.text import counted
from ..gs1.links import link_type_name
from ..http.messages import Response
from ..results.upstream_errors import upstream_error
from .client import NAME, SiteClient, parsed
from .codes import Asked, read_asked
from .lookup import unknown_product
from .members import ReplyError, without_none
from .resolution import Resolved, foreign, read_linkset, unsafe
from .scopes import RESOLVER

_MOST_LINKS = 50
_REDIRECTS = (301, 302, 303, 307, 308)


async def resolve_gtin(client: SiteClient, arguments: JsonObject) -> JsonObject:
    """Find the links of a product, lot or serial number: all of them, or those of one type.

    Raises:
        ToolError: the product is unknown, there's no link of the type, or the reply can't be used.
    """
    asked, wanted = read_asked(arguments), link_type_name(as_text(arguments.get("link_type")))
    notes = list(asked.notes)
    resolved, location = await _ask(client, asked.path(), asked.gtin)
    if resolved is None and not location and (asked.lot or asked.serial):
        resolved, location = await _ask(client, f"/01/{asked.gtin}", asked.gtin)
        if resolved or location:
            notes.append(f"The resolver doesn't know {_named(asked)}: this is about the product as a whole.")
    elif resolved:
        notes += _ignored(resolved, asked)
    if wanted and resolved is None and location:
        location = await _location_of_type(client, asked.path(), asked.gtin, wanted)
    if resolved is None and not location:
        raise _unresolved(asked, wanted)
    if asked.expiry:
        notes.append("The expiry date was not sent: the resolver goes by product, lot and serial number.")
    answer: JsonObject = {
        "gtin": asked.gtin,
        **{name: value for name in ("lot", "serial", "expiry") if (value := getattr(asked, name))},
        "digital_link": client.site + asked.path(expiry=True),
    }
    found = _linked(resolved, asked.gtin, wanted) if resolved else _redirected(location, wanted, client.site)
    notes += [str(note) for note in found.pop("notes", None) or []]  # type: ignore[union-attr]
    return {**answer, **found, "notes": list[JsonValue](notes)}


async def _ask(client: SiteClient, path: str, gtin: str) -> tuple[Resolved | None, str]:
    """Ask for the linkset in each documented way; return it, or where the resolver redirects to instead.

    Nothing at all means that the resolver knows nothing at this path.
    """
    location = ""
    known = False
    for query, accept in (("", LINKSET), ("?linkType=linkset", "application/json"), ("?linkType=all", LINKSET)):
        response = await client.send("GET", f"{path}{query}", RESOLVER, accept=accept)
        if response.status in (200, 300):
            if resolved := read_linkset(parsed(response), gtin, response.url, client.site):
                return resolved, ""
            known = True
        elif response.status in _REDIRECTS and response.headers.get("location"):
            location = location or _location(response, gtin)
        elif response.status in (*_REDIRECTS, 400, 406, 415):
            known = True
        elif response.status != 404:
            raise upstream_error(response, NAME)
    if known and not location:
        raise ToolError(
            f"The resolver did not give the links of {gtin} (HTTP {response.status}, no linkset).",
            "lookup_product may still know the product.",
            {"gtin": gtin, "status": response.status},
        )
    return None, location


async def _location_of_type(client: SiteClient, path: str, gtin: str, wanted: str) -> str:
    response = await client.send("GET", f"{path}?linkType={quote(wanted, safe=':')}", RESOLVER)
    redirected = response.status in _REDIRECTS and response.headers.get("location")
    return _location(response, gtin) if redirected else ""


def _location(response: Response, gtin: str) -> str:
    try:
        location = urljoin(response.url, response.headers["location"])
    except ValueError:
        raise ReplyError("the resolver redirects to something that is not a URL") from None
    if reason := foreign(location, gtin):
        raise ReplyError(f"the resolver redirects elsewhere: {reason}")
    return location


def _linked(resolved: Resolved, gtin: str, wanted: str) -> JsonObject:
    chosen = [link for link in resolved.links if not wanted or link["link_type"] == wanted]
    refused = [link for link in resolved.refused if not wanted or link["link_type"] == wanted]
    if wanted and not chosen and not refused:
        types = sorted({str(link["link_type"]) for link in resolved.links})[:_MOST_LINKS]
        raise ToolError(
            f"{gtin} has no link of type {wanted}.",
            f"It has {', '.join(types) or 'no links at all'}.",
            {"gtin": gtin, "link_types": list[JsonValue](types)},
        )
    notes = [f"Refused, and their URLs not shown: {counted(len(refused), 'unsafe link')}."] if refused else []
    if len(chosen) > _MOST_LINKS:
        notes.append(f"Only the first {_MOST_LINKS} of {len(chosen)} links are listed; give a link_type for others.")
    if not chosen and not refused:
        notes.append("The resolver knows the product, but has no links for it.")
    return {
        "total": len(chosen),
        "links": list[JsonValue](chosen[:_MOST_LINKS]),
        **without_none(description=resolved.description, default_link=resolved.default),
        **({"refused": list[JsonValue](refused[:_MOST_LINKS])} if refused else {}),
        "notes": list[JsonValue](notes),
    }


def _redirected(location: str, wanted: str, site: str) -> JsonObject:
    if reason := unsafe(location, site):
        raise ToolError(
            f"The resolver redirects to a URL that is refused: {reason}.",
            "Don't open it. lookup_product may still know the product.",
        )
    link_type = wanted or "gs1:defaultLink"
    return {
        "links": [{"link_type": link_type, "href": location}],
        **({} if wanted else {"default_link": location}),
        "notes": ["The resolver gave no list of links, only a redirect to this one, which was not followed."],
    }


def _ignored(resolved: Resolved, asked: Asked) -> list[str]:
    parts = (("lot", "10", asked.lot), ("serial number", "21", asked.serial))
    known = [(name, value, resolved.covers(ai, value)) for name, ai, value in parts if value]
    notes = [
        f"The resolver ignored the {name} {value}: the links are of the product as a whole."
        for name, value, covered in known
        if covered is False
    ]
    if any(covered is None for *_, covered in known):
        notes.append(f"The reply doesn't say whether the links are of {_named(asked)} or of the product as a whole.")
    return notes


def _named(asked: Asked) -> str:
    return " and ".join(f"{n} {v}" for n, v in (("lot", asked.lot), ("serial number", asked.serial)) if v)


def _unresolved(asked: Asked, wanted: str) -> UpstreamError:
    if wanted:
        details: JsonObject = {"gtin": asked.gtin, "link_type": wanted}
        return UpstreamError(404, f"{asked.gtin} has no link of type {wanted}.", "Leave link_type out.", details)
    return unknown_product(None, asked)
