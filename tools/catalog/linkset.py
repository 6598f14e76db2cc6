"""Parser of api-catalogs, in the format of RFC 9264 and in the variants that are in use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..formats.json_values import InvalidJsonError, JsonObject, JsonValue, as_list, as_object, as_text, parse_json
from ..formats.urls import InvalidUrlError, resolve_link
from ..problems import Problem
from .links import Target, is_catalog, read_targets

MAX_CONTEXTS = 10_000

# The relations that lead to OpenAPI documents and nested catalogs.
RELATIONS = ("service-desc", "service-meta", "item", "api-catalog")
_LISTS = ("links", "relations")
# RFC 9264 §4.1
_LINKS_AS_TEXT = re.compile(rb"\s*<[^<>\s]{0,4000}>\s*;")
_DOCUMENT_MEMBERS = ("openapi", "openapispec", "openapiurl", "specification")


class InvalidCatalogError(ValueError):
    """The content is not an api-catalog; the message says what it is."""


@dataclass(frozen=True, slots=True)
class Context:
    """A link context object (RFC 9264 §4.2.2) with absolute URLs; `faulty` if parts of it were reported as problems."""

    subject: str
    anchor: str
    title: str
    links: tuple[tuple[str, Target], ...]
    pointer: str
    faulty: bool = False


def read_contexts(body: bytes, url: str) -> tuple[list[Context], list[Problem]]:
    """The contexts of a catalog that was served at `url`, and the problems in it.

    The content type is ignored: static hosts send catalogs with a wrong type, and single-page applications answer
    200 with HTML for every path.

    Raises:
        InvalidCatalogError: the body is something else.
    """
    if _LINKS_AS_TEXT.match(body):
        raise InvalidCatalogError("its links are text (application/linkset); expected application/linkset+json")
    if body.lstrip()[:1] == b"<":
        raise InvalidCatalogError("expected an api-catalog, got a web page (HTML)")
    try:
        root = as_object(parse_json(body))
    except InvalidJsonError as error:
        raise InvalidCatalogError(f"the content is {error}") from None
    member, nodes = _find_contexts(root)
    contexts: list[Context] = []
    problems: list[Problem] = []
    if member != "linkset":
        reason = f"it has `{member}` instead of a `linkset` (RFC 9264)"
        problems.append(Problem(url, reason, "it is read nevertheless", f"/{member}"))
    if len(nodes) > MAX_CONTEXTS:
        reason = f"it has {len(nodes)} entries; {MAX_CONTEXTS} are read"
        problems.append(Problem(url, reason, "the others are left out", f"/{member}"))
    for index, node in enumerate(nodes[:MAX_CONTEXTS]):
        context, own_problems = _read_context(as_object(node), f"/{member}/{index}", url, is_api=member == "apis")
        contexts += [context] if context else []
        problems += own_problems
    return contexts, problems


def _find_contexts(root: JsonObject) -> tuple[str, list[JsonValue]]:
    linkset = root.get("linkset")
    if isinstance(linkset, list | dict):
        return "linkset", linkset if isinstance(linkset, list) else [linkset]
    if links := [as_object(link) for link in as_list(root.get("links")) if as_object(link).get("rel")]:
        by_anchor: dict[str, list[JsonValue]] = {}
        for link in links:
            by_anchor.setdefault(as_text(link.get("anchor")), []).append(link)
        return "links", [{"anchor": anchor, "links": own} for anchor, own in by_anchor.items()]
    if apis := as_list(root.get("apis")):
        return "apis", apis
    raise InvalidCatalogError("the JSON has no `linkset` array (RFC 9264 §4.2.1)")


def _read_context(node: JsonObject, pointer: str, url: str, *, is_api: bool) -> tuple[Context | None, list[Problem]]:
    problems: list[Problem] = []
    anchor, title = as_text(node.get("anchor")), as_text(node.get("title")) or as_text(node.get("name"))
    if is_api:
        anchor = anchor or next(_members(node, "baseurl"), "")
        hrefs = _document_urls(node)
        links = [("service-desc", target) for target in read_targets(hrefs)]
        if not hrefs:
            reason = (
                f"no member has the URL of its OpenAPI document (it has {', '.join(sorted(node)[:8]) or 'nothing'})"
            )
            subject = as_text(node.get("name")) or f"#{pointer}"
            problems.append(Problem(subject, reason, "this API is left out", pointer))
    else:
        links = list(_links(node))
    subject = anchor or f"#{pointer}"
    try:
        resolved = resolve_link(url, anchor)
    except InvalidUrlError as error:
        return None, [*problems, Problem(subject, str(error), "this API is left out", pointer)]
    targets: list[tuple[str, Target]] = []
    for relation, target in links:
        if relation in RELATIONS or is_catalog(target):
            try:
                targets.append((relation, replace(target, href=resolve_link(url, target.href))))
            except InvalidUrlError as error:
                problems.append(Problem(subject, str(error), "this link is left out", pointer))
    return Context(subject, resolved, title, tuple(targets), pointer, faulty=bool(problems)), problems


def _links(context: JsonObject) -> Iterator[tuple[str, Target]]:
    for member, value in context.items():
        relation = member.lower()
        listed = relation in _LISTS and isinstance(value, list)
        for target in read_targets(value[:MAX_CONTEXTS] if isinstance(value, list) else value):
            own = target.rel.lower().split()
            known = own if listed else [rel for rel in own if rel in RELATIONS] or [relation]
            yield from ((rel, target) for rel in known)


def _document_urls(api: JsonObject) -> list[JsonValue]:
    """The OpenAPI URLs in an element of `apis`, also in the format of APIs.json."""
    urls = [url for name in _DOCUMENT_MEMBERS for url in _members(api, name)]
    properties = [as_object(node) for node in as_list(api.get("properties"))]
    urls += [as_text(node.get("url")) for node in properties if as_text(node.get("type")).lower() == "openapi"]
    return list[JsonValue](filter(None, urls))


def _members(node: JsonObject, name: str) -> Iterator[str]:
    return (as_text(value) for key, value in node.items() if key.lower().replace("_", "") == name)
