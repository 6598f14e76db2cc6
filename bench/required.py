"""Which arguments a document requires, read with none of our own code, so that it can be held against both sides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
# OpenAPI says of the first three that they are ignored; none is an agent's business.
_NOT_ARGUMENTS = {"accept", "content-type", "authorization", "host", "cookie", "content-length"}


def required_arguments(document: dict[str, Any]) -> dict[str, list[list[str]]]:
    """By method and path: the place and name of each required parameter, and of each required member of a body.

    What has a default may be omitted.
    A body counts where it is required itself and a plain object; what only one branch of a choice requires does not.
    """
    found: dict[str, list[list[str]]] = {}
    for path, raw in _object(document.get("paths")).items():
        item = _followed(document, raw)
        for method in _METHODS:
            if isinstance(item.get(method), dict):
                found[f"{method.upper()} {path}"] = _of_operation(document, item, item[method])
    return found


def _of_operation(document: dict[str, Any], item: dict[str, Any], operation: dict[str, Any]) -> list[list[str]]:
    parameters: dict[tuple[str, str], dict[str, Any]] = {}
    for raw in [*_list(item.get("parameters")), *_list(operation.get("parameters"))]:
        parameter = _followed(document, raw)
        parameters[str(parameter.get("in")), str(parameter.get("name"))] = parameter
    required = ((key, one) for key, one in parameters.items() if one.get("required") is True)
    needed = [[*key] for key, one in required if _followed(document, one.get("schema")).get("default") is None]
    reply = [[where, name] for where, name in needed if where in ("path", "query", "header", "cookie")]
    found = [[where, name] for where, name in reply if where != "header" or name.lower() not in _NOT_ARGUMENTS]
    body = _followed(document, operation.get("requestBody"))
    content = _object(body.get("content"))
    if body.get("required") is True and content:
        # Where there are several media types, the first of JSON is what either side takes.
        kind = next((kind for kind in content if kind.split(";")[0].endswith("json")), next(iter(content)))
        found += [["body", name] for name in _members(document, _object(content[kind]).get("schema"))]
    return found


def _members(document: dict[str, Any], schema: Any, depth: int = 0) -> list[str]:
    node = _followed(document, schema)
    if depth > 5 or node.get("type") == "array":
        return []
    properties = _object(node.get("properties"))
    names = [name for name in _list(node.get("required")) if isinstance(name, str)]
    targets = {name: _followed(document, properties.get(name)) for name in names}
    found = [
        name
        for name, target in targets.items()
        if not properties or (target.get("readOnly") is not True and target.get("default") is None)
    ]
    for part in _list(node.get("allOf")):
        found += _members(document, part, depth + 1)
    return list(dict.fromkeys(found))


def _followed(document: dict[str, Any], node: Any) -> dict[str, Any]:
    for _ in range(20):
        reference = _object(node).get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        node = document
        for part in reference[2:].split("/"):
            node = _object(node).get(part.replace("~1", "/").replace("~0", "~"))
    return _object(node)


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return list(cast("Iterable[Any]", value)) if isinstance(value, list) else []
