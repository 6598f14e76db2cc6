"""What real applications received equals what was given, for every kind of body and parameter."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from werkzeug.serving import make_server

from closient_mcp.tools.formats.json_values import JsonObject, JsonValue, parse_json
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.openapi.operation import Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.schema.validation import ArgumentChecker
from closient_mcp.tools.toolset.generated import operation_tool

from ...fakes.echoing_applications import FLASK_DOCUMENT, digest, fastapi_application, flask_application
from ...fakes.limits import SECONDS
from ...fakes.ninja_application import ninja_application

ADDRESS = "http://127.0.0.1:9"
AWKWARD = "größe & \"quotes\" = 100% +1; a/b?c#d\r\n日本 'x' \\ <y>,|[z]"
BYTES = bytes(range(256)) * 40
BASE64 = b64encode(BYTES).decode()


class Application:
    """Calls operations as an agent would: checked, built, sent, read."""

    def __init__(
        self,
        document: Mapping[str, Any],
        client: httpx2.AsyncClient,
        url: str = ADDRESS,
        files: tuple[Path, ...] = (),
    ) -> None:
        source = Source("s", (), "", f"{url}/openapi.json", url, frozenset({url}), base=url)
        operations, self.problems = read_operations(dict(document), source)
        sender = Sender(client, frozenset({url}), "s")
        self.tools = {f"{one.method} {one.path}": operation_tool(one, sender, files=files) for one in operations}

    async def __call__(self, name: str, **arguments: JsonValue) -> Any:
        tool = self.tools[name]
        return parse_json((await tool.call(ArgumentChecker().check(name, tool.input_schema, arguments))).text)

    def schema(self, name: str) -> Any:
        return self.tools[name].input_schema["properties"]


@pytest.fixture
async def fast() -> AsyncIterator[Application]:
    app = fastapi_application()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as client:
        yield Application(app.openapi(), client)


@pytest.fixture
async def ninja() -> AsyncIterator[Application]:
    app, document = ninja_application()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as client:
        yield Application(document, client)


@pytest.fixture(scope="module")
def flask_url() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, flask_application())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(SECONDS)
    server.server_close()


@pytest.fixture
async def flask(flask_url: str) -> AsyncIterator[Application]:
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        yield Application(FLASK_DOCUMENT, client, flask_url)


def file(**more: JsonValue) -> JsonObject:
    return {"base64": BASE64, **more}


async def test_fastapi_receives_a_json_object_with_null_apart_from_absent(fast: Application) -> None:
    person: JsonObject = {"name": AWKWARD, "address": {"street": "s", "number": None}, "others": {"a.b": 2**60}}
    got = await fast("POST /json", body=person)
    assert got["set"] == ["address", "name", "others"]
    assert got["got"]["name"] == AWKWARD
    assert got["got"]["others"] == {"a.b": 2**60}
    assert (await fast("POST /json", body={**person, "age": None}))["set"] == ["address", "age", "name", "others"]


async def test_fastapi_receives_arrays_scalars_and_several_bodies(fast: Application) -> None:
    assert (await fast("POST /list", body=[{"name": "a"}, {"name": "b"}]))["got"] == ["a", "b"]
    assert (await fast("POST /scalar", body=9007199254740993))["got"] == "9007199254740993"
    both: JsonObject = {"person": {"name": "n"}, "address": {"street": "s"}, "note": AWKWARD}
    assert (await fast("POST /several", body=both))["got"] == ["n", "s", AWKWARD]


@pytest.mark.parametrize("value", [None, 1, "text", [1, "a", None], {"a": {"b": []}}, False, ""])
async def test_fastapi_receives_whatever_a_free_body_is(fast: Application, value: JsonValue) -> None:
    assert await fast("POST /anything", body=value) == {"got": value}


async def test_an_object_given_as_text_arrives_as_an_object(fast: Application) -> None:
    assert (await fast("POST /anything", body='{"a": [1]}')) == {"got": {"a": [1]}}
    assert (await fast("POST /anything", body="[1")) == {"got": "[1"}
    assert (await fast("POST /anything")) == {"got": "absent"}


async def test_fastapi_receives_a_form(fast: Application) -> None:
    form: JsonObject = {"name": AWKWARD, "count": 5, "ok": True, "tags": ["a b", "c&d", ""]}
    assert (await fast("POST /form", body=form))["got"] == form


async def test_fastapi_receives_a_file_with_fields(fast: Application) -> None:
    sent = file(filename='größe "1".png', content_type="image/png")
    got = (await fast("POST /file", body={"upload": sent, "note": AWKWARD}))["got"]
    # As browsers write it: quotes in names are percent-encoded (HTML, multipart/form-data encoding algorithm).
    assert got == ["größe %221%22.png", "image/png", digest(BYTES), AWKWARD]


async def test_a_file_without_a_name_is_a_file_all_the_same(fast: Application) -> None:
    assert (await fast("POST /file", body={"upload": file()}))["got"][2] == digest(BYTES)


async def test_fastapi_receives_several_files_and_an_optional_one(fast: Application) -> None:
    uploads: list[JsonValue] = [file(filename="1.txt"), {"base64": "", "filename": "2.bin"}]
    got = await fast("POST /files", body={"uploads": uploads, "extra": file(filename="x.pdf")})
    assert got == {"got": [["1.txt", digest(BYTES)], ["2.bin", digest(b"")]], "extra": "x.pdf"}


async def test_fastapi_receives_bytes_and_text(fast: Application) -> None:
    assert (await fast("POST /bytes", body=file()))["got"] == ["application/octet-stream", digest(BYTES)]
    assert await fast("POST /text", body=AWKWARD) == {"got": AWKWARD, "type": "text/plain; charset=utf-8"}


async def test_fastapi_receives_parameters_of_every_place(fast: Application) -> None:
    numbers: list[JsonValue] = [1, 2**63, -5]
    given: JsonObject = {
        "item": "a b/../%2e ü", "q": AWKWARD, "numbers": numbers, "colour": "blue", "exact": False,
        "x-trace": "t 1,2", "theme": "dark/1:a=b",
    }  # fmt: skip
    got = await fast("GET /query/{item}", **given)
    assert got["got"] == ["a b/../%2e ü", AWKWARD, ["1", str(2**63), "-5"], "blue", False, "t 1,2", "dark/1:a=b"]


async def test_fastapi_receives_query_models_and_exact_numbers(fast: Application) -> None:
    assert (await fast("GET /filters", limit=3, names=["a,b", "c"]))["got"] == {"limit": 3, "names": ["a,b", "c"]}
    assert (await fast("GET /price/{amount}", amount="1.10", at="2026-01-01T00:00:00+02:00"))["got"] == [
        "1.10",
        "2026-01-01T00:00:00+02:00",
    ]


async def test_django_ninja_receives_json_and_a_patch_to_null(ninja: Application) -> None:
    got = await ninja("POST /api/items", body={"name": AWKWARD, "price": None})
    assert got["set"] == ["name", "price"]
    assert got["got"]["name"] == AWKWARD
    assert (await ninja("PATCH /api/items/{code}", code="a b.ü", body={"price": None}))["got"] == [
        "a b.ü",
        {"price": None},
    ]


async def test_django_ninja_receives_a_query_and_a_form(ninja: Application) -> None:
    assert (await ninja("GET /api/items", limit=5, names=["a&b", "ü"]))["got"] == {"limit": 5, "names": ["a&b", "ü"]}
    item: JsonObject = {"name": AWKWARD, "price": 1.25, "parts": ["a", "b c"]}
    assert (await ninja("POST /api/form", body=item))["got"] == item


async def test_django_ninja_receives_files_with_fields(ninja: Application) -> None:
    item: JsonObject = {"name": "n", "price": 2.5, "parts": ["a", "b"]}
    got = (await ninja("POST /api/upload", body={"document": file(filename="d.pdf"), **item}))["got"]
    assert got == ["d.pdf", "application/pdf", digest(BYTES), item]
    uploads = await ninja("POST /api/uploads", body={"documents": [file(filename="a.txt"), file(filename="b.txt")]})
    assert uploads["got"] == [["a.txt", digest(BYTES)], ["b.txt", digest(BYTES)]]


async def test_flask_receives_a_form_by_its_encoding(flask: Application) -> None:
    fields: JsonObject = {
        "name": AWKWARD, "address": {"street": "a & b", "n": [1, None]}, "tags": ["x", "y"], "csv": ["a", "b"],
        "metadata": {"k 1": "v&1", "k2": "v2"},
    }  # fmt: skip
    form = (await flask("POST /form", body=fields))["form"]
    assert parse_json(form.pop("address")[0]) == fields["address"]
    assert form == {
        "name": [AWKWARD], "tags": ["x", "y"], "csv": ["a,b"], "metadata[k 1]": ["v&1"], "metadata[k2]": ["v2"],
    }  # fmt: skip


async def test_flask_receives_json_parts_fields_and_files(flask: Application) -> None:
    fields: JsonObject = {
        "photo": file(filename="p.jpg"), "meta": {"a": [1, AWKWARD]}, "rows": [{"r": 1}, {"r": 2}], "tags": ["x", "y"],
        "count": 7, "others": [file(filename="1.bin"), file(filename="2.txt")],
    }  # fmt: skip
    got = await flask("POST /multipart", body=fields)
    assert parse_json(got["form"]["meta"][0]) == fields["meta"]
    assert [parse_json(row) for row in got["form"]["rows"]] == fields["rows"]
    assert (got["form"]["tags"], got["form"]["count"]) == (["x", "y"], ["7"])
    assert got["files"] == [
        ["photo", "p.jpg", "image/jpeg", digest(BYTES)],
        ["others", "1.bin", "application/octet-stream", digest(BYTES)],
        ["others", "2.txt", "text/plain", digest(BYTES)],
    ]


async def test_flask_receives_an_image_xml_a_patch_and_lines(flask: Application) -> None:
    got = await flask("PUT /image", body=file(content_type="image/webp"))
    assert (got["type"], got["digest"]) == ("image/webp", digest(BYTES))
    xml = await flask("POST /xml", body="<a>ü</a>")
    assert (xml["type"], xml["digest"]) == ("application/xml", digest("<a>ü</a>".encode()))
    patched = await flask("PATCH /patch", body={"a": None})
    assert (patched["type"], patched["json"]) == ("application/merge-patch+json", {"a": None})
    lines = await flask("POST /lines", body=[{"a": 1}, "b"])
    assert lines["digest"] == digest(b'{"a":1}\n"b"\n')


async def test_flask_receives_a_cookie_and_no_session_argument(flask: Application) -> None:
    assert (await flask("GET /cookies", theme="dark-1:a"))["cookies"] == {"theme": "dark-1:a"}
    assert list(flask.schema("GET /cookies")) == ["theme"]


async def test_files_are_sent_from_a_folder_that_is_allowed(flask_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "upload"
    folder.mkdir()
    (folder / "scan.png").write_bytes(BYTES)
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        flask = Application(FLASK_DOCUMENT, client, flask_url, (folder,))
        assert "path" in flask.schema("POST /multipart")["body"]["properties"]["photo"]["properties"]
        got = await flask("POST /multipart", body={"photo": {"path": "scan.png"}, "others": [{"path": "scan.png"}]})
        assert got["files"][0] == ["photo", "scan.png", "image/png", digest(BYTES)]
        meta: JsonObject = {"path": "scan.png"}
        parts = await flask("POST /multipart", body={"meta": meta})
        assert parts["files"] == []
        assert parse_json(parts["form"]["meta"][0]) == meta
        image = await flask("PUT /image", body={"path": str(folder / "scan.png")})
    assert (image["type"], image["digest"]) == ("image/png", digest(BYTES))


async def test_every_operation_of_the_applications_is_a_tool(
    fast: Application, ninja: Application, flask: Application
) -> None:
    assert [one.problems for one in (fast, ninja)] == [[], []]
    assert [problem.reason for problem in flask.problems] == [
        "cookie 'session_id' is a credential, and credentials are not exposed"
    ]
