"""Showing a request instead of sending it."""

from __future__ import annotations

from ..formats.json_values import InvalidJsonError, JsonObject, JsonValue, parse_json
from .messages import Request, Response
from .sender import Sender

_MAX_BODY = 20_000


class RequestPreview(Exception):  # noqa: N818 (it ends a call, but isn't a failure)
    """Instead of a response: the request that a call would have sent first."""

    def __init__(self, request: Request) -> None:
        super().__init__(f"{request.method} {request.url}")
        self.request = request

    def as_json(self) -> JsonObject:
        """The request as JSON; its credential is added only when a request is sent."""
        request = self.request
        shown: JsonObject = {"method": request.method, "url": request.url, "headers": dict(request.headers)}
        return {**shown, "body": _body(request.content)} if request.content else shown


class PreviewSender(Sender):
    """A sender that sends nothing."""

    async def send(self, request: Request) -> Response:
        """Raise RequestPreview."""
        raise RequestPreview(request)


def _body(content: bytes) -> JsonValue:
    try:
        return parse_json(content)
    except InvalidJsonError:
        pass
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return f"{len(content)} bytes"
    return text if len(text) <= _MAX_BODY else f"{text[:_MAX_BODY]}… ({len(text)} characters)"
