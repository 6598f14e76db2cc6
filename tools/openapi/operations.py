"""From an OpenAPI document to its operations, and the problems that stand in the way of some."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..formats.json_values import JsonObject, as_list, as_object, as_text
from ..formats.text import one_line, paragraph, without_markup
from ..formats.urls import InvalidUrlError
from ..problems import Problem, UnusableError
from ..schema.reader import SchemaReader
from ..schema.references import InvalidReferenceError
from ..tiers import Tier, tier_of
from .bodies import Body
from .names import Labelled, operation_names, tool_names
from .parameters import Parameter, read_inputs
from .paths import METHODS, SAFE_METHODS, Found, find_operations
from .servers import base_url

logger = logging.getLogger(__name__)

MAX_OPERATIONS = 20_000
MAX_PROBLEMS = 20_000


class NotOpenApiError(ValueError):
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
    """Where a document came from: its system and API, its URL, where the API is, where calls may go.

    `base`, where it is given, replaces every server URL that the document names.
    `app_scopes` is the rule of systems whose documents declare no scopes: `<api>:read` or `<api>:write`.
    """

    system: str
    prefix: tuple[str, ...]
    api: str
    url: str
    anchor: str
    origins: frozenset[str]
    app_scopes: bool = False
    base: str = ""


def read_operations(
    document: JsonObject, source: Source, unresolved: Mapping[str, str] | None = None
) -> tuple[list[Operation], list[Problem]]:
    """All operations of one self-contained OpenAPI 3.x document that can be called, a problem for each that can't.

    `unresolved` says of references why they lead nowhere, where more is known than that they do.

    Raises:
        NotOpenApiError: it is no such document.
    """
    problems = _about_the_whole(document, source)
    found, there = find_operations(document, problems, MAX_OPERATIONS)
    if there > MAX_OPERATIONS:
        reason = f"it has {there} operations; {MAX_OPERATIONS} are read"
        problems.append(Problem(source.url, reason, "the others are left out", "/paths"))
    reader = SchemaReader(document)
    operations: list[Operation] = []
    names = operation_names([one.label for one in found])
    for one, name, tool in zip(found, names, tool_names(source.prefix, names), strict=True):
        try:
            operations.append(_operation(document, reader, source, one, name, tool))
        except InvalidReferenceError as error:
            why = (unresolved or {}).get(error.reference)
            problems.append(one.problem(f"it refers to {error.reference}: {why}" if why else str(error)))
        except (UnusableError, InvalidUrlError) as error:
            problems.append(one.problem(str(error)))
        except Exception as error:  # one operation that we cannot read must not cost the others
            logger.exception("%s %s of %s could not be read", one.label.method, one.label.path, source.url)
            problems.append(one.problem(f"it could not be read ({type(error).__name__}); the log has the details"))
    if len(problems) > MAX_PROBLEMS:
        left_out = Problem(source.url, f"there are {len(problems)} problems", f"{MAX_PROBLEMS} are told")
        problems = [*problems[:MAX_PROBLEMS], left_out]
    return operations, problems


def _about_the_whole(document: JsonObject, source: Source) -> list[Problem]:
    """What there is to say of a document as a whole.

    Raises:
        NotOpenApiError: no operation can be read from it.
    """
    told = document.get("openapi")
    # `openapi: 3.0` is a number in YAML.
    version = str(told) if isinstance(told, str | float | int) and not isinstance(told, bool) else ""
    if not re.match(r"3(\.|$)", version.strip()):
        said = f"it says openapi: {one_line(version, 20)!r}" if version else "it has no `openapi` member"
        raise NotOpenApiError(f"not an OpenAPI 3 document: {said}")
    problems: list[Problem] = []
    if not re.match(r"3(\.[0-2]\b|$)", version.strip()):
        reason = f"it says OpenAPI {one_line(version, 20)}, which is not known"
        problems.append(Problem(source.url, reason, "it is read as OpenAPI 3.2", "/openapi"))
    if isinstance(document.get("paths"), dict):
        return problems
    if "webhooks" not in document:
        raise NotOpenApiError("it has no `paths`")
    reason = f"it describes {len(as_object(document['webhooks']))} webhooks, which the service sends, and no paths"
    return [*problems, Problem(source.url, reason, "there is nothing to call", "/webhooks")]


def _operation(
    document: JsonObject, reader: SchemaReader, source: Source, one: Found, name: str, tool: str
) -> Operation:
    label, raw = one.label, one.raw
    inputs = read_inputs(document, reader, one.item, raw, label.path)
    own_name = name if label.operation_id else ""
    tier = _tier(label, own_name)
    title = one_line(label.summary, 100) or name.replace("_", " ").capitalize()
    return Operation(
        name=tool,
        system=source.system,
        api=source.api,
        method=one.method,
        path=label.path,
        base=source.base or base_url(source.url, source.anchor, source.origins, label.path, raw, one.item, document),
        title=title,
        description=_describe(title, raw, label),
        tier=tier,
        parameters=inputs.parameters,
        body=inputs.body,
        input_schema=inputs.schema,
        tags=tuple(one_line(tag, 60) for tag in as_list(raw.get("tags"))[:10] if isinstance(tag, str)),
        scopes=declared_scopes(document, raw) or _app_scopes(source, tier),
        renames=inputs.renames,
    )


def _tier(label: Labelled, own_name: str) -> Tier:
    if label.method in SAFE_METHODS:
        return tier_of("get", label.path, own_name)
    # What a method of another name does, only the service knows: in doubt the higher tier.
    return tier_of(label.method if label.method in METHODS else "delete", label.path, own_name)


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
