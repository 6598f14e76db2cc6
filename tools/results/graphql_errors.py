"""Errors that GraphQL reports with a status of success (GraphQL over HTTP)."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..errors import UpstreamError
from ..formats.graphql import GraphqlResponse, parse_response
from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.media_types import essence
from ..formats.urls import redact_url
from ..http.messages import Response

_NEXT_STEP = "Correct the query or its variables; changes made before the error remain."
_MEMBERS = {"data", "errors", "extensions"}
# Members of an error besides its message (GraphQL §7.1.2).
_PARTS = {"locations", "path", "extensions"}


def graphql_errors(value: JsonValue, response: Response) -> GraphqlResponse | None:
    """The answer if its media type or URL, or its shape alone, show that it is GraphQL with errors."""
    node = as_object(value)
    errors = as_list(node.get("errors"))
    if not errors or not node.keys() <= _MEMBERS:
        return None
    is_shaped = node.get("data") is None and any(_PARTS & as_object(error).keys() for error in errors)
    is_named = essence(response.headers.get("content-type", "")) == "application/graphql-response+json"
    if not is_shaped and not is_named and not urlsplit(response.url).path.endswith("/graphql"):
        return None
    if not all(as_text(as_object(error).get("message")) for error in errors):
        return None
    return parse_response(value)


def graphql_failure(
    answer: GraphqlResponse, response: Response, system: str, next_step: str = _NEXT_STEP
) -> UpstreamError:
    """The error for a GraphQL answer without data."""
    reasons = "; ".join(str(error).rstrip(".") for error in answer.errors[:3])
    details: JsonObject = {
        "status": response.status,
        "url": redact_url(response.url),
        "errors": [error.as_details() for error in answer.errors],
    }
    return UpstreamError(response.status, f"{system} answered with an error: {reasons}.", next_step, details)
