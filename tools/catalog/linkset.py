"""From the JSON of an api-catalog to its links, in the shape that RFC 9264 gives it and in those that are met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..formats.json_values import InvalidJsonError, JsonObject, JsonValue, as_list, as_object, as_text, parse_json
from ..formats.urls import InvalidUrlError, resolve_link
from ..problems import Problem
from .links import Target, is_catalog, read_targets

MAX_CONTEXTS = 10_000

# The relations that an OpenAPI document or another catalog is found by.
RELATIONS = ("service-desc", "service-meta", "item", "api-catalog")
_LISTS = ("links", "relations")
_SPECIFICATIONS = ("openapi", "openapispec", "openapiurl", "specification")


class InvalidCatalogError(ValueError):
    """There is no api-catalog where one was expected; says what is there instead."""


@dataclass(frozen=True, slots=True)
class Context:
    """What one entry says: its anchor as written, its title, its links by their relations, and where it stands.

    `faulty` says that a part of it could not be used, and that a problem tells so.
    """

    anchor: str
    title: str
    links: tuple[tuple[str, Target], ...]
    pointer: str
    resolved: str = ""
    faulty: bool = False

    @property
    def subject(self) -> str:
        """What to call it where a person is told of it."""
        return self.anchor or f"#{self.pointer}"


def read_contexts(body: bytes, url: str, problems: list[Problem]) -> list[Context]:
    """The contexts of a catalog that was served at `url`, their anchors and links absolute.

    The content type is not consulted: static hosts send the right body under the wrong type, and
    single-page applications answer 200 with HTML for every path.

    Raises:
        InvalidCatalogError: the body is something else.
    """
    if body.lstrip()[:1] == b"<":
        raise InvalidCatalogError("a web page (HTML) is there instead of an api-catalog")
    try:
        whole = as_object(parse_json(body))
    except InvalidJsonError as error:
        raise InvalidCatalogError(f"what is there is {error}") from None
    name, written = _shape(whole)
    if name != "linkset":
        reason = f"it has `{name}` where RFC 9264 asks for a `linkset`"
        problems.append(Problem(url, reason, "it is read all the same", f"/{name}"))
    if len(written) > MAX_CONTEXTS:
        reason = f"it has {len(written)} entries; {MAX_CONTEXTS} are read"
        problems.append(Problem(url, reason, "the others are left out", f"/{name}"))
    contexts: list[Context] = []
    for index, node in enumerate(written[:MAX_CONTEXTS]):
        pointer = f"/{name}/{index}"
        member = as_object(node)
        before = len(problems)
        links = _links(_of_apis(member, pointer, problems) if name == "apis" else member)
        anchor = as_text(member.get("anchor")) or (_base_of(member) if name == "apis" else "")
        title = as_text(member.get("title")) or as_text(member.get("name"))
        read = _resolved(Context(anchor, title, tuple(links), pointer), url, problems)
        contexts += [replace(read, faulty=len(problems) > before)] if read else []
    return contexts


def _shape(whole: JsonObject) -> tuple[str, list[JsonValue]]:
    linkset = whole.get("linkset")
    if isinstance(linkset, list | dict):
        return "linkset", linkset if isinstance(linkset, list) else [linkset]
    if links := [as_object(link) for link in as_list(whole.get("links")) if as_object(link).get("rel")]:
        by_anchor: dict[str, list[JsonValue]] = {}
        for link in links:
            by_anchor.setdefault(as_text(link.get("anchor")), []).append(link)
        return "links", [{"anchor": anchor, "links": own} for anchor, own in by_anchor.items()]
    if apis := as_list(whole.get("apis")):
        return "apis", apis
    raise InvalidCatalogError("the JSON there has no `linkset` array (RFC 9264 §4.2.1)")


def _links(context: JsonObject) -> Iterator[tuple[str, Target]]:
    for member, value in context.items():
        relation = member.lower()
        if relation in _LISTS and isinstance(value, list):
            yield from ((rel, one) for one in read_targets(value[:MAX_CONTEXTS]) for rel in one.rel.lower().split())
        else:
            targets = read_targets(value[:MAX_CONTEXTS] if isinstance(value, list) else value)
            for target in targets:
                inner = [rel for rel in target.rel.lower().split() if rel in RELATIONS]
                yield from ((rel, target) for rel in inner or [relation])


def _of_apis(api: JsonObject, pointer: str, problems: list[Problem]) -> JsonObject:
    """An element of `apis` (also as apis.json has it) as a context of a linkset."""
    named = [as_text(value) for key, value in api.items() if key.lower().replace("_", "") in _SPECIFICATIONS]
    properties = [as_object(one) for one in as_list(api.get("properties"))]
    named += [as_text(one.get("url")) for one in properties if as_text(one.get("type")).lower() == "openapi"]
    found = list[JsonValue](filter(None, named))
    if not found:
        has = ", ".join(sorted(api)[:8]) or "nothing"
        subject = as_text(api.get("name")) or f"#{pointer}"
        reason = f"no member says where its OpenAPI document is (it has {has})"
        problems.append(Problem(subject, reason, "this API is left out", pointer))
    return {"service-desc": found}


def _base_of(api: JsonObject) -> str:
    return next((as_text(value) for key, value in api.items() if key.lower().replace("_", "") == "baseurl"), "")


def _resolved(context: Context, url: str, problems: list[Problem]) -> Context | None:
    """The same with absolute URLs; a bad link costs only itself, a bad anchor the context."""
    try:
        anchor = resolve_link(url, context.anchor)
    except InvalidUrlError as error:
        problems.append(Problem(context.subject, str(error), "this API is left out", context.pointer))
        return None
    links: list[tuple[str, Target]] = []
    for relation, target in context.links:
        if relation not in RELATIONS and not is_catalog(target):
            continue
        try:
            links.append((relation, replace(target, href=resolve_link(url, target.href))))
        except InvalidUrlError as error:
            problems.append(Problem(context.subject, str(error), "this link is left out", context.pointer))
    return replace(context, links=tuple(links), resolved=anchor)
