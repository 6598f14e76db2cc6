"""Views of products (MCP Apps): for clients that declare the extension, and without a trace for all others."""

from __future__ import annotations

import base64
from typing import Any

import mcp
import pytest
from mcp import types
from mcp.client.extension import advertise
from mcp.shared.exceptions import MCPError

from closient_mcp.server.bridge import pictures

from ...fakes.images import png
from ...fakes.limits import SECONDS
from ...fakes.mcp_client import CLIENT_MODES, ClientMode, connected
from ...fakes.service import Reply, Service

EXTENSION, MEDIA_TYPE = "io.modelcontextprotocol/ui", "text/html;profile=mcp-app"
SHOWS_VIEWS = [advertise(EXTENSION, {"mimeTypes": [MEDIA_TYPE]})]
URI = "ui://closient-mcp/products"
VIEWED = {
    "search_products", "refine_search", "lookup_product", "lookup_products", "get_product_detail", "compare_products",
    "check_availability",
}  # fmt: skip
GTIN = "09506000134352"
RECORD = {"gtin": GTIN, "product_name": "Risotto", "brand": "Dal Giardino"}


async def capabilities_of(client: mcp.Client, mode: ClientMode) -> types.ServerCapabilities:
    if mode == "legacy":
        return client.server_capabilities
    return types.ServerCapabilities.model_validate((await client.session.send_discover(mode))["capabilities"])


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_tools_about_products_have_a_view_that_can_be_read(service: Service, mode: ClientMode) -> None:
    async with connected(service, mode, extensions=SHOWS_VIEWS) as client:
        tools = (await client.list_tools()).tools
        (resource,) = (await client.list_resources()).resources
        (page,) = (await client.read_resource(URI)).contents
        capabilities = await capabilities_of(client, mode)
    assert {tool.name: tool.meta for tool in tools if tool.meta} == {
        name: {"ui": {"resourceUri": URI}} for name in VIEWED
    }
    assert (resource.uri, resource.mime_type) == (URI, MEDIA_TYPE)
    assert isinstance(page, types.TextResourceContents)
    assert (page.uri, page.mime_type) == (URI, MEDIA_TYPE)
    assert page.text.startswith("<!doctype html>")
    assert page.meta == {"ui": {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": True}}
    assert capabilities.resources is not None
    assert mode == "legacy" or capabilities.extensions == {EXTENSION: {}}


@pytest.mark.parametrize("mode", CLIENT_MODES)
@pytest.mark.parametrize("settings", [None, {}, {"mimeTypes": ["text/html"]}, {"mimeTypes": 1}])
async def test_a_client_that_shows_no_views_sees_none(
    service: Service, mode: ClientMode, settings: dict[str, Any] | None
) -> None:
    extensions = [] if settings is None else [advertise(EXTENSION, settings)]
    service.routes |= {f"/products/api/v1/products/{GTIN}": Reply({**RECORD, "image_url": "/p.png"})}
    async with connected(service, mode, extensions=extensions) as client:
        tools = (await client.list_tools()).tools
        result = await client.call_tool("lookup_product", {"gtin": GTIN})
        resources = (await client.list_resources()).resources
        capabilities = await capabilities_of(client, mode)
    assert [tool.name for tool in tools if tool.meta] == []
    assert "closient-mcp/pictures" not in (result.meta or {})
    assert service.count("/p.png") == 0
    assert resources == []
    assert capabilities.resources is None


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_pictures_are_beside_the_result_that_the_model_gets(
    service: Service, mode: ClientMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "SECONDS", SECONDS)
    service.routes |= {
        f"/products/api/v1/products/{GTIN}": Reply({**RECORD, "image_url": "/p.png"}),
        "/p.png": Reply(png(9, 9)),
    }
    async with connected(service, mode) as client:
        plain = await client.call_tool("lookup_product", {"gtin": GTIN})
    async with connected(service, mode, extensions=SHOWS_VIEWS) as client:
        shown = await client.call_tool("lookup_product", {"gtin": GTIN})
        failed = await client.call_tool("lookup_product", {"gtin": "00614141123452"})
    assert (shown.content, shown.structured_content) == (plain.content, plain.structured_content)
    picture = f"data:image/png;base64,{base64.b64encode(png(9, 9)).decode()}"
    assert shown.meta
    assert shown.meta["closient-mcp/pictures"] == {"/p.png": picture}
    assert failed.is_error
    # The picture may be on any host, which gets no credential.
    (asked,) = (request for request in service.received if request.path == "/p.png")
    assert "x-api-key" not in asked.headers


async def test_an_unknown_resource_is_a_protocol_error(service: Service) -> None:
    async with connected(service, extensions=SHOWS_VIEWS) as client:
        with pytest.raises(MCPError, match="Unknown resource: ui://closient-mcp/other"):
            await client.read_resource("ui://closient-mcp/other")
