"""Operations as they were read from a document, kept by its content, so that a start need not read it again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias, cast

from ..formats.json_values import JsonObject, to_text
from ..http.cache import Cache
from ..openapi.bodies import Body
from ..openapi.forms import Part
from ..openapi.operations import Operation, Source
from ..openapi.parameters import Parameter
from ..problems import Problem

logger = logging.getLogger(__name__)

FORMAT = 1

Reading: TypeAlias = tuple[list[Operation], list[Problem]]


def read_compiled(
    body: bytes, source: Source, cache: Cache | None, read: Callable[[bytes, Source], Reading]
) -> Reading:
    """What `read` makes of the document, or made of the very same one before. What it raises passes through."""
    if (kept := compiled_before(body, source, cache)) is not None:
        return kept
    reading = read(body, source)
    if cache:
        cache.write("compiled", compiled_key(body, source), {}, pack(*reading))
    return reading


def compiled_before(body: bytes, source: Source, cache: Cache | None) -> Reading | None:
    """What was made of the very same document before, if that is kept."""
    key = compiled_key(body, source)
    kept = cache.read("compiled", key) if cache else None
    if cache is None or kept is None:
        return None
    try:
        reading = unpack(kept.body)
    except (ValueError, TypeError, LookupError, AttributeError):
        logger.warning("what was compiled of %s cannot be read, and is made anew", source.url, exc_info=True)
        return None
    cache.confirm("compiled", key)  # what is used stays
    return reading


def compiled_key(body: bytes, source: Source) -> str:
    """All that the operations depend on: the document, where it came from, and the program that reads it."""
    known = {field.name: getattr(source, field.name) for field in dataclasses.fields(source)}
    told = json.dumps(known, default=sorted)  # the only value that is no JSON is a set
    return "\n".join([str(FORMAT), _program(), told, hashlib.sha256(body).hexdigest()])


@cache
def _program() -> str:
    """The code of this package as it is installed: another version may read the same document differently."""
    try:
        root = Path(str(files("closient_mcp.tools")))
        states = sorted((path.relative_to(root).as_posix(), path.stat()) for path in root.rglob("*.py"))
    except OSError:
        return ""
    told = "\n".join(f"{name} {state.st_size} {state.st_mtime_ns}" for name, state in states)
    return hashlib.sha256(told.encode()).hexdigest()


def pack(operations: Sequence[Operation], problems: Sequence[Problem]) -> bytes:
    """Operations and problems as JSON; a definition that several of them share stands there once."""
    shared: list[JsonObject] = []
    places: dict[int, int] = {}

    def place(definition: JsonObject) -> int:
        if id(definition) not in places:
            places[id(definition)] = len(shared)
            shared.append(definition)
        return places[id(definition)]

    rows: list[JsonObject] = []
    for operation in operations:
        row = _fields(operation)
        row["parameters"] = [_fields(parameter) for parameter in operation.parameters]
        row["body"] = dataclasses.asdict(operation.body) if operation.body else None
        definitions = operation.input_schema.get("$defs")
        if isinstance(definitions, dict):
            own = {name: place(cast(JsonObject, schema)) for name, schema in definitions.items()}
            row["input_schema"] = {**operation.input_schema, "$defs": cast(JsonObject, own)}
        rows.append(row)
    told = {"shared": shared, "operations": rows, "problems": [_fields(problem) for problem in problems]}
    return to_text(cast(JsonObject, told)).encode(errors="surrogatepass")


def _fields(value: Any) -> JsonObject:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def unpack(content: bytes) -> Reading:
    """What `pack` was given.

    Raises:
        ValueError, TypeError, LookupError, AttributeError: it is something else.
    """
    # Straight into the classes: checking each value again would cost more than reading the document does.
    told: Any = json.loads(content.decode(errors="surrogatepass"))
    shared: list[JsonObject] = told["shared"]
    operations: list[Operation] = []
    for row in told["operations"]:
        schema = row["input_schema"]
        if "$defs" in schema:
            schema["$defs"] = {name: shared[place] for name, place in schema["$defs"].items()}
        row["parameters"] = tuple(Parameter(**parameter) for parameter in row["parameters"])
        row["body"] = _body(row["body"]) if row["body"] else None
        row["tags"], row["scopes"] = tuple(row["tags"]), tuple(row["scopes"])
        operations.append(Operation(**row))
    return operations, [Problem(**problem) for problem in told["problems"]]


def _body(told: dict[str, Any]) -> Body:
    told["parts"] = tuple(_part(part) for part in told["parts"])
    told["media_types"] = tuple(told["media_types"])
    return Body(**told)


def _part(told: dict[str, Any]) -> Part:
    told["headers"] = tuple((name, value) for name, value in told["headers"])
    return Part(**told)
