"""The operations of an OpenAPI document, and problems for those that cannot be used."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from ..formats.json_values import JsonObject, as_list, as_object, as_text
from ..formats.text import one_line, paragraph, without_markup
from ..formats.urls import InvalidUrlError
from ..problems import Problem, UnusableError
from ..schema.reader import SchemaReader
from ..tiers.judgement import tier_of
from ..tiers.tier import Tier
from .names import OperationLabel, operation_names, tool_names
from .operation import Operation, Source
from .outline import Outlines
from .parameters import read_inputs
from .paths import OperationNode, find_operations
from .responses import response_types
from .security import declared_schemes
from .servers import base_url

logger = logging.getLogger(__name__)

MAX_OPERATIONS = 20_000
MAX_PROBLEMS = 20_000


class NotOpenApiError(ValueError):
    """The document is not an OpenAPI 3 document with operations; the message says why."""


def read_operations(
    document: JsonObject, source: Source, unresolved: Mapping[str, str] | None = None
) -> tuple[list[Operation], list[Problem]]:
    """The operations of a self-contained OpenAPI 3.x document, and problems for those that cannot be called.

    `unresolved` has reasons for references that lead nowhere.

    Raises:
        NotOpenApiError: it is not such a document.
    """
    problems = _check_document(document, source)
    nodes, path_problems, total = find_operations(document, MAX_OPERATIONS, unresolved or {})
    problems += path_problems
    if total > MAX_OPERATIONS:
        reason = f"it has {total} operations; {MAX_OPERATIONS} are read"
        problems.append(Problem(source.url, reason, "the others are left out", "/paths"))
    reader, outlines = SchemaReader(document, unresolved), Outlines(document)
    operations: list[Operation] = []
    names = operation_names([node.label for node in nodes])
    for node, name, tool in zip(nodes, names, tool_names(source.prefix, names), strict=True):
        try:
            operation, notices = _operation(reader, outlines, source, node, name, tool)
        except (UnusableError, InvalidUrlError) as error:
            problems.append(node.problem(str(error)))
        except Exception as error:  # a bug with one operation must not affect the others
            logger.exception("cannot read %s %s of %s", node.label.method, node.label.path, source.url)
            problems.append(node.problem(f"it could not be read ({type(error).__name__}); the log has the details"))
        else:
            operations.append(operation)
            problems += [node.problem(notice, "the parameter is left out") for notice in notices]
    problems += [Problem(source.url, reason, effect) for reason, effect in reader.unread()]
    if len(problems) > MAX_PROBLEMS:
        rest = Problem(source.url, f"there are {len(problems)} problems", f"{MAX_PROBLEMS} are listed")
        problems = [*problems[:MAX_PROBLEMS], rest]
    return operations, problems


def _check_document(document: JsonObject, source: Source) -> list[Problem]:
    member = document.get("openapi")
    # `openapi: 3.0` is a number in YAML.
    version = str(member).strip() if isinstance(member, str | float | int) and not isinstance(member, bool) else ""
    if not re.match(r"3(\.|$)", version):
        reason = f"its `openapi` is {one_line(version, 20)!r}" if version else "it has no `openapi` member"
        raise NotOpenApiError(f"not an OpenAPI 3 document: {reason}")
    problems: list[Problem] = []
    if not re.match(r"3(\.[0-2]\b|$)", version):
        reason = f"unknown version OpenAPI {one_line(version, 20)}"
        problems.append(Problem(source.url, reason, "it is read as OpenAPI 3.2", "/openapi"))
    if isinstance(document.get("paths"), dict):
        return problems
    if "webhooks" not in document:
        raise NotOpenApiError("it has no `paths`")
    reason = f"it has {len(as_object(document['webhooks']))} webhooks, which the service calls, and no paths"
    return [*problems, Problem(source.url, reason, "there is nothing to call", "/webhooks")]


def _operation(
    reader: SchemaReader, outlines: Outlines, source: Source, found: OperationNode, name: str, tool: str
) -> tuple[Operation, tuple[str, ...]]:
    """The operation, and notices of what was left out of it."""
    label, node, document = found.label, found.node, reader.document
    inputs = read_inputs(reader, found.path_item, node, label)
    description = without_markup(as_text(node.get("description"))[:8_000])
    tier = tier_of(label.method, label.path, label.operation_id, label.summary, description)
    title = one_line(label.summary, 100) or name.replace("_", " ").capitalize()
    servers = (node, found.path_item, document)
    operation = Operation(
        name=tool,
        system=source.system,
        api=source.api,
        method=found.method,
        path=label.path,
        base=source.base or base_url(source.url, source.anchor, source.origins, label.path, *servers),
        title=title,
        description=_describe(title, paragraph(description, 800), node, label),
        tier=tier,
        parameters=inputs.parameters,
        body=inputs.body,
        input_schema=inputs.schema,
        tags=tuple(one_line(tag, 60) for tag in as_list(node.get("tags"))[:10] if isinstance(tag, str)),
        scopes=declared_scopes(document, node) or _app_scopes(source, tier),
        renames=inputs.renames,
        accept=response_types(document, node),
        operation_id=one_line(label.operation_id, 200),
        answer=outlines.answer(node),
        errors=outlines.errors(node),
    )
    return operation, inputs.notices


def declared_scopes(document: JsonObject, operation: JsonObject) -> tuple[str, ...]:
    """The scopes of the first OAuth requirement in an operation's `security` (OpenAPI 3.1 §4.8.30)."""
    schemes = declared_schemes(document)
    for requirement in as_list(operation.get("security", document.get("security"))):
        for scheme, scopes in as_object(requirement).items():
            if as_text(as_object(schemes.get(scheme)).get("type")) in ("oauth2", "openIdConnect"):
                return tuple(as_text(scope) for scope in as_list(scopes))
    return ()


def _app_scopes(source: Source, tier: Tier) -> tuple[str, ...]:
    return (f"{source.api}:{'read' if tier == 'read' else 'write'}",) if source.app_scopes else ()


def _describe(title: str, text: str, operation: JsonObject, label: OperationLabel) -> str:
    first = title if title.endswith((".", "!", "?")) else f"{title}."
    if text.startswith(title):
        first = ""
    deprecated = "Deprecated." if operation.get("deprecated") is True else ""
    request_line = one_line(f"{label.method.upper()} {label.path}", 160)
    return "\n".join(filter(None, (" ".join(filter(None, (deprecated, first, text))), request_line)))
