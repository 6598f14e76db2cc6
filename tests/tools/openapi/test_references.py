"""References: from one file to another, by anchors and names, round in circles, and to where nothing may be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx2
import pytest

from closient_mcp.tools.catalog.discovery import DocumentSource
from closient_mcp.tools.formats.json_values import JsonObject, as_object
from closient_mcp.tools.http.cache import Cache
from closient_mcp.tools.http.fetcher import Fetcher
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.openapi.document import refers_elsewhere
from closient_mcp.tools.openapi.references import Bundler
from closient_mcp.tools.schema.references import follow
from closient_mcp.tools.systems.loading import LoadedDocument
from closient_mcp.tools.systems.system import System

from ...fakes.service import Reply, Service, document, operation, running_service

ADDRESS = "https://docs.example.com/v1/openapi.json"


async def read(url: str, base: str, cache: Cache | None = None, *, online: bool = True, beside: str = "") -> System:
    """The system whose description is at a URL, and another one beside it, if any."""
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        home = frozenset({base})
        way = DocumentSource(document_urls=(url, *filter(None, (beside,))), base=base)
        system = System("acme", way, ("acme",), Sender(client, home, "acme"), Fetcher(client, home, cache))
        await (system.load() if online else system.load_cached())
        return system


async def served(
    service: Service, start: Any, files: Mapping[str, Any] = MappingProxyType({}), cache: Cache | None = None
) -> LoadedDocument:
    """What came of a document that is served with files beside it."""
    service.routes["/api/openapi.json"] = start if isinstance(start, Reply) else Reply(start)
    for name, content in files.items():
        service.routes[f"/api/{name}"] = Reply(content)
    url = f"{service.url}/api/openapi.json"
    return (await read(url, service.url, cache)).documents[url]


def body_of(reference: str, **siblings: Any) -> dict[str, Any]:
    """A path with one operation, whose body is what a reference leads to."""
    content = {"application/json": {"schema": {"$ref": reference, **siblings}}}
    return {"/t": {"post": operation(requestBody={"required": True, "content": content})}}


def body_schema(description: LoadedDocument) -> Any:
    (found,) = description.operations
    assert description.problems == ()
    schema: Any = found.input_schema
    body = schema["properties"]["body"]
    return schema["$defs"][body["$ref"].removeprefix("#/$defs/")] if set(body) == {"$ref"} else body


def notice(description: LoadedDocument) -> str:
    """The one notice of a document, which has only cost a schema its detail."""
    (problem,) = description.problems
    (found, *_) = description.operations
    body = as_object(as_object(found.input_schema["properties"])["body"])
    assert problem.effect == "any value is accepted there"
    assert body["description"] == "Any value: its schema could not be read."
    return problem.reason


def resolved(start: Any, **files: Any) -> Bundler:
    """A document made self-contained with files beside it, by their names."""
    whole = Bundler(start, ADDRESS)
    for _ in range(20):
        for url in whole.missing():
            name = url.rsplit("/", 1)[1].split(".")[0]
            if name in files:
                whole.add(url, files[name], url)
            else:
                whole.reject(url, "there is none")
    assert whole.missing() == []
    return whole


def schema_in(whole: Bundler) -> JsonObject:
    """What the reference in the body of the one operation now leads to."""
    paths: Any = whole.document["paths"]
    return follow(whole.document, paths["/t"]["post"]["requestBody"]["content"]["application/json"]["schema"])


PET = {"type": "object", "properties": {"name": {"type": "string"}}}


async def test_a_reference_to_another_file_is_followed(service: Service) -> None:
    found = await served(service, document(body_of("schemas/Pet.json")), {"schemas/Pet.json": PET})
    assert body_schema(found) == PET


async def test_references_in_another_file_are_relative_to_it(service: Service) -> None:
    files = {
        "a/one.json": {"type": "array", "items": {"$ref": "b/two.yaml#/definitions/Pet"}},
        "a/b/two.yaml": 'definitions:\n  Pet: {$ref: "../../three.json#/x~1y/%7Bz%7D"}\n',
        "three.json": {"x/y": {"{z}": PET}},
    }
    assert body_schema(await served(service, document(body_of("./a/one.json")), files)) == {
        "type": "array",
        "items": PET,
    }


async def test_parameters_bodies_and_paths_may_be_in_other_files(service: Service) -> None:
    item = {
        "parameters": [{"$ref": "parts.json#/parameters/Id"}],
        "get": operation(operationId="get_pet"),
        "put": operation(operationId="put_pet", requestBody={"$ref": "parts.json#/bodies/Pet"}),
    }
    parts = {
        "parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}},
        "bodies": {"Pet": {"content": {"application/json": {"schema": {"$ref": "#/schemas/Pet"}}}}},
        "schemas": {"Pet": PET},
        "get": operation(operationId="list_pets"),
    }
    paths = {"/pets/{id}": {"$ref": "item.json", "description": "One."}, "/pets": {"get": {"$ref": "parts.json#/get"}}}
    found = await served(service, document(paths), {"item.json": item, "parts.json": parts})
    assert found.problems == ()
    schemas: dict[str, Any] = {one.name: one.input_schema["properties"] for one in found.operations}
    identity = {"type": "integer"}
    assert schemas == {
        "acme_list_pets": {},
        "acme_get_pet": {"id": identity},
        "acme_put_pet": {"id": identity, "body": PET},
    }


async def test_parts_of_a_swagger_document_may_be_in_other_files(service: Service) -> None:
    parts = {
        "body": {"name": "b", "in": "body", "schema": {"$ref": "#/Pet"}},
        "Pet": PET,
        "limit": {"name": "limit", "in": "query", "type": "integer"},
        "item": {"delete": operation(operationId="delete_pet", parameters=[{"$ref": "#/limit"}])},
    }
    post = operation(operationId="add_pet", parameters=[{"$ref": "parts.json#/body"}])
    paths = {"/pets": {"post": post}, "/pets/all": {"$ref": "parts.json#/item"}}
    found = await served(service, {"swagger": "2.0", "paths": paths}, {"parts.json": parts})
    assert found.problems == ()
    assert {one.name: one.input_schema["properties"] for one in found.operations} == {
        "acme_add_pet": {"body": PET},
        "acme_delete_pet": {"limit": {"type": "integer"}},
    }


async def test_rule_2_a_reference_to_another_origin_is_not_followed(service: Service) -> None:
    with running_service({"/Pet.json": Reply(PET)}) as elsewhere:
        found = await served(service, document(body_of(f"{elsewhere.url}/Pet.json#/x")))
        assert elsewhere.received == []
    reason = f"it refers to {elsewhere.url}/Pet.json#/x: it has another origin than the document"
    assert notice(found).startswith(reason)


async def test_rule_2_a_reference_redirected_to_another_origin_is_rejected(service: Service) -> None:
    with running_service({"/Pet.json": Reply(PET)}) as elsewhere:
        service.routes["/api/Pet.json"] = Reply(status=302, headers={"location": f"{elsewhere.url}/Pet.json"})
        found = await served(service, document(body_of("Pet.json")))
    assert "redirects to another origin" in notice(found)


async def test_references_in_a_redirected_file_are_relative_to_its_final_url(service: Service) -> None:
    service.routes["/api/Pet.json"] = Reply(status=302, headers={"location": "/moved/Pet.json"})
    service.routes["/moved/Pet.json"] = Reply({"$ref": "Name.json"})
    service.routes["/moved/Name.json"] = Reply({"type": "string"})
    assert body_schema(await served(service, document(body_of("Pet.json")))) == {"type": "string"}


@pytest.mark.parametrize("reference", ["file:///etc/passwd", "ftp://x/y", "http://[", "//user@host/x", "\u0000:x"])
async def test_rule_2_a_remote_document_must_not_refer_to_local_files(service: Service, reference: str) -> None:
    assert notice(await served(service, document(body_of(reference)))).startswith("it refers to ")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=404), "HTTP 404"),
        (Reply("<html></html>"), "web page"),
        (Reply([1]), "got a list"),
        (Reply({"other": {}}), "it leads nowhere"),
    ],
)
async def test_an_unusable_file_loses_only_the_detail_of_its_schema(
    service: Service, reply: Reply, reason: str
) -> None:
    service.routes["/api/Pet.json"] = reply
    text = notice(await served(service, document(body_of("Pet.json#/Pet"))))
    assert reason in text
    assert "/api/Pet.json#/Pet" in text


async def test_files_that_no_request_needs_are_not_fetched(service: Service) -> None:
    outside = {"$ref": "Outside.json"}
    responses = {"200": {"description": "well", "content": {"application/json": {"schema": outside}}}}
    schema = {"type": "object", "example": outside, "default": outside, "x-more": outside}
    content = {"application/json": {"schema": schema, "examples": {"one": outside}}}
    paths = {"/t": {"post": {"requestBody": {"content": content}, "responses": responses, "callbacks": {"c": outside}}}}
    found = await served(service, document(paths, components={"schemas": {"Unused": outside}}))
    assert len(found.operations) == 1
    assert found.problems == ()
    assert [got.path for got in service.received] == ["/api/openapi.json"]


async def test_properties_named_like_keywords_are_properties(service: Service) -> None:
    names = ("example", "responses", "default", "properties", "x-y", "enum")
    schema = {"type": "object", "properties": {name: {"$ref": f"{name}.json"} for name in names}}
    files = {f"{name}.json": {"type": "integer"} for name in names}
    found = await served(service, document(body_of("Pet.json")), {"Pet.json": schema, **files})
    assert body_schema(found)["properties"] == {name: {"type": "integer"} for name in names}


def test_files_that_refer_to_each_other_become_definitions() -> None:
    a = {"type": "object", "properties": {"b": {"$ref": "b.json"}, "own": {"$ref": "#"}}}
    b = {"type": "object", "properties": {"a": {"$ref": "a.json"}, "start": {"$ref": "openapi.json#/components/x"}}}
    whole = resolved(document(body_of("a.json"), components={"x": {"type": "string"}}), a=a, b=b)
    assert schema_in(whole)["properties"] == {
        "b": {"$ref": "#/components/schemas/b"},
        "own": {"$ref": "#/components/schemas/a"},
    }
    assert follow(whole.document, {"$ref": "#/components/schemas/b"})["properties"] == {
        "a": {"$ref": "#/components/schemas/a"},
        "start": {"$ref": "#/components/x"},
    }


async def test_a_schema_recursive_through_two_files_is_supported(service: Service) -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "leaf.json#/x"}, "right": {"$ref": "tree.json"}}}
    leaf = {"x": {"type": "array", "items": {"$ref": "tree.json"}}}
    found = await served(service, document(body_of("tree.json")), {"tree.json": tree, "leaf.json": leaf})
    assert found.problems == ()
    assert '"$ref": "#/$defs/' in json.dumps(found.operations[0].input_schema)


@pytest.mark.parametrize(
    "paths",
    [
        {"/bad": {"$ref": "#/paths/~1bad"}},
        {"/bad": {"$ref": "openapi.json#/paths/~1bad"}},
        {"/bad": {"$ref": "loop.json#/a"}},
        {"/bad": {"get": {"$ref": "loop.json#/a"}}},
    ],
)
async def test_circular_references_are_problems(service: Service, paths: dict[str, Any]) -> None:
    loop = {"a": {"$ref": "#/b"}, "b": {"$ref": "loop.json#/a"}}
    found = await served(service, document({**paths, "/good": {"get": operation()}}), {"loop.json": loop})
    assert [one.path for one in found.operations] == ["/good"]
    (problem,) = found.problems
    assert "has no end" in problem.reason
    assert problem.pointer.startswith("/paths/~1bad")


@pytest.mark.parametrize(
    ("members", "effect", "arguments"),
    [
        ({"parameters": [{"$ref": "loop.json#/a"}]}, "the parameter is left out", []),
        ({"requestBody": {"$ref": "loop.json#/a"}}, "any body is accepted", ["body"]),
    ],
)
async def test_a_circular_parameter_or_body_loses_only_itself(
    service: Service, members: dict[str, Any], effect: str, arguments: list[str]
) -> None:
    loop = {"a": {"$ref": "#/b"}, "b": {"$ref": "loop.json#/a"}}
    found = await served(service, document({"/t": {"get": operation(**members)}}), {"loop.json": loop})
    assert [(problem.reason, problem.effect) for problem in found.problems] == [
        ("a chain of `$ref`s has no end", effect)
    ]
    assert list(as_object(found.operations[0].input_schema["properties"])) == arguments


@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef"])
@pytest.mark.parametrize("naming", ["$anchor", "$dynamicAnchor"])
def test_an_anchor_names_a_schema(keyword: str, naming: str) -> None:
    start = document(body_of("#pet"), components={"schemas": {"A/b%41": {naming: "pet", **PET}}})
    schema: Any = start["paths"]["/t"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schema[keyword] = schema.pop("$ref")
    assert schema_in(resolved(start))["properties"] == PET["properties"]
    assert schema == {"$ref": "#/components/schemas/A~1b%2541"}


def test_an_anchor_in_another_file_names_a_schema() -> None:
    assert (
        schema_in(resolved(document(body_of("a.json#pet")), a={"x": {"y": {"$anchor": "pet", **PET}}}))["properties"]
        == (PET["properties"])
    )


def test_an_id_names_a_schema_and_is_its_base_uri() -> None:
    pet = {
        "$id": "https://ids.example/schemas/pet",
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "other"}, "c": {"$ref": "#/components/schemas/Plain"}},
        "$defs": {"A": {"type": "integer"}},
    }
    other = {"$id": "https://ids.example/schemas/other", "type": "boolean"}
    schemas = {"Pet": pet, "Other": other, "Plain": {"type": "string"}}
    whole = resolved(document(body_of("https://ids.example/schemas/pet"), components={"schemas": schemas}))
    properties: Any = schema_in(whole)["properties"]
    kinds = {name: follow(whole.document, one)["type"] for name, one in properties.items()}
    assert kinds == {"a": "integer", "b": "boolean", "c": "string"}
    assert whole.unresolved == {}


def test_an_inline_schema_with_an_id_is_its_own_resource() -> None:
    start = document(body_of("#/$defs/A", **{"$id": "https://ids.example/x", "$defs": {"A": {"type": "integer"}}}))
    assert schema_in(resolved(start)) == {"type": "integer"}


def test_an_id_that_is_only_a_name_does_not_hide_other_files() -> None:
    start = document(body_of("a.json"))
    a = {"$id": "https://ids.example/a", "type": "array", "items": {"$ref": "b.json"}}
    assert schema_in(resolved(start, a=a, b=PET))["items"] == {"$ref": "#/components/schemas/b"}


def test_a_document_is_found_by_its_self_url() -> None:
    start = document(body_of("https://self.example/api#/components/schemas/Pet"), components={"schemas": {"Pet": PET}})
    start["$self"] = "https://self.example/api"
    assert schema_in(resolved(start)) == PET


def test_parts_with_the_same_name_stay_separate() -> None:
    start = document(body_of("a.json"), components={"schemas": {"Pet": {"type": "string"}}})
    a = {"properties": {"one": {"$ref": "b.json#/Pet"}, "two": {"$ref": "c.json#/Pet"}}}
    whole = resolved(start, a=a, b={"Pet": {"type": "integer"}}, c={"Pet": {"type": "boolean"}})
    properties: Any = schema_in(whole)["properties"]
    kinds = {name: follow(whole.document, one)["type"] for name, one in properties.items()}
    assert kinds == {"one": "integer", "two": "boolean"}
    assert follow(whole.document, {"$ref": "#/components/schemas/Pet"}) == {"type": "string"}


def test_discriminator_mappings_are_rewritten_too() -> None:
    union = {
        "oneOf": [{"$ref": "b.json"}],
        "discriminator": {"propertyName": "k", "mapping": {"b": "b.json", "c": "C"}},
    }
    discriminator: Any = schema_in(resolved(document(body_of("a.json")), a=union, b=PET))["discriminator"]
    assert discriminator["mapping"] == {"b": "#/components/schemas/b", "c": "C"}


def test_siblings_of_a_reference_are_kept() -> None:
    whole = resolved(document(body_of("a.json", description="Which.", maxLength=3)), a={"type": "string"})
    paths: Any = whole.document["paths"]
    assert paths["/t"]["post"]["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/a",
        "description": "Which.",
        "maxLength": 3,
    }


@pytest.mark.parametrize("reference", ["#/definitions/X", "#/paths/~1a/get/parameters/1/schema", "#/x-parts/%7B1%7D"])
async def test_references_to_unusual_places_are_followed(service: Service, reference: str) -> None:
    schema = {"type": "string", "maxLength": 5}
    parameter = {"name": "q", "in": "query", "schema": schema}
    members = {"definitions": {"X": schema}, "x-parts": {"{1}": schema}}
    other = {"name": "p", "in": "query", "schema": {"type": "integer"}}
    paths = {**body_of(reference), "/a": {"get": operation(parameters=[other, parameter])}}
    found = await served(service, document(paths, **members))
    assert found.problems == ()
    properties: Any = next(one for one in found.operations if one.method == "POST").input_schema["properties"]
    assert properties["body"] == schema


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ('{"$ref": "#/a"}', False),
        ('{"$ref" : "#/a"}', False),
        ("$ref: '#/a'", False),
        ("$ref: \"#/a\"", False),
        ('{"$ref": "a.json"}', True),
        ('{"$ref":"#a"}', True),
        ('{"$ref":"#"}', True),
        ("$ref: ./a.yaml", True),
        ("$ref: >-\n  a.yaml", True),
        ('{"$anchor": "a"}', True),
        ("$id: a", True),
        ('{"$dynamicRef": "#a"}', True),
        ("{}", False),
    ],
)  # fmt: skip
def test_only_documents_that_may_refer_elsewhere_are_bundled(text: str, elsewhere: bool) -> None:
    assert refers_elsewhere(text.encode()) is elsewhere


# Bounds


async def test_a_document_of_many_files_is_read_whole(tmp_path: Path) -> None:
    files = {f"{i}.json": {"get": operation(operationId=f"get_{i}")} for i in range(400)}
    paths = {f"/{i}": {"$ref": f"{i}.json"} for i in range(400)}
    found = await local(write(tmp_path, {"openapi.json": document(paths), **files}))
    assert found.problems == ()
    assert len(found.operations) == 400


async def test_an_endless_chain_of_files_is_cut_off(service: Service) -> None:
    service.otherwise = lambda got: Reply({"items": {"$ref": f"{got.path.rsplit('/', 1)[1]}x"}})
    found = await served(service, document(body_of("a")))
    assert len(found.operations) == 1
    assert "more than 20 levels deep" in found.problems[0].reason
    assert len(service.received) < 30


async def test_files_are_bounded_in_size_together(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closient_mcp.tools.openapi.external_files.MAX_BYTES", 1_000)
    files = {
        "a.json": {"description": "x" * 900, "items": {"$ref": "b.json"}},
        "b.json": {"description": "x" * 900, "items": {"$ref": "c.json"}},
        "c.json": {},
    }
    found = await served(service, document(body_of("a.json")), files)
    assert "together" in found.problems[0].reason
    assert service.received[-1].path == "/api/b.json"


async def test_an_exceeded_time_limit_is_reported(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closient_mcp.tools.openapi.external_files._TIMEOUT", 0.0)
    found = await served(service, document(body_of("a.json")), {"a.json": PET})
    assert "took more than" in found.problems[0].reason


# Files on this machine


def write(folder: Path, files: Mapping[str, Any]) -> str:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    return (folder / "openapi.json").as_uri()


async def local(url: str) -> LoadedDocument:
    return (await read(url, "https://api.example.com")).documents[url]


async def test_a_file_may_refer_to_files_in_its_folder_and_below(tmp_path: Path) -> None:
    start = document(body_of("Pet%20one.json"))
    files = {"Pet one.json": {"items": {"$ref": "deep/er.json#/x"}, "type": "array"}, "deep/er.json": {"x": PET}}
    assert body_schema(await local(write(tmp_path, {"openapi.json": start, **files}))) == {
        "type": "array",
        "items": PET,
    }


@pytest.mark.parametrize("reference", ["../secret.json", "%2e%2e/secret.json", "/secret.json", "link.json", "link/x"])
async def test_rule_2_a_file_must_not_refer_outside_its_folder(tmp_path: Path, reference: str) -> None:
    (tmp_path / "secret.json").write_text(json.dumps(PET))
    folder = tmp_path / "api"
    url = write(folder, {"openapi.json": document(body_of(reference))})
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / "link").symlink_to(tmp_path)
    assert "outside" in notice(await local(url))


async def test_a_file_may_refer_to_all_of_the_folder_of_its_catalog(tmp_path: Path) -> None:
    anchor = {"anchor": "https://api.example.com/", "service-desc": [{"href": "api/openapi.json"}]}
    folder = tmp_path / "specs"
    references = {**body_of("../shared/Pet.json"), "/out": {"post": operation(requestBody={"$ref": "../../out.json"})}}
    files = {"api/openapi.json": document(references), "shared/Pet.json": PET, "catalog.json": {"linkset": [anchor]}}
    write(folder, {**files, "../out.json": {}})
    base = "https://api.example.com"
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        source = DocumentSource(catalog=(folder / "catalog.json").as_uri(), base=base)
        fetcher = Fetcher(client, frozenset({base}))
        system = System("acme", source, ("acme",), Sender(client, frozenset({base}), "acme"), fetcher)
        await system.load()
    inside, _ = system.operations()
    assert as_object(inside.input_schema["properties"])["body"] == PET
    assert ["outside the document's folder" in problem.reason for problem in system.skipped()] == [True]


async def test_rule_2_a_file_must_not_refer_to_other_configured_files(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"openapi.json": document(body_of("../two/openapi.json#/components/schemas/Pet"))})
    two = write(tmp_path / "two", {"openapi.json": document({}, components={"schemas": {"Pet": PET}})})
    system = await read(one, "https://api.example.com", beside=two)
    assert "outside the document's folder" in notice(system.documents[one])


async def test_rule_2_a_file_must_not_refer_to_the_network(tmp_path: Path, service: Service) -> None:
    service.otherwise = Reply(PET)
    url = write(tmp_path, {"openapi.json": document(body_of(f"{service.url}/Pet.json"))})
    (problem,) = (await local(url)).problems
    assert service.received == []
    assert "it is on the network, but the document is a local file" in problem.reason


# What is kept


async def test_an_offline_start_uses_the_cached_operations(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(tmp_path)
    before = await served(service, document(body_of("a.json")), {"a.json": PET}, cache)
    service.received.clear()
    monkeypatch.setattr("closient_mcp.tools.openapi.external_files.Bundler", None)
    system = await read(f"{service.url}/api/openapi.json", service.url, cache, online=False)
    assert system.loaded
    assert service.received == []
    assert tuple(system.operations()) == before.operations


async def test_another_file_that_changed_changes_what_is_read(service: Service, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    start = document(body_of("a.json"))
    await served(service, start, {"a.json": {"$ref": "b.json"}, "b.json": PET}, cache)
    for changed in ({"type": "string"}, {"type": "integer"}, PET):
        found = await served(service, start, {"b.json": changed}, cache)
        assert body_schema(found) == changed
    found = await served(service, start, {"a.json": {"$ref": "c.json"}, "c.json": {"type": "boolean"}}, cache)
    assert body_schema(found) == {"type": "boolean"}
    assert body_schema(await served(service, start, {"c.json": {"type": "null"}}, cache)) == {"type": "null"}


async def test_a_file_that_could_not_be_fetched_is_retried_at_the_next_start(service: Service, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    service.routes["/api/a.json"] = Reply(status=500)
    assert "HTTP 500" in notice(await served(service, document(body_of("a.json")), cache=cache))
    offline = await read(f"{service.url}/api/openapi.json", service.url, cache, online=False)
    assert not offline.loaded
    assert body_schema(await served(service, document(body_of("a.json")), {"a.json": PET}, cache)) == PET


async def test_a_cached_file_is_used_if_fetching_fails_and_is_stale(service: Service, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    await served(service, document(body_of("a.json")), {"a.json": PET}, cache)
    service.routes["/api/a.json"] = Reply(status=500)
    found = await served(service, document(body_of("a.json")), cache=cache)
    assert body_schema(found) == PET
    assert [stale.url.rsplit("/", 1)[1] for stale in found.stale] == ["a.json"]


async def test_equal_documents_whose_other_files_differ_are_two(service: Service) -> None:
    start = document(body_of("a.json"))
    for api in ("one", "two"):
        service.routes[f"/{api}/openapi.json"] = Reply(start)
        service.routes[f"/{api}/a.json"] = Reply({"type": "string", "description": api})
    found = [
        (await read(url, service.url)).documents[url].fingerprint
        for url in (f"{service.url}/{api}/openapi.json" for api in ("one", "two"))
    ]
    assert found[0] != found[1]
