"""Views of results for clients that declare the extension MCP Apps (specification of 2026-01-26)."""

from __future__ import annotations

from typing import Any

from mcp import types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError

from ...tools.formats.json_values import JsonObject, JsonValue, as_object
from ...tools.toolset.tool import Tool
from ...tools.toolset.view import View
from ..bridge.composition import Bridge
from ..bridge.pictures import inline_pictures
from .callers import tools_for

EXTENSION = "io.modelcontextprotocol/ui"
MEDIA_TYPE = "text/html;profile=mcp-app"
PICTURES = "closient-mcp/pictures"
_HOUR = 3_600_000
# Nothing may be loaded; the host makes a Content-Security-Policy of it.
_UI: dict[str, Any] = {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": True}


class Views:
    """The views of the bridge's tools, as resources.

    As a middleware, it withholds the capability `resources` from a client without the extension, for which there are
    none: some clients give the model tools for reading resources wherever a server declares it.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def __bool__(self) -> bool:
        """Whether any tool has a view."""
        return any(tool.view for tool in self._bridge.tools.core)

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Withhold the capability where the server declares its capabilities."""
        result = await call_next(ctx)
        if ctx.method in ("initialize", "server/discover") and isinstance(result, dict) and not _declared_in(ctx):
            declared = {name: value for name, value in result["capabilities"].items() if name != "resources"}
            return {**result, "capabilities": declared}
        return result

    async def list_resources(
        self, ctx: ServerRequestContext[Any, Any], params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """The views, none to a client without the extension."""
        resources = [
            types.Resource(uri=view.uri, name=view.title, mime_type=MEDIA_TYPE, _meta={"ui": _UI})
            for view in self._of_caller(ctx).values()
            if shows_views(ctx)
        ]
        return types.ListResourcesResult(resources=resources, ttl_ms=_HOUR, cache_scope="private")

    async def read_resource(
        self, ctx: ServerRequestContext[Any, Any], params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """A view's page.

        Raises:
            MCPError: there is no such view.
        """
        view = self._of_caller(ctx).get(params.uri)
        if view is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown resource: {params.uri[:200]}")
        page = types.TextResourceContents(uri=view.uri, mime_type=MEDIA_TYPE, text=view.html(), _meta={"ui": _UI})
        return types.ReadResourceResult(contents=[page], ttl_ms=_HOUR, cache_scope="public")

    def _of_caller(self, ctx: ServerRequestContext[Any, Any]) -> dict[str, View]:
        return {tool.view.uri: tool.view for tool in tools_for(self._bridge, ctx).core if tool.view}

    async def with_pictures(self, tool: Tool, result: JsonObject) -> JsonObject:
        """A result with its pictures in `_meta`, which views get and models do not."""
        if tool.view is None:
            return result
        connection = self._bridge.connections[tool.system]
        urls = tool.view.pictures(as_object(result.get("structuredContent")))
        pictures = await inline_pictures(urls, connection.settings.site, connection.system.fetcher)
        return {**result, "_meta": {PICTURES: dict[str, JsonValue](pictures)}} if pictures else result


def shows_views(ctx: ServerRequestContext[Any, Any]) -> bool:
    """Whether the client declared that it shows views."""
    return _has_extension(ctx.session.client_capabilities)


def with_view(tool: Tool, definition: JsonObject) -> JsonObject:
    """A tool's definition with its view, if it has one."""
    return definition if tool.view is None else {**definition, "_meta": {"ui": {"resourceUri": tool.view.uri}}}


def _declared_in(ctx: ServerRequestContext[Any, Any]) -> bool:
    """Whether the client declared it, also in the handshake that is being answered."""
    if ctx.method == "initialize":
        return _has_extension(types.InitializeRequestParams.model_validate(ctx.params).capabilities)
    return shows_views(ctx)


def _has_extension(declared: types.ClientCapabilities | None) -> bool:
    extensions = (declared.extensions if declared else None) or {}
    media_types = extensions.get(EXTENSION, {}).get("mimeTypes")
    return isinstance(media_types, list) and MEDIA_TYPE in media_types
