"""An application of django-ninja that answers with what it received; importing it sets Django up in this process."""

# No `from __future__ import annotations`: django-ninja reads annotations as they stand.

import json
from functools import cache
from typing import Any

import django
from django.conf import settings

if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="only for tests", ALLOWED_HOSTS=["*"], USE_TZ=True)
    django.setup()

from django.core.asgi import get_asgi_application
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest
from django.urls import path
from ninja import Body, File, Form, NinjaAPI, Query, Schema
from ninja.files import UploadedFile
from pydantic import Field

from .echoing_applications import digest

api = NinjaAPI()


class Item(Schema):
    """A body."""

    name: str
    price: float | None = None
    parts: list[str] = Field(default_factory=list)


class Filters(Schema):
    """Query parameters in a schema."""

    limit: int = 100
    names: list[str] = Field(default_factory=list)


@api.post("/items", operation_id="create")
def create(request: HttpRequest, item: Item) -> Any:
    """JSON."""
    return {"got": item.dict(), "set": sorted(item.model_fields_set)}


@api.patch("/items/{code}", operation_id="change")
def change(request: HttpRequest, code: str, changes: Body[dict[str, Any]]) -> Any:
    """JSON without a schema."""
    return {"got": [code, changes]}


@api.get("/items", operation_id="listing")
def listing(request: HttpRequest, filters: Query[Filters]) -> Any:
    """A query."""
    return {"got": filters.dict()}


@api.post("/form", operation_id="form")
def form(request: HttpRequest, item: Form[Item]) -> Any:
    """A form."""
    return {"got": item.dict()}


@api.post("/upload", operation_id="upload")
def upload(request: HttpRequest, document: File[UploadedFile], details: Form[Item]) -> Any:
    """A file and fields."""
    return {"got": [document.name, document.content_type, digest(document.read()), details.dict()]}


@api.post("/uploads", operation_id="uploads")
def uploads(request: HttpRequest, documents: File[list[UploadedFile]]) -> Any:
    """Files."""
    return {"got": [[one.name, digest(one.read())] for one in documents]}


urlpatterns = [path("api/", api.urls)]


@cache
def ninja_application() -> tuple[Any, dict[str, Any]]:
    """The application, for ASGI, and its description."""
    return get_asgi_application(), json.loads(json.dumps(api.get_openapi_schema(), cls=DjangoJSONEncoder))
