"""Requests to a Closient site, and their replies as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ToolError
from ..formats.json_values import InvalidJsonError, JsonObject, JsonValue, parse_json, to_text
from ..formats.text import clean_value
from ..http.messages import Request, Response
from ..http.sender import Sender
from ..results.headers import redacted_url
from ..results.upstream_errors import upstream_error

NAME = "closient"


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
            ToolError: the reply is a redirect elsewhere, not JSON, or incomplete.
        """
        response = await self.send(method, path, scopes, body, may_ask=may_ask)
        if response.status >= 400:
            raise upstream_error(response, NAME)
        if response.status >= 300:
            location = redacted_url(response.headers.get("location", ""))
            raise ToolError(
                f"{NAME} redirects (HTTP {response.status}) to {location or 'nowhere'}, which was not followed.",
                "Check the site's URL with `closient-mcp status`.",
                {"url": response.url.split("?")[0], "status": response.status},
            )
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
    """The JSON of a response, with its texts cleaned.

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
