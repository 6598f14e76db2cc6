"""Documents that are broken, hostile or huge: read with bounded work, without an exception, and with reasons."""

from __future__ import annotations

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.catalog.entries import Entry
from closient_mcp.tools.formats.json_values import parse_json, to_text
from closient_mcp.tools.http.fetcher import Fetcher
from closient_mcp.tools.http.reader import Reader
from closient_mcp.tools.openapi import operations
from closient_mcp.tools.openapi.operation import Source
from closient_mcp.tools.systems.loading import LoadedDocument, load_document

from ...fakes.mutations import mutate
from ...fakes.service import document, operation
from ...fakes.specs import BASE, spec_files

OWN_DEFECT = "could not be read ("
SMALL = 60_000


def read_text(folder: Path, text: str | bytes) -> LoadedDocument:
    """What comes of a document in a file of its own."""
    path = folder / "openapi.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(errors="surrogatepass"))
    return asyncio.run(_read(path))


async def _read(path: Path) -> LoadedDocument:
    origins = frozenset({BASE})
    url = path.as_uri()
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(_no_network)) as client:
        reader = Reader(Fetcher(client, origins), files=(url,))
        source = Source("acme", ("acme",), "acme", url, "", origins, base=BASE)
        return await load_document(Entry("acme", "", url), source, reader)


def _no_network(request: httpx2.Request) -> httpx2.Response:
    raise AssertionError(f"a file led to {request.url}")


def read_value(folder: Path, value: Any) -> LoadedDocument:
    return read_text(folder, json.dumps(value))


def is_told_well(found: LoadedDocument) -> bool:
    """Whether nothing went wrong that we did not think of, and whatever is missing has a reason."""
    reasons_given = [found.failure, *(problem.reason for problem in found.problems)]
    reasons = all(problem.reason and problem.effect and problem.subject for problem in found.problems)
    names = [one.name for one in found.operations]
    return reasons and len(set(names)) == len(names) and not any(OWN_DEFECT in reason for reason in reasons_given)


def body(schema: Any) -> dict[str, Any]:
    return operation(requestBody={"required": True, "content": {"application/json": {"schema": schema}}})


THING = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": ["string", "null"], "format": "uuid", "readOnly": True},
        "kind": {"enum": ["a", "b", None], "default": "a"},
        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}, "maxItems": 5},
        "more": {"oneOf": [{"$ref": "#/components/schemas/Part"}, {"type": "number", "exclusiveMinimum": 0}]},
    },
    "additionalProperties": {"allOf": [{"$ref": "#/components/schemas/Part"}, {"description": "Either."}]},
}
OPENAPI = document(
    {
        "/things/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "get": operation(operationId="getThing", tags=["t"], security=[{"o": ["read"]}], deprecated=True),
            "put": {"requestBody": {"$ref": "#/components/requestBodies/Thing"}, "responses": {}},
        },
        "/things": {
            "servers": [{"url": "/v{n}", "variables": {"n": {"default": "2", "enum": ["1", "2"]}}}],
            "get": operation(
                summary="List things",
                parameters=[
                    {"name": "f", "in": "query", "style": "deepObject", "explode": True, "schema": {"type": "object"}},
                    {"name": "q", "in": "query", "content": {"application/json": {"schema": {"type": "array"}}}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "integer"}, "example": 5},
                ],
            ),
            "additionalOperations": {"COPY": body({"$ref": "#anchored"})},
        },
        "/elsewhere": {"$ref": "#/components/pathItems/Shared", "summary": "Own"},
    },
    servers=[{"url": BASE}],
    components={
        "schemas": {"Thing": THING, "Part": {"$anchor": "anchored", "type": "string", "pattern": "^a+$"}},
        "parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}},
        "requestBodies": {"Thing": body({"$ref": "#/components/schemas/Thing"})["requestBody"]},
        "pathItems": {"Shared": {"delete": operation(), "post": body({"$ref": "other.json#/x"})}},
        "securitySchemes": {"o": {"type": "oauth2", "flows": {}}},
    },
)  # fmt: skip
SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "host": "api.example.com",
    "basePath": "/v1",
    "schemes": ["https"],
    "consumes": ["application/json"],
    "parameters": {"Body": {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/Thing"}}},
    "paths": {
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "type": "string", "required": True}],
            "post": {"parameters": [{"$ref": "#/parameters/Body"}], "responses": {"200": {"schema": {}}}},
            "put": {
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"name": "f", "in": "formData", "type": "file"},
                    {"name": "l", "in": "formData", "type": "array", "items": {"type": "string"}},
                ],
            },
        }
    },
    "definitions": {
        "Thing": {"type": "object", "discriminator": "k", "properties": {"k": {"$ref": "#/definitions/Thing"}}},
    },
    "securityDefinitions": {"o": {"type": "oauth2", "flow": "implicit", "scopes": {"r": "Read."}}},
}  # fmt: skip
OWN: list[Any] = [OPENAPI, SWAGGER]


def hold(folder: Path, bases: list[Any], data: st.DataObject) -> None:
    value = copy.deepcopy(data.draw(st.sampled_from(bases)))
    for _ in range(data.draw(st.integers(1, 12))):
        mutate(value, data.draw)
    assert is_told_well(read_value(folder, value))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the documents are written to, each over the last."""
    return tmp_path_factory.mktemp("fuzzed")


def real_documents(largest: int) -> list[Any]:
    files = [path for path in spec_files() if path.suffix == ".json" and path.stat().st_size < largest]
    return [parse_json(path.read_bytes()) for path in files]


@given(data=st.data())
def test_a_mutated_document_of_ours_is_read_or_reported(folder: Path, data: st.DataObject) -> None:
    hold(folder, OWN, data)


@given(data=st.data())
def test_a_mutated_real_document_is_read_or_reported(folder: Path, data: st.DataObject) -> None:
    hold(folder, [*OWN, *real_documents(SMALL)], data)


@given(text=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_are_read_or_reported(folder: Path, text: bytes) -> None:
    assert is_told_well(read_text(folder, text))


# Huge and hostile


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        '{"openapi": "3.1.0", "paths": ' + "[" * 10_000 + "]" * 10_000 + "}",
        "openapi: 3.1.0\npaths: " + "{a: " * 10_000 + "}" * 10_000,
        "".join(f"{' ' * depth}a:\n" for depth in range(2_000)),
    ],
    ids=["objects", "lists", "yaml in braces", "yaml by indentation"],
)
def test_ten_thousand_levels_are_rejected(folder: Path, text: str) -> None:
    found = read_text(folder, text)
    assert found.operations == ()
    assert found.failure
    assert OWN_DEFECT not in found.failure


@pytest.fixture
def few_operations(monkeypatch: pytest.MonkeyPatch) -> int:
    """A limit that takes no seconds to reach."""
    for name in ("MAX_OPERATIONS", "MAX_PROBLEMS"):
        monkeypatch.setattr(operations, name, 500)
    return 500


def test_very_many_paths_are_truncated_and_reported(folder: Path, few_operations: int) -> None:
    found = read_value(folder, document({f"/p{i}": {"get": {}} for i in range(few_operations + 100)}))
    assert len(found.operations) == few_operations
    (problem,) = found.problems
    assert problem.reason == f"it has {few_operations + 100} operations; {few_operations} are read"


def test_problems_of_very_many_paths_are_limited(folder: Path, few_operations: int) -> None:
    found = read_value(folder, document({f"/p{i}": None for i in range(few_operations + 100)}))
    assert found.operations == ()
    assert len(found.problems) == few_operations + 1


@pytest.mark.parametrize("link", ["items", "properties", "allOf", "anyOf", "additionalProperties"])
def test_exponential_references_stay_small(folder: Path, link: str) -> None:
    """Each schema names the next one twice: 2^60 of them, written out."""

    def twice(name: str) -> Any:
        reference = {"$ref": f"#/components/schemas/{name}"}
        many: dict[str, Any] = {
            "items": {"type": "object", "properties": {"a": reference, "b": {"type": "array", "items": reference}}},
            "properties": {"a": reference, "b": reference},
            "additionalProperties": {"anyOf": [reference, {"type": "array", "items": reference}]},
        }
        return {"type": "array" if link == "items" else "object", link: many.get(link, [reference, reference])}

    schemas = {f"S{i}": twice(f"S{i + 1}") for i in range(60)} | {"S60": {"type": "string"}}
    found = read_value(
        folder, document({"/t": {"post": body({"$ref": "#/components/schemas/S0"})}}, components={"schemas": schemas})
    )
    assert is_told_well(found)
    assert len(found.operations) == 1
    assert len(to_text(found.operations[0].input_schema)) < 100_000


def test_files_that_refer_to_each_other_often_are_read_once(folder: Path) -> None:
    for i in range(30):
        reference = {"$ref": f"bomb{i + 1}.json"}
        (folder / f"bomb{i}.json").write_text(
            json.dumps({"type": "object", "properties": {"a": reference, "b": reference}})
        )
    (folder / "bomb19.json").write_text('{"type": "string"}')
    found = read_value(folder, document({"/t": {"post": body({"$ref": "bomb0.json"})}}))
    assert is_told_well(found)
    assert len(found.operations) == 1
    assert len(to_text(found.operations[0].input_schema)) < 100_000


@pytest.mark.parametrize("levels", [20, 200])
def test_exponential_aliases_are_rejected(folder: Path, levels: int) -> None:
    lines = ["openapi: 3.1.0", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    found = read_text(folder, "\n".join([*lines, "paths: {}"]))
    assert "its aliases repeat more than" in found.failure


def test_repeating_a_long_string_is_rejected(folder: Path) -> None:
    text = f"openapi: 3.1.0\na: &a {'x' * 1_000_000}\npaths: {{}}\nb: [{', '.join(['*a'] * 5_000)}]"
    assert "its aliases repeat more than" in read_text(folder, text).failure


@pytest.mark.parametrize("reference", ["#/components/schemas/S", "#s", "openapi.json#/components/schemas/S", "#"])
def test_a_reference_to_itself_breaks_nothing(folder: Path, reference: str) -> None:
    members = {"schemas": {"S": {"$ref": reference, "$anchor": "s"}}}
    paths = {"/t": {"post": body({"$ref": reference})}, "/good": {"get": operation()}}
    found = read_value(folder, document(paths, components=members))
    assert is_told_well(found)
    assert "/good" in [one.path for one in found.operations]


def test_very_long_pointers_and_many_names_are_supported(folder: Path) -> None:
    schemas: dict[str, Any] = {f"S{i}": {"$anchor": f"a{i}", "$id": f"i{i}"} for i in range(20_000)}
    schemas |= {
        "L": {"type": "object", "properties": {"a": {"$ref": "#/" + "a/" * 100_000}}},
        "k" * 100_000: {"$anchor": "k"},
    }
    paths = {f"/{i}": {"post": body({"$ref": f"#a{i}"})} for i in range(50)} | {
        "/l": {"post": body({"$ref": "#/components/schemas/L"})}
    }
    found = read_value(folder, document(paths, components={"schemas": schemas}))
    assert is_told_well(found)
    assert len(found.operations) == 51
