"""From an OpenAPI document to its operations, and the problems that stand in the way of some."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from .addresses import BadAddress, has_origin, origin_of, resolve
from .json_values import JsonObject, JsonValue, as_list, as_object, as_text
from .names import Labelled, operation_names, tool_name
from .problems import Problem
from .schemas import BadReference, SchemaReader, follow
from .text import one_line, paragraph
from .tiers import Tier, tier_of

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_MAX_OPERATIONS = 20_000
_PROPERTY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# Set by the layers below, or by nobody (design: an argument can't leave its place).
_OWN_HEADERS = {"authorization", "host", "cookie", "accept", "connection", "transfer-encoding", "expect", "te",
                "proxy-authorization", "upgrade", "x-api-key", "origin", "referer", "forwarded"}  # fmt: skip

Location = Literal["path", "query", "header"]
_LOCATIONS: dict[str, Location] = {"path": "path", "query": "query", "header": "header"}
BODY = "body"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter (OpenAPI 3.1 §4.8.12): `argument` is its name for the agent, `name` its name on the wire."""

    argument: str
    name: str
    location: Location
    style: str
    explode: bool
    required: bool
    allow_reserved: bool = False
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """A request body: the one media type that is sent, and whether the operation needs it."""

    media_type: str
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path, with all that is needed to describe it and to call it."""

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


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from: its system and API, its address, where the API is, where calls may go.

    `app_scopes` is the rule of systems whose documents declare no scopes: `<api>:read` or `<api>:write`.
    """

    system: str
    prefix: tuple[str, ...]
    api: str
    address: str
    anchor: str
    origins: frozenset[str]
    app_scopes: bool = False


class _Unusable(ValueError):
    """Why one operation cannot become a tool."""


def read_operations(document: JsonObject, source: Source) -> tuple[list[Operation], list[Problem]]:
    """All operations of one OpenAPI 3.x document that can be called, and a problem for each that can't."""
    version = as_text(document.get("openapi"))
    if not version.startswith("3."):
        found = f"it says openapi: {version!r}" if version else "it has no `openapi` member"
        return [], [Problem(source.address, f"not an OpenAPI 3 document: {found}", "all of it is left out")]
    problems: list[Problem] = []
    found_items = list(_path_items(document, source, problems))[:_MAX_OPERATIONS]
    labels = [
        Labelled(method, path, as_text(raw.get("operationId")), as_text(raw.get("summary")))
        for path, method, _, raw in found_items
    ]
    operations: list[Operation] = []
    for (path, method, item, raw), label, name in zip(found_items, labels, operation_names(labels), strict=True):
        try:
            operations.append(_read_operation(document, source, label, name, item, raw))
        except (_Unusable, BadReference, BadAddress) as error:
            pointer = f"/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}"
            subject = f"{method.upper()} {path}"
            problems.append(Problem(subject, str(error), "this operation is left out", pointer))
    return operations, problems


def _path_items(
    document: JsonObject, source: Source, problems: list[Problem]
) -> Iterator[tuple[str, str, JsonObject, JsonObject]]:
    paths = document.get("paths")
    if not isinstance(paths, dict):
        if "webhooks" not in document:
            problems.append(Problem(source.address, "it has no `paths`", "it gives no tools", "/paths"))
        return
    for path, node in paths.items():
        if path.startswith("x-"):
            continue
        pointer = f"/paths/{path.replace('~', '~0').replace('/', '~1')}"
        try:
            item = follow(document, node)
        except BadReference as error:
            problems.append(Problem(path, str(error), "all operations on this path are left out", pointer))
            continue
        for method in METHODS:
            if isinstance(raw := item.get(method), dict):
                yield path, method, item, raw


def _read_operation(
    document: JsonObject, source: Source, label: Labelled, name: str, item: JsonObject, raw: JsonObject
) -> Operation:
    reader = SchemaReader(document)
    parameters, properties, required = _read_parameters(document, reader, item, raw, label.path)
    body = _read_body(document, reader, raw, properties)
    if body and body.required:
        required.append(BODY)
    schema: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = list[JsonValue](required)
    if defs := reader.finish():
        schema["$defs"] = defs
    tier = tier_of(label.method, label.path, name)
    title = one_line(label.summary, 100) or name.replace("_", " ").capitalize()
    return Operation(
        name=tool_name([*source.prefix], name),
        system=source.system,
        api=source.api,
        method=label.method.upper(),
        path=label.path,
        base=base_address(document, source, item, raw, label.path),
        title=title,
        description=_describe(title, raw, label),
        tier=tier,
        parameters=tuple(parameters),
        body=body,
        input_schema=schema,
        tags=tuple(one_line(as_text(tag), 60) for tag in as_list(raw.get("tags"))),
        scopes=declared_scopes(document, raw) or _app_scopes(source, tier),
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
    text = paragraph(as_text(raw.get("description")), 800)
    first = title if title.endswith((".", "!", "?")) else f"{title}."
    if text.startswith(title):
        first = ""
    retired = "Deprecated." if raw.get("deprecated") is True else ""
    where = one_line(f"{label.method.upper()} {label.path}", 160)
    return "\n".join(part for part in (" ".join(filter(None, (retired, first, text))), where) if part)


def base_address(document: JsonObject, source: Source, item: JsonObject, raw: JsonObject, path: str) -> str:
    """The address that `path` is appended to: the first server, else the API's own, that calls may go to.

    A document without `servers` means the root of its own host (OpenAPI 3.1 §4.8.1). Real catalogs disagree:
    the anchor may be the base that paths are relative to, or already be the beginning of each path.

    Raises:
        BadAddress: calls may go to none of them.
    """
    none: list[JsonValue] = []
    servers = next((s for level in (raw, item, document) if (s := as_list(level.get("servers")))), none)
    candidates = [resolve(source.address, _server_url(as_object(server))) for server in servers]
    anchor_path = urlsplit(source.anchor).path.rstrip("/")
    inside_anchor = anchor_path and path.startswith(f"{anchor_path}/")
    candidates.append(origin_of(source.anchor) if inside_anchor or not anchor_path else source.anchor)
    for candidate in candidates:
        if has_origin(candidate, source.origins):
            return candidate.split("?")[0].rstrip("/")
    hosts = ", ".join(sorted({origin_of(candidate) for candidate in candidates}))
    raise BadAddress(f"it is served at {hosts}, which is not an address of this system")


def _server_url(server: JsonObject) -> str:
    variables = as_object(server.get("variables"))

    def value(match: re.Match[str]) -> str:
        variable = as_object(variables.get(match[1]))
        default = variable.get("default", next(iter(as_list(variable.get("enum"))), ""))
        return str(default)

    return re.sub(r"\{([^{}]*)\}", value, as_text(server.get("url")) or "/")


def _read_parameters(
    document: JsonObject, reader: SchemaReader, item: JsonObject, raw: JsonObject, path: str
) -> tuple[list[Parameter], JsonObject, list[str]]:
    merged: dict[tuple[str, str], JsonObject] = {}
    for node in [*as_list(item.get("parameters")), *as_list(raw.get("parameters"))]:
        found = follow(document, node)
        merged[as_text(found.get("in")), as_text(found.get("name"))] = found
    parameters: list[Parameter] = []
    properties: JsonObject = {}
    required: list[str] = []
    names = [name for _, name in merged]
    for (location, name), node in merged.items():
        if location == "path" and f"{{{name}}}" not in path:
            continue
        parameter = _read_parameter(location, name, node, shared=names.count(name) > 1)
        if parameter is None:
            continue
        if parameter.argument in properties:
            raise _Unusable(f"two parameters would both be the argument {parameter.argument!r}")
        parameters.append(parameter)
        properties[parameter.argument] = _parameter_schema(reader, node)
        if parameter.required:
            required.append(parameter.argument)
    unbound = set(re.findall(r"\{([^{}]+)\}", path)) - {p.name for p in parameters if p.location == "path"}
    for name in sorted(unbound):  # a path parameter that the document forgot to declare
        parameters.append(Parameter(_argument(name, "path", False), name, "path", "simple", False, True))
        properties[_argument(name, "path", False)] = {"type": "string"}
        required.append(_argument(name, "path", False))
    return parameters, properties, required


def _read_parameter(location: str, name: str, node: JsonObject, *, shared: bool) -> Parameter | None:
    required = node.get("required") is True or location == "path"
    if not name:
        raise _Unusable("a parameter has no name")
    if location == "header" and (name.lower() in _OWN_HEADERS or name.lower().startswith("content-")):
        return None
    if location == "cookie":
        if required:
            raise _Unusable(f"it needs the cookie {name!r}, and cookies are not arguments")
        return None
    if location not in _LOCATIONS:
        raise _Unusable(f"parameter {name!r} is in {location!r}, which is no place")
    style = as_text(node.get("style")) or ("form" if location == "query" else "simple")
    explode = node.get("explode")
    return Parameter(
        argument=_argument(name, location, shared),
        name=name,
        location=_LOCATIONS[location],
        style=style,
        explode=explode if isinstance(explode, bool) else style == "form",
        required=required,
        allow_reserved=node.get("allowReserved") is True,
        media_type=next(iter(as_object(node.get("content"))), ""),
    )


def _argument(name: str, location: str, shared: bool) -> str:
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_")[:57] or location
    reserved = shared or plain == BODY
    argument = f"{plain}_{location}" if reserved else plain
    return name if _PROPERTY.fullmatch(name) and not reserved else argument


def _parameter_schema(reader: SchemaReader, node: JsonObject) -> JsonObject:
    content = next(iter(as_object(node.get("content")).values()), None)
    schema = reader.read(as_object(content).get("schema") if content else node.get("schema"))
    description = one_line(as_text(node.get("description")), 300)
    return {**schema, "description": description} if description else schema


def _read_body(document: JsonObject, reader: SchemaReader, raw: JsonObject, properties: JsonObject) -> Body | None:
    node = raw.get("requestBody")
    if node is None:
        return None
    found = follow(document, node)
    required = found.get("required") is True
    content = as_object(found.get("content"))
    media_type = next((media for media in content if _is_sendable(media)), None)
    if media_type is None:
        if not required or not content:
            return None
        raise _Unusable(f"its body is {', '.join(sorted(content))}, which is not sent yet")
    properties[BODY] = reader.read(as_object(content[media_type]).get("schema"))
    return Body(media_type, required)


def _is_sendable(media_type: str) -> bool:
    essence = media_type.split(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")
