"""The APIs that the sandbox describes and does not serve: their documents, and 501 for every operation."""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from ..data.apps import App
from .authentication import caller_of, missing_credential
from .openapi import operation_id, problem_responses
from .problems import SCHEMA, ProblemError, plain_problem, problem_response
from .unserved_operations import FIELDS, OPERATIONS, Operation

_PARAMETER = re.compile(r"\{(\w+)\}")
_REASON = "The sandbox describes this operation and does not serve it."


def document(app: App) -> dict[str, Any]:
    """The OpenAPI document of an unserved API."""
    paths: dict[str, Any] = {}
    for operation in OPERATIONS[app.name]:
        paths.setdefault(f"/{app.path}{operation.path}", {})[operation.method] = _described(app, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": app.heading, "version": app.version, "description": f"About {app.subject}. {_REASON}"},
        "paths": paths,
        "components": {
            "schemas": {"Problem": SCHEMA},
            "securitySchemes": {"ApiKeyAuth": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
        },
        "servers": [{"url": settings.SANDBOX_URL, "description": "This sandbox"}],
    }


def urlpatterns(app: App) -> list[URLPattern]:
    """The URLs of an unserved API."""
    operations: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS[app.name]:
        operations.setdefault(operation.path, {})[operation.method.upper()] = operation
    # A path with a parameter would also match a fixed one.
    templates = sorted(operations, key=lambda template: "{" in template)
    described = [path(_route(template), _refusing(operations[template])) for template in templates]
    return [path("openapi.json", _serving_document(app)), *described]


def _described(app: App, operation: Operation) -> dict[str, Any]:
    in_path = [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(operation.path)
    ]
    in_query = [
        {"in": "query", "name": name, "schema": FIELDS[name], "description": FIELDS[name]["description"]}
        for name in operation.query
    ]
    described: dict[str, Any] = {
        "operationId": operation_id(app.name, operation.name),
        "summary": operation.summary,
        "description": _REASON,
        "tags": [app.name],
        "parameters": in_path + in_query,
        "responses": problem_responses(401, 403, 429, 501),
    }
    if operation.body:
        schema = {"type": "object", "properties": {name: FIELDS[name] for name in operation.body}}
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if not operation.public:
        described["security"] = [{"ApiKeyAuth": []}]
    return described


def _route(template: str) -> str:
    return _PARAMETER.sub(r"<str:\1>", template.removeprefix("/"))


def _serving_document(app: App) -> Callable[[HttpRequest], HttpResponse]:
    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        return JsonResponse(document(app))

    return view


def _refusing(methods: dict[str, Operation]) -> Callable[..., HttpResponse]:
    @csrf_exempt
    def view(request: HttpRequest, **names: str) -> HttpResponse:
        operation = methods.get(request.method or "")
        if operation is None:
            response = plain_problem(405)
            response.headers["Allow"] = ", ".join(methods)
            return response
        try:
            if caller_of(request) is None and not operation.public:
                raise missing_credential()
            raise ProblemError(501, f"{_REASON} See /.well-known/api-catalog for the APIs that it has.")
        except ProblemError as problem:
            return problem_response(problem)

    return view
