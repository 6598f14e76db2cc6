"""Applications of three frameworks that answer with what they received, each with its description."""

from __future__ import annotations

import hashlib
from enum import Enum
from functools import cache
from typing import Annotated, Any

from fastapi import Body, Cookie, FastAPI, File, Form, Header, Query, Request, UploadFile
from flask import Flask, jsonify
from flask import request as flask_request
from pydantic import BaseModel


class Colour(Enum):
    """One of two."""

    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    """A part of a person."""

    street: str
    number: int | None = None


class Person(BaseModel):
    """A body of every sort of member."""

    name: str
    age: int | None = None
    colour: Colour = Colour.RED
    tags: list[str] = []
    address: Address | None = None
    others: dict[str, int] = {}


class Fields(BaseModel):
    """A form as FastAPI takes it: scalars and lists of them."""

    name: str
    count: int = 0
    ok: bool = False
    tags: list[str] = []


class Filters(BaseModel):
    """Query parameters in a model."""

    limit: int = 10
    names: list[str] = []


def digest(content: bytes) -> str:
    """What tells bytes apart."""
    return hashlib.sha256(content).hexdigest()


@cache
def fastapi_application() -> FastAPI:  # noqa: C901 (a list of routes)
    """An application that FastAPI describes itself."""
    app = FastAPI()

    @app.post("/json", operation_id="json_object")
    def json_object(person: Person) -> Any:
        return {"got": person.model_dump(mode="json"), "set": sorted(person.model_fields_set)}

    @app.post("/list", operation_id="json_list")
    def json_list(people: list[Person]) -> Any:
        return {"got": [person.name for person in people]}

    @app.post("/scalar", operation_id="json_scalar")
    def json_scalar(value: Annotated[int, Body()]) -> Any:
        return {"got": str(value)}

    @app.post("/anything", operation_id="anything")
    def anything(value: Annotated[Any, Body()] = "absent") -> Any:
        return {"got": value}

    @app.post("/several", operation_id="several")
    def several(person: Person, address: Address, note: Annotated[str, Body()]) -> Any:
        return {"got": [person.name, address.street, note]}

    @app.post("/form", operation_id="form")
    def form(fields: Annotated[Fields, Form()]) -> Any:
        return {"got": fields.model_dump()}

    @app.post("/file", operation_id="file")
    async def file(upload: UploadFile, note: Annotated[str, Form()] = "") -> Any:
        content = await upload.read()
        return {"got": [upload.filename, upload.content_type, digest(content), note]}

    @app.post("/files", operation_id="files")
    async def files(uploads: list[UploadFile], extra: Annotated[UploadFile | None, File()] = None) -> Any:
        read = [(one.filename, digest(await one.read())) for one in uploads]
        return {"got": read, "extra": extra.filename if extra else None}

    @app.post("/bytes", operation_id="raw", openapi_extra=body("application/octet-stream"))
    async def raw(request: Request) -> Any:
        return {"got": [request.headers["content-type"], digest(await request.body())]}

    @app.post("/text", operation_id="text", openapi_extra=body("text/plain", {"type": "string"}))
    async def text(request: Request) -> Any:
        return {"got": (await request.body()).decode(), "type": request.headers["content-type"]}

    @app.get("/query/{item:path}", operation_id="query")
    def query(
        item: str,
        q: str,
        numbers: Annotated[list[int], Query()],
        colour: Colour | None = None,
        exact: bool | None = None,
        x_trace: Annotated[str | None, Header()] = None,
        theme: Annotated[str | None, Cookie()] = None,
    ) -> Any:
        return {"got": [item, q, [str(n) for n in numbers], colour, exact, x_trace, theme]}

    @app.get("/filters", operation_id="filters")
    def filters(wanted: Annotated[Filters, Query()]) -> Any:
        return {"got": wanted.model_dump()}

    @app.get("/price/{amount}", operation_id="price")
    def price(amount: str, at: str) -> Any:
        return {"got": [amount, at]}

    return app


def body(media_type: str, schema: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """An operation's request body of one media type."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema or {}, **more}}}}


FLASK_DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/form": {
            "post": {
                "operationId": "form",
                **body(
                    "application/x-www-form-urlencoded",
                    {
                        "type": "object",
                        "properties": {
                            "name": {"type": "string"},
                            "address": {"type": "object", "additionalProperties": True},
                            "tags": {"type": "array", "items": {"type": "string"}},
                            "csv": {"type": "array", "items": {"type": "string"}},
                            "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
                        },
                    },
                    encoding={"csv": {"explode": False}, "metadata": {"style": "deepObject", "explode": True}},
                ),
            }
        },
        "/multipart": {
            "post": {
                "operationId": "multipart",
                **body(
                    "multipart/form-data",
                    {
                        "type": "object",
                        "properties": {
                            "meta": {"type": "object", "additionalProperties": True},
                            "rows": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
                            "tags": {"type": "array", "items": {"type": "string"}},
                            "count": {"type": "integer"},
                            "photo": {"type": "string", "format": "binary"},
                            "others": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        },
                    },
                    encoding={"photo": {"contentType": "image/png, image/jpeg"}},
                ),
            }
        },
        "/image": {"put": {"operationId": "image", **body("image/*", {"type": "string", "format": "binary"})}},
        "/xml": {"post": {"operationId": "xml", **body("application/xml", {"type": "object"})}},
        "/patch": {"patch": {"operationId": "patch", **body("application/merge-patch+json", {"type": "object"})}},
        "/lines": {"post": {"operationId": "lines", **body("application/x-ndjson", {"type": "array", "items": {}})}},
        "/cookies": {
            "get": {
                "operationId": "cookies",
                "parameters": [
                    {"in": "cookie", "name": "theme", "schema": {"type": "string"}},
                    {"in": "cookie", "name": "session_id", "schema": {"type": "string"}},
                ],
            }
        },
    },
}


def flask_application() -> Flask:
    """An application that `FLASK_DOCUMENT` describes."""
    app = Flask("echo")

    def received() -> Any:
        return {
            "form": {name: flask_request.form.getlist(name) for name in flask_request.form},
            "files": [
                [name, one.filename, one.mimetype, digest(one.read())]
                for name in flask_request.files
                for one in flask_request.files.getlist(name)
            ],
            "cookies": flask_request.cookies,
            "type": flask_request.mimetype,
            "digest": digest(flask_request.get_data()) if not flask_request.form else "",
            "json": flask_request.get_json(silent=True),
        }

    for path, methods in FLASK_DOCUMENT["paths"].items():
        app.add_url_rule(path, path[1:], lambda: jsonify(received()), methods=[method.upper() for method in methods])
    return app
