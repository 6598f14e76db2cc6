"""Requests to a Closient site, and their replies as JSON."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..errors import ToolError, UpstreamError
from ..formats.json_values import InvalidJsonError, JsonObject, JsonValue, parse_json, to_text
from ..formats.text import clean_value
from ..http.messages import Request, Response
from ..http.sender import Sender
from ..results.upstream_errors import next_step, upstream_error

NAME = "closient"
SEARCH, PRODUCTS, RESOLVER, COMPLIANCE = ("search:read",), ("products:read",), ("resolver:read",), ("compliance:read",)
_LONGEST_WAIT = 86_400


@dataclass(frozen=True, slots=True)
class SiteClient:
    """Sends requests to a site, whose origin is `site`."""

    site: str
    sender: Sender

    async def json(
        self,
        method: str,
        path: str,
        scopes: tuple[str, ...],
        body: JsonObject | None = None,
        *,
        may_ask: bool = True,
    ) -> JsonValue:
        """Send a request and return the JSON of its reply, with its texts cleaned.

        Raises:
            UpstreamError: the service responded with an error.
            ToolError: the reply is no JSON, or incomplete.
        """
        response = await self.send(method, path, scopes, body, may_ask=may_ask)
        if response.status >= 300:
            raise error_of(response)
        return parsed(response)

    async def send(
        self,
        method: str,
        path: str,
        scopes: tuple[str, ...],
        body: JsonObject | None = None,
        *,
        accept: str = "application/json",
        may_ask: bool = True,
    ) -> Response:
        """Send a request and return the response, whatever its status."""
        headers = {"accept": accept} | ({} if body is None else {"content-type": "application/json"})
        content = None if body is None else to_text(body).encode()
        request = Request(method, self.site + path, headers, content, scopes=scopes, may_ask=may_ask, tier="read")
        return await self.sender.send(request)


def parsed(response: Response) -> JsonValue:
    """Return the JSON of a response, with its texts cleaned.

    Raises:
        ToolError: it's no JSON, or incomplete.
    """
    details: JsonObject = {"url": response.url.split("?")[0], "status": response.status}
    if response.cut:
        raise ToolError(f"The reply of {NAME} is too long to be read whole.", "Ask for less at once.", details)
    try:
        return clean_value(parse_json(response.body))
    except InvalidJsonError as error:
        what = "a web page" if response.body.lstrip()[:1] == b"<" else f"something that is {error}"
        raise ToolError(
            f"{NAME} answered with {what}.",
            "Check the site's URL with `closient-mcp status`; try again later.",
            details,
        ) from None


def error_of(response: Response) -> UpstreamError:
    """Return the error for an error response; if only X-RateLimit-Reset says how long to wait, read that.

    At Closient that header is an absolute Unix time.
    """
    error = upstream_error(response, NAME)
    reset = response.headers.get("x-ratelimit-reset", "").strip()
    if response.status not in (429, 503) or "retry_after_seconds" in error.details or not reset.isdecimal():
        return error
    wait = int(reset[:12]) - time.time()
    if not 0 < wait <= _LONGEST_WAIT:
        return error
    details: JsonObject = {**error.details, "retry_after_seconds": round(wait)}
    return UpstreamError(error.status, error.message, next_step(error.status, round(wait)), details)
