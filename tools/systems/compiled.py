"""A cache of the operations of documents, by content, so that a start need not parse them again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, cast

from ..formats.json_values import JsonObject, to_text
from ..http.cache import Cache
from ..openapi.operation import Body, Operation, Parameter, Part, Source
from ..problems import Problem

logger = logging.getLogger(__name__)

FORMAT = 1

Reading: TypeAlias = tuple[list[Operation], list[Problem]]


def load_compiled(
    body: bytes, source: Source, cache: Cache | None, read: Callable[[bytes, Source], Reading]
) -> Reading:
    """The cached reading of a document; if there is none, the result of `read`, which is then cached."""
    if (kept := find_compiled(body, source, cache)) is not None:
        return kept
    reading = read(body, source)
    if cache:
        cache.write("compiled", compiled_key(body, source), {}, pack(*reading))
    return reading


def find_compiled(body: bytes, source: Source, cache: Cache | None) -> Reading | None:
    """The cached reading of a document, if any."""
    key = compiled_key(body, source)
    kept = cache.read("compiled", key) if cache else None
    if cache is None or kept is None:
        return None
    try:
        reading = unpack(kept.body)
    except (ValueError, TypeError, LookupError, AttributeError):
        logger.warning("cannot use the cached operations of %s; parsing it again", source.url, exc_info=True)
        return None
    cache.touch("compiled", key)  # recently used entries stay
    return reading


def compiled_key(body: bytes, source: Source) -> str:
    """A key of everything that the operations depend on: the document, its source, and the program."""
    origin = json.dumps(_fields(source), default=sorted)  # the only value that isn't JSON is a set
    return "\n".join([str(FORMAT), _program(), origin, hashlib.sha256(body).hexdigest()])


@cache
def _program() -> str:
    """A digest of the installed code: another version may read the same document differently."""
    try:
        root = str(Path(__file__).parents[1])
        states = sorted(state.removeprefix(root) for state in _states(root))
    except OSError:
        return ""
    return hashlib.sha256("\n".join(states).encode()).hexdigest()


def _states(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _states(entry.path)
            elif entry.name.endswith(".py"):
                state = entry.stat()
                yield f"{entry.path} {state.st_size} {state.st_mtime_ns}"


def pack(operations: Sequence[Operation], problems: Sequence[Problem]) -> bytes:
    """Operations and problems as JSON, with each shared definition once."""
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
    content = {"shared": shared, "operations": rows, "problems": [_fields(problem) for problem in problems]}
    return to_text(cast(JsonObject, content)).encode(errors="surrogatepass")


def _fields(value: Any) -> JsonObject:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def unpack(content: bytes) -> Reading:
    """Reverse `pack`.

    Raises:
        ValueError, TypeError, LookupError, AttributeError: the content was not made by `pack`.
    """
    # Values aren't validated: that would take longer than parsing the document.
    packed = _parsed(content)
    shared: list[JsonObject] = packed["shared"]
    operations: list[Operation] = []
    for row in packed["operations"]:
        schema = row["input_schema"]
        if "$defs" in schema:
            schema["$defs"] = {name: shared[place] for name, place in schema["$defs"].items()}
        row["parameters"] = tuple(Parameter(**parameter) for parameter in row["parameters"])
        row["body"] = _body(row["body"]) if row["body"] else None
        row["tags"], row["scopes"] = tuple(row["tags"]), tuple(row["scopes"])
        row["accept"] = tuple(row["accept"])
        operations.append(Operation(**row))
    return operations, [Problem(**problem) for problem in packed["problems"]]


def _parsed(content: bytes) -> Any:
    from pydantic_core import from_json

    try:
        return from_json(content)  # equal texts are one object, which takes a third less memory
    except ValueError:  # half of a surrogate pair, or very deep
        return json.loads(content.decode(errors="surrogatepass"))


def _body(row: dict[str, Any]) -> Body:
    for part in row["parts"]:
        part["headers"] = tuple((name, value) for name, value in part["headers"])
    row["parts"] = tuple(Part(**part) for part in row["parts"])
    row["media_types"] = tuple(row["media_types"])
    row["alternatives"] = tuple(map(_body, row["alternatives"]))
    return Body(**row)
