"""A service with one document, which is not sent again to who has it."""

from __future__ import annotations

from typing import Any

from .service import Received, Reply, Service, document, operation

CATALOG = "/.well-known/api-catalog"
THINGS = "/things/api/v1/openapi.json"


def things(description: str = "Gives a thing.", more: dict[str, Any] | None = None) -> dict[str, Any]:
    get = operation(
        operationId="get_thing",
        summary="Get a thing",
        description=description,
        parameters=[{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
    )
    return document({"/things/api/v1/things/{id}": {"get": get}, **(more or {})})


def serve(service: Service, one: dict[str, Any]) -> None:
    """Serve a catalog with one document, both with an ETag; what is asked for by it is answered with 304."""
    service.serve_apis(things=one)
    for path in (CATALOG, THINGS):
        reply = service.routes[path]
        assert isinstance(reply, Reply)
        service.routes[path] = revalidated(reply)


def revalidated(reply: Reply) -> Any:
    content = reply.content()
    etag = f'"{hash(content)}"'

    def answer(got: Received) -> Reply:
        if got.headers.get("if-none-match") == etag:
            return Reply(status=304, headers={"ETag": etag})
        return Reply(content, headers={"ETag": etag})

    return answer
