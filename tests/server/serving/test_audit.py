"""What the log says of calls over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...fakes.http_server import serving, settings_in
from ...fakes.service import Reply, Service, document, operation

TOKEN = "1" * 32


@pytest.fixture
def settings(service: Service) -> str:
    paths = {"/orders": {"get": operation(operationId="list_orders"), "post": operation(operationId="create_order")}}
    service.routes["/openapi.json"] = Reply(document(paths))
    service.routes["/orders"] = lambda got: Reply({"order": 1}, 200 if got.method == "GET" else 500)
    auth = 'auth = { mode = "token", tokens = [{ env = "TOKEN" }] }\nallowed_origins = ["https://app.example.com"]'
    return f'expose = "core"\n[http]\n{auth}\n[systems.acme]\ndescription = "{service.url}/openapi.json"\n'


async def test_each_call_is_one_line_without_its_arguments(
    tmp_path: Path, settings: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(settings_in(tmp_path, settings, TOKEN=TOKEN)) as server:
        await server.call(TOKEN, "acme_list_orders", query="a-secret")
        await server.call(TOKEN, "read_operation", name="acme_list_orders")
        await server.call(TOKEN, "create_operation", name="acme_create_order")
        await server.call(TOKEN, "find_operations", query="a-secret")
        await server.call(TOKEN, "no\nsuch")
    lines = [record.getMessage() for record in caplog.records if record.name.endswith("serving.audit")]
    assert [line.partition(" seconds=")[0] for line in lines] == [
        'call caller="token 8a83665f" tool="acme_list_orders" tier=read outcome=error',
        'call caller="token 8a83665f" tool="acme_list_orders" tier=read outcome=success',
        'call caller="token 8a83665f" tool="acme_create_order" tier=create outcome=error',
        'call caller="token 8a83665f" tool="find_operations" tier=read outcome=success',
        'call caller="token 8a83665f" tool="unknown tool no\\nsuch" tier=- outcome=refused',
    ]
    assert "a-secret" not in caplog.text
    assert TOKEN not in caplog.text


async def test_web_pages_of_allowed_origins_may_read_answers(tmp_path: Path, settings: str) -> None:
    origin = {"Origin": "https://app.example.com"}
    asked = {
        **origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, mcp-method",
    }
    async with serving(settings_in(tmp_path, settings, TOKEN=TOKEN)) as server:
        before = await server.client.options("/mcp", headers=asked)
        assert before.status_code == 200
        assert before.headers["access-control-allow-origin"] == "https://app.example.com"
        assert "authorization" in before.headers["access-control-allow-headers"]
        refused = await server.request("tools/list", origin)
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "https://app.example.com"
        elsewhere = await server.client.options("/mcp", headers={**asked, "Origin": "https://evil.example"})
        assert elsewhere.status_code == 403
        assert "access-control-allow-origin" not in elsewhere.headers
