"""A NinjaAPI with its OpenAPI document and with problem documents as errors."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from .problems import SCHEMA, ProblemError, plain_problem, problem_response


class PerAppAPI(NinjaAPI):
    """One app's API, with operation ids derived from its module names, as at Closient."""

    _document: OpenAPISchema | None = None

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The OpenAPI document, generated once because that takes longer than most requests."""
        if self._document is None:
            self._document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
            _declare_problems(self._document)
        return self._document

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """An operation id in the form of Closient's."""
        name = operation.view_func.__name__  # pyright: ignore[reportUnknownMemberType]  # ninja says only Callable
        return f"apps_{self.urls_namespace}_api_v1_views_{name}"


def new_api(app: str, title: str, description: str) -> NinjaAPI:
    """An empty API that answers errors with problem documents."""
    api = PerAppAPI(
        title=title,
        version="1.0.0",
        description=description,
        urls_namespace=app,
        docs_url=None,
        servers=[{"url": settings.SANDBOX_URL, "description": "This sandbox"}],
    )
    api.add_exception_handler(ProblemError, _on_problem)
    api.add_exception_handler(ValidationError, _on_validation_error)
    api.add_exception_handler(HttpError, _on_http_error)
    api.add_exception_handler(Http404, _on_not_found)
    return api


def _declare_problems(document: dict[str, Any]) -> None:
    """Declare the problem document that every operation answers errors with."""
    document["components"].setdefault("schemas", {})["Problem"] = SCHEMA
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"]["default"] = {"description": "An error (RFC 9457)", "content": content}


def _on_problem(request: HttpRequest, problem: ProblemError | type[ProblemError]) -> HttpResponse:
    assert isinstance(problem, ProblemError)
    return problem_response(problem)


def _on_validation_error(request: HttpRequest, error: ValidationError | type[ValidationError]) -> HttpResponse:
    assert isinstance(error, ValidationError)
    errors = [{"field": _field(item["loc"]), "message": str(item["msg"])} for item in error.errors]
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in errors)
    return problem_response(ProblemError(422, detail or "Invalid input.", errors=errors))


def _on_http_error(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
    assert isinstance(error, HttpError)
    return problem_response(ProblemError(error.status_code, error.message))


def _on_not_found(request: HttpRequest, error: Http404 | type[Http404]) -> HttpResponse:
    return plain_problem(404)


def _field(location: tuple[Any, ...]) -> str:
    """The field's name without its location and without the parameter that holds the body."""
    names = [str(part) for part in location[1:]]
    if location[0] == "body" and len(names) > 1:
        names = names[1:]
    return ".".join(names)
