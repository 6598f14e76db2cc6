"""From an OpenAPI document to its operations, and the problems that stand in the way of some."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from .addresses import BadAddress
from .bodies import Body
from .json_values import JsonObject, as_list, as_object, as_text
from .names import Labelled, operation_names, tool_names
from .parameters import Parameter, read_inputs
from .problems import Problem, Unusable
from .schemas import BadReference, SchemaReader, follow
from .servers import base_address
from .text import one_line, paragraph, without_markup
from .tiers import Tier, tier_of

logger = logging.getLogger(__name__)

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_OTHER_METHODS = ("trace", "query")
MAX_OPERATIONS = 20_000


class NotOpenApi(ValueError):
    """The document gives no operations at all; the text says why."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path, with all that is needed to describe it and to call it.

    `renames` leads from names inside the input schema to those that the service knows (`restore_names`).
    """

    name: str
    system: str
    api: str
    method: str
    path: str
    base: str
    title: str
    description: str
    tier: Tier
    parameters: tuple[Parameter, ...]
    body: Body | None
    input_schema: JsonObject
    tags: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    renames: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from: its system and API, its address, where the API is, where calls may go.

    `base`, where it is given, replaces every server address that the document names.
    `app_scopes` is the rule of systems whose documents declare no scopes: `<api>:read` or `<api>:write`.
    """

    system: str
    prefix: tuple[str, ...]
    api: str
    address: str
    anchor: str
    origins: frozenset[str]
    app_scopes: bool = False
    base: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """An operation as it stands in the document: its label, its path item, itself."""

    label: Labelled
    item: JsonObject
    raw: JsonObject


def read_operations(document: JsonObject, source: Source) -> tuple[list[Operation], list[Problem]]:
    """All operations of one OpenAPI 3.x document that can be called, and a problem for each that can't.

    Raises:
        NotOpenApi: it is no such document.
    """
    version = as_text(document.get("openapi"))
    if not version.startswith("3."):
        said = f"it says openapi: {one_line(version, 20)!r}" if version else "it has no `openapi` member"
        raise NotOpenApi(f"not an OpenAPI 3 document: {said}")
    if not isinstance(document.get("paths"), dict) and "webhooks" not in document:
        raise NotOpenApi("it has no `paths`")
    problems: list[Problem] = []
    there = list(_operations_in(document, problems))
    if len(there) > MAX_OPERATIONS:
        reason = f"it has {len(there)} operations; {MAX_OPERATIONS} are read"
        problems.append(Problem(source.address, reason, "the others are left out", "/paths"))
    found = there[:MAX_OPERATIONS]
    reader = SchemaReader(document)
    operations: list[Operation] = []
    names = operation_names([one.label for one in found])
    for one, name, tool in zip(found, names, tool_names(source.prefix, names), strict=True):
        try:
            operations.append(_operation(document, reader, source, one, name, tool))
        except (Unusable, BadReference, BadAddress) as error:
            problems.append(_problem(one, str(error)))
        except Exception as error:  # one operation that we cannot read must not cost the others
            logger.exception("%s %s of %s could not be read", one.label.method, one.label.path, source.address)
            problems.append(_problem(one, f"it could not be read ({type(error).__name__}); the log has the details"))
    return operations, problems


def _problem(one: _Found, reason: str) -> Problem:
    method, path = one.label.method, one.label.path
    return Problem(f"{method.upper()} {path}", reason, "this operation is left out", f"{_pointer(path)}/{method}")


def _pointer(path: str) -> str:
    return f"/paths/{path.replace('~', '~0').replace('/', '~1')}"


def _operations_in(document: JsonObject, problems: list[Problem]) -> Iterator[_Found]:
    for path, path_node in as_object(document.get("paths")).items():
        if path.startswith("x-"):
            continue
        try:
            item = follow(document, path_node)
        except BadReference as error:
            problems.append(Problem(path, str(error), "all operations on this path are left out", _pointer(path)))
            continue
        if not isinstance(path_node, dict):
            problems.append(Problem(path, "it is no object", "this path gives nothing", _pointer(path)))
        for key, raw in item.items():
            method = key.lower()
            if method not in METHODS + _OTHER_METHODS:
                continue
            node = as_object(raw)
            label = Labelled(method, path, as_text(node.get("operationId")), as_text(node.get("summary")))
            one = _Found(label, item, node)
            if not isinstance(raw, dict):
                problems.append(_problem(one, "it is no object"))
            elif method in _OTHER_METHODS:
                problems.append(_problem(one, f"the method {method.upper()} is not sent"))
            else:
                yield one


def _operation(
    document: JsonObject, reader: SchemaReader, source: Source, one: _Found, name: str, tool: str
) -> Operation:
    label, raw = one.label, one.raw
    inputs = read_inputs(document, reader, one.item, raw, label.path)
    own_name = name if label.operation_id else ""
    tier = tier_of(label.method, label.path, own_name)
    title = one_line(label.summary, 100) or name.replace("_", " ").capitalize()
    return Operation(
        name=tool,
        system=source.system,
        api=source.api,
        method=label.method.upper(),
        path=label.path,
        base=source.base
        or base_address(source.address, source.anchor, source.origins, label.path, raw, one.item, document),
        title=title,
        description=_describe(title, raw, label),
        tier=tier,
        parameters=inputs.parameters,
        body=inputs.body,
        input_schema=inputs.schema,
        tags=tuple(one_line(as_text(tag), 60) for tag in as_list(raw.get("tags"))[:10]),
        scopes=declared_scopes(document, raw) or _app_scopes(source, tier),
        renames=inputs.renames,
    )


def declared_scopes(document: JsonObject, raw: JsonObject) -> tuple[str, ...]:
    """The OAuth scopes that an operation's `security` names (OpenAPI 3.1 §4.8.30), of its first way in by OAuth."""
    schemes = as_object(as_object(document.get("components")).get("securitySchemes"))
    for requirement in as_list(raw.get("security", document.get("security"))):
        for scheme, scopes in as_object(requirement).items():
            if as_text(as_object(schemes.get(scheme)).get("type")) in ("oauth2", "openIdConnect"):
                return tuple(as_text(scope) for scope in as_list(scopes))
    return ()


def _app_scopes(source: Source, tier: Tier) -> tuple[str, ...]:
    return (f"{source.api}:{'read' if tier == 'read' else 'write'}",) if source.app_scopes else ()


def _describe(title: str, raw: JsonObject, label: Labelled) -> str:
    text = paragraph(without_markup(as_text(raw.get("description"))[:8_000]), 800)
    first = title if title.endswith((".", "!", "?")) else f"{title}."
    if text.startswith(title):
        first = ""
    retired = "Deprecated." if raw.get("deprecated") is True else ""
    where = one_line(f"{label.method.upper()} {label.path}", 160)
    return "\n".join(part for part in (" ".join(filter(None, (retired, first, text))), where) if part)
