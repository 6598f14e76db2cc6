"""The replies of the resolver: linksets (RFC 9264, GS1-Conformant Resolver 1.2) and redirects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from ..formats.json_values import JsonObject, JsonValue
from ..formats.text import one_line, paragraph
from ..formats.urls import InvalidUrlError, has_origin, is_public, origin_of
from ..gs1.gtin import InvalidGtinError, parse_gtin
from ..gs1.links import link_type_name
from .members import Members, ReplyError, as_members, without_none

_DESCRIPTIONS = ("itemDescription", "description")
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".onion")
_KEY = re.compile(r"(?:^|/)01/([^/?#]+)")
# What may be a key in an anchor that isn't written as a Digital Link of a GTIN.
_NUMBER = re.compile(r"(?<![0-9])[0-9]{8,18}(?![0-9])")


@dataclass(frozen=True, slots=True)
class Resolved:
    """The links of a linkset. `anchors` are the URLs that it says the links are of; `refused` are unsafe links."""

    links: list[JsonObject]
    refused: list[JsonObject]
    anchors: tuple[str, ...]
    description: str | None

    @property
    def default(self) -> str | None:
        """The target of the default link, if there is exactly one."""
        targets = {str(link["href"]) for link in self.links if link["link_type"] == "gs1:defaultLink"}
        return next(iter(targets)) if len(targets) == 1 else None

    def covers(self, ai: str, value: str) -> bool | None:
        """Whether the links are of this lot (10) or serial number (21); None if the reply doesn't say."""
        anchored = [anchor for anchor in self.anchors if _KEY.search(urlsplit(anchor).path)]
        if not anchored:
            return None
        return any(f"/{ai}/{value}/" in f"{unquote(urlsplit(anchor).path)}/" for anchor in anchored)


def read_linkset(reply: JsonValue, gtin: str, url: str, site: str) -> Resolved | None:
    """Read a linkset that came from `url`; None if the reply is something else.

    Raises:
        ReplyError: it's a linkset of another GTIN, or one with broken links.
    """
    if not isinstance(reply, dict) or "linkset" not in reply:
        return None
    if reason := foreign(url, gtin):  # after a redirect
        raise ReplyError(f"the linkset's own URL shows another product: {reason}")
    value = reply["linkset"]
    contexts = as_members([value] if isinstance(value, dict) else _array(value), "linkset")  # some send a single one
    links: list[JsonObject] = []
    refused: list[JsonObject] = []
    description: str | None = None
    for context in contexts:
        if not context.values:
            raise context.error("it is empty")
        _check_anchor(context, gtin)
        description = description or _description(context)
        for relation in context.values:
            if relation in ("anchor", *_DESCRIPTIONS) or not relation.strip():
                continue
            for target in _targets(context, relation):
                link = _link(target, link_type_name(relation), url)
                reason = unsafe(str(link["href"]), site)
                (refused if reason else links).append({**link, "reason": reason} if reason else link)
    anchors = tuple(anchor for context in contexts if (anchor := context.text("anchor")))
    return Resolved(links, [_without_target(link) for link in refused], anchors, description)


def unsafe(href: str, site: str) -> str:
    """Why a link must not be offered, '' if it may be."""
    if has_origin(href, frozenset({site})):
        return ""
    scheme = urlsplit(href).scheme if "://" in href or ":" in href[:20] else ""
    if scheme != "https":
        return f"its scheme is {one_line(scheme, 20) or 'missing'}, not https"
    try:
        host = (urlsplit(origin_of(href)).hostname or "").rstrip(".")
    except InvalidUrlError as error:
        return str(error)
    if re.search(r"[\s\\]", href):
        return "it has white space or a backslash"
    try:
        return "" if is_public(host) else "its host is a private address"
    except ValueError:
        pass
    if "." not in host or host.endswith(_PRIVATE_SUFFIXES):
        return "its host is a private name"
    # Browsers also read 0x7f.1 and 2130706433 as IP addresses.
    return "its host is an unusual IP address" if re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)", host.split(".")[-1]) else ""


def _array(value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list):
        raise ReplyError("linkset is not an array of objects")
    return value


def foreign(url: str, gtin: str) -> str:
    """Why a Digital Link is of something other than a GTIN, '' if it's of it or is no Digital Link."""
    path = urlsplit(url).path if "://" in url else url
    for written in _KEY.findall(path):
        try:
            own = parse_gtin(unquote(written)).gtin14
        except InvalidGtinError:
            return f"it has no GTIN: {one_line(url, 80)!r}"
        if own != gtin:
            return f"it is of the GTIN {own}, not {gtin}"
    return ""


def _check_anchor(context: Members, gtin: str) -> None:
    anchor = context.text("anchor") or ""
    if reason := foreign(anchor, gtin):
        raise context.error(reason)
    numbers = [number.zfill(14) for number in _NUMBER.findall(unquote(anchor))]
    if numbers and gtin not in numbers:
        raise context.error(f"it is of something other than the GTIN {gtin}: {one_line(anchor, 80)!r}")


def _description(context: Members) -> str | None:
    """The description: a text, or an array of texts in several languages (`value`)."""
    for name in _DESCRIPTIONS:
        value = context.values.get(name)
        if isinstance(value, list):
            value = next((entry.get("value") if isinstance(entry, dict) else entry for entry in value), None)
        if value is not None and not isinstance(value, str):
            raise context.error(f"{name} is not text")
        if value:
            return paragraph(value, 1000)
    return None


def _targets(context: Members, relation: str) -> list[Members]:
    value = context.values[relation]
    targets = [Members(value, relation)] if isinstance(value, dict) else context.objects(relation)
    if targets is None:
        raise context.error(f"{one_line(relation, 60)} is null, expected an array")
    return targets


def _link(target: Members, link_type: str, url: str) -> JsonObject:
    try:
        href = urljoin(url, target.required_text("href").strip())
    except ValueError:
        raise target.error("href is not a URL") from None
    languages = target.text("hreflang") if isinstance(target.values.get("hreflang"), str) else None
    title = target.values.get("title*", target.values.get("title"))
    if isinstance(title, list):  # RFC 9264: an array of values with a language
        title = next((entry.get("value") if isinstance(entry, dict) else entry for entry in title), None)
    if title is not None and not isinstance(title, str):
        raise target.error("title is not text")
    return without_none(
        link_type=link_type,
        href=href,
        title=paragraph(title, 300) if title else None,
        media_type=target.text("type", limit=100),
        languages=[languages] if languages else target.texts("hreflang") or None,
        context=[target.text("context")] if isinstance(target.values.get("context"), str) else target.texts("context"),
    )


def _without_target(link: JsonObject) -> JsonObject:
    return {"link_type": link["link_type"], "reason": link["reason"]}
