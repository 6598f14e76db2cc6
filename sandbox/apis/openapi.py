"""A NinjaAPI with its OpenAPI document and with problem documents as errors."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from pydantic import BaseModel, BeforeValidator, ConfigDict

from ..data.apps import APPS
from .problems import SCHEMA, ProblemError, plain_problem, problem_response


def _without_fraction(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# For integers as JSON Schema defines them: 1.0 is one, too.
WHOLE = BeforeValidator(_without_fraction)


class Body(BaseModel):
    """A JSON object that a request carries, with members of exactly the declared types.

    Ninja's own Schema would read a list as an object without members, and `false` as the number 0.
    """

    model_config = ConfigDict(strict=True)


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
        """The operation id, from the name of the view."""
        name = operation.view_func.__name__  # pyright: ignore[reportUnknownMemberType]  # ninja says only Callable
        return operation_id(str(self.urls_namespace), name)


def operation_id(app: str, name: str) -> str:
    """The operation id in the form of Closient's."""
    return f"apps_{app}_api_v1_views_{name}"


def problem_responses(*statuses: int) -> dict[str, Any]:
    """The responses of an operation that answers these statuses with a problem document."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {str(status): {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def also(*statuses: int) -> dict[str, Any]:
    """The `openapi_extra` of an operation that answers these statuses besides those of `_declare_problems`."""
    return {"responses": problem_responses(*statuses)}


def new_api(name: str, description: str) -> NinjaAPI:
    """An empty API of this app that answers errors with problem documents."""
    app = APPS[name]
    api = PerAppAPI(
        title=app.heading,
        version=app.version,
        description=description,
        urls_namespace=name,
        docs_url=None,
        servers=[{"url": settings.SANDBOX_URL, "description": "This sandbox"}],
    )
    api.add_exception_handler(ProblemError, _on_problem)
    api.add_exception_handler(ValidationError, _on_validation_error)
    api.add_exception_handler(HttpError, _on_http_error)
    api.add_exception_handler(Http404, _on_not_found)
    return api


def _declare_problems(document: dict[str, Any]) -> None:
    """Declare the errors of every operation: those that follow from its credential, parameters and body."""
    document["components"].setdefault("schemas", {})["Problem"] = SCHEMA
    for path in document["paths"].values():
        for operation in path.values():
            statuses = {401, 403, 429}
            if any(parameter["in"] == "path" for parameter in operation["parameters"]):
                statuses.add(404)
            if operation["parameters"]:
                statuses.add(422)
            if "requestBody" in operation:
                statuses |= {400, 422}
            operation["responses"] |= problem_responses(*sorted(statuses))


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
