"""`closient-mcp add`: an unknown service is added and called; what is written; what is rejected."""

from __future__ import annotations

import io
import json
import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mcp
import pytest
import tomli
from mcp import StdioServerParameters

from closient_mcp.server.cli.main import main

from ...fakes.command_line import free_port, run
from ...fakes.fastapi_service import Shop, running_shop
from ...fakes.paths import BROWSER_COMMAND
from ...fakes.service import Reply, Sandbox, Service, document, operation, running_service

OFF = "http://127.0.0.1:9"
ORDERS = {"/orders": {"get": operation(operationId="listOrders")}}


@pytest.fixture(scope="module")
def shops() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


@pytest.fixture
def shop(shops: Shop) -> Shop:
    for kept in (shops.clients, shops.orders, shops.arrived, shops.carried, shops.tokens):
        kept.clear()
    return shops


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file of this test, which is not there yet."""
    monkeypatch.setenv("CLOSIENT_MCP_HOME", str(tmp_path / "mcp"))
    monkeypatch.setenv("CLOSIENT_SITE", OFF)
    return tmp_path / "mcp" / "closient-mcp.toml"


def written(file: Path) -> dict[str, Any]:
    """The systems in the file, as TOML has them."""
    return dict(tomli.loads(file.read_text(encoding="utf-8"))["systems"])


class Adding:
    """`closient-mcp add` in this process, and its output."""

    def __init__(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file = file
        self._capsys = capsys
        self.message = ""
        self.pins: list[str] | None = None

    def __call__(self, *arguments: str) -> dict[str, Any]:
        """The table of the system that was added."""
        assert main(["add", *arguments]) == 0, self._capsys.readouterr().err
        self.message = self._capsys.readouterr().err
        table = dict(written(self.file)[arguments[0]])
        self.pins = table.pop("pin", None)
        return table

    def refused(self, *arguments: str) -> str:
        """The message; nothing may be written."""
        before = self.file.read_bytes() if self.file.exists() else None
        assert main(["add", *arguments]) == 2
        assert before == (self.file.read_bytes() if self.file.exists() else None)
        captured = self._capsys.readouterr()
        assert captured.out == ""
        return str(captured.err)


@pytest.fixture
def add(file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Adding:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return Adding(file, capsys)


async def test_a_new_service_is_added_by_its_url_and_called_by_an_mcp_client(shop: Shop, file: Path) -> None:
    environment = {"CLOSIENT_MCP_HOME": str(file.parent), "CLOSIENT_SITE": OFF, "BROWSER": BROWSER_COMMAND}
    added = run("add", "shop", shop.url, **environment)
    assert added.code == 0, added.err
    assert added.out == "", added.err
    assert "orders: 4 operations (1 read, 1 create, 1 update, 1 destructive)" in added.err
    assert "stock:  1 operation (1 read)" in added.err
    assert "credential: authorization_code" in added.err
    assert shop.arrived["POST /oauth/register"] == 0
    assert shop.carried == []
    systems = written(file)
    assert list(systems) == ["closient", "shop"]
    assert systems["shop"]["pin"] == ["orders", "stock"]
    assert systems["shop"]["credential"] == {"grant": "authorization_code"}

    entry = StdioServerParameters(command=sys.executable, args=["-m", "closient_mcp.server"], env=environment)
    order = {"lines": [{"sku": "tea-1", "count": 2}], "to": {"street": "Fort St", "city": "Victoria"}}
    async with mcp.Client(entry) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        orders = ["create_order", "delete_order", "list_orders", "set_status"]
        assert [name for name in names if name.startswith("shop_")] == [
            *(f"shop_orders_{name}" for name in orders),
            "shop_stock_get_item",
        ]

        async def call(tool: str, **arguments: Any) -> Any:
            result = await client.call_tool(tool, arguments)
            (text, *_) = result.content
            assert isinstance(text, mcp.types.TextContent)
            return text.text if result.is_error else json.loads(text.text) if text.text.startswith(("{", "[")) else ""

        assert (await call("shop_stock_get_item", sku="tea 1"))["sku"] == "tea 1"
        assert shop.carried == [""]
        assert shop.arrived["GET /oauth/authorize"] == 0
        assert await call("shop_orders_list_orders") == []
        assert (await call("shop_orders_create_order", body=order))["to"]["city"] == "Victoria"
        message = await call("shop_orders_create_order", body={**order, "lines": [{"sku": "jam", "count": 1}]})
        assert "HTTP 422" in message
        assert "there is no such article" in message
        assert "sku" in message
        assert (await call("shop_orders_set_status", number=1, body={"status": "shipped"}))["status"] == "shipped"
        assert [one["id"] for one in await call("shop_orders_list_orders", status="shipped")] == [1]
        assert "HTTP 404" in await call("shop_orders_delete_order", number=7)
        await call("shop_orders_delete_order", number=1)
    assert shop.orders == {}
    once = ["POST /oauth/register", "GET /oauth/authorize", "POST /oauth/authorize", "POST /oauth/token"]
    assert [shop.arrived[path] for path in once] == [1, 1, 1, 1]


def test_on_a_terminal_the_sign_in_follows_at_once(shop: Shop, file: Path) -> None:
    leader, follower = pty.openpty()
    os.write(leader, b"\n")
    with os.fdopen(leader), os.fdopen(follower, encoding="utf-8") as terminal:
        added = run("add", "shop", shop.url, stdin=terminal, BROWSER=BROWSER_COMMAND)
    assert added.code == 0, added.err
    assert "Sign in now? [Y/n] " in added.err
    assert f"Signed in to shop ({shop.url})" in added.err
    assert len(shop.tokens) == 1


def _catalog(service: Service) -> str:
    service.serve_apis(orders=document(ORDERS))
    return f"{service.url}/.well-known/api-catalog"


def test_the_url_of_a_catalog_is_written_as_the_catalog(service: Service, add: Adding) -> None:
    url = _catalog(service)
    assert add("acme", url) == {"catalog": url, "credential": "none"}
    assert "its documents require none" in add.message
    assert f"calls to:   {service.url}" in add.message


def test_a_site_is_asked_for_its_catalog(service: Service, add: Adding) -> None:
    service.routes["/"] = Reply("<html></html>", headers={"content-type": "text/html"})
    catalog = _catalog(service)
    assert add("acme", service.url) == {"catalog": catalog, "credential": "none"}


def test_a_site_whose_link_header_names_the_catalog_is_written_as_the_site(service: Service, add: Adding) -> None:
    service.serve_apis(orders=document(ORDERS))
    service.routes["/apis"] = service.routes.pop("/.well-known/api-catalog")
    service.routes["/"] = Reply(b"", headers={"link": '</apis>; rel="api-catalog"'})
    assert add("acme", service.url) == {"site": service.url, "credential": "none"}


@pytest.mark.parametrize("place", ["/openapi.json", "/shop/openapi.json"])
def test_a_site_with_only_a_document_where_frameworks_put_it(service: Service, add: Adding, place: str) -> None:
    service.routes[place] = Reply(document(ORDERS))
    there = f"{service.url}{place}"
    assert add("acme", there.removesuffix("openapi.json")) == {"description": there, "credential": "none"}


def test_an_openapi_document_is_added_by_its_url(service: Service, add: Adding) -> None:
    service.routes["/v1"] = Reply(document(ORDERS))
    url = f"{service.url}/v1"
    assert add("acme", url) == {"description": url, "credential": "none"}
    assert "acme: 1 operation (1 read)" in add.message
    assert add.pins == ["acme"]


def test_a_large_system_is_left_to_the_finders(service: Service, add: Adding) -> None:
    paths = {f"/orders{number}": {"get": operation(operationId=f"get{number}")} for number in range(21)}
    service.routes["/openapi.json"] = Reply(document(paths))
    add("acme", service.url)
    assert add.pins is None
    assert "agents find them with find_operations" in add.message


def test_an_openapi_document_in_yaml(service: Service, add: Adding) -> None:
    service.routes["/openapi.yaml"] = Reply(
        "openapi: 3.0.3\ninfo: {title: A, version: '1'}\n"
        "paths:\n  /orders:\n    get:\n      operationId: listOrders\n      responses: {'200': {description: ok}}\n"
    )
    url = f"{service.url}/openapi.yaml"
    assert add("acme", url) == {"description": url, "credential": "none"}


def test_the_server_of_a_file_is_written_as_the_base(service: Service, add: Adding, tmp_path: Path) -> None:
    path = tmp_path / "acme.json"
    path.write_text(json.dumps(document(ORDERS, servers=[{"url": f"{service.url}/v1/"}])))
    table = {"description": str(path), "base": f"{service.url}/v1", "credential": "none"}
    assert add("acme", str(path)) == table
    assert add("acme-two", path.as_uri()) == table


def test_a_file_without_a_server_requires_a_base(service: Service, add: Adding, tmp_path: Path) -> None:
    path = tmp_path / "acme.json"
    path.write_text(json.dumps(document(ORDERS)))
    assert "does not contain the URL of its API: add --base URL" in add.refused("acme", str(path))
    assert add("acme", str(path), "--base", service.url)["base"] == service.url


def test_a_linkset_file_is_a_catalog(service: Service, add: Adding, tmp_path: Path) -> None:
    service.serve_apis(orders=document(ORDERS))
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(service.catalog_of("orders")))
    assert add("acme", str(path)) == {"catalog": str(path), "site": service.url, "credential": "none"}


def test_a_server_on_another_origin_is_written_as_the_base_and_shown(service: Service, add: Adding) -> None:
    elsewhere = f"{service.url.replace('127.0.0.1', 'localhost')}/api/v2"
    service.routes["/openapi.json"] = Reply(document(ORDERS, servers=[{"url": elsewhere}]))
    assert add("acme", f"{service.url}/openapi.json")["base"] == elsewhere
    assert f"calls to:   {elsewhere.removesuffix('/api/v2')}\n" in add.message


def test_where_all_apis_of_a_catalog_are_on_another_origin_that_is_the_site(service: Service, add: Adding) -> None:
    with running_service() as apis:
        apis.serve_apis(orders=document(ORDERS, servers=[{"url": f"{apis.url}/v2"}]), stock=document(ORDERS))
        service.routes["/apis"] = Reply(apis.catalog_of("orders", "stock"))
        table = add("acme", f"{service.url}/apis")
    assert table == {"catalog": f"{service.url}/apis", "site": apis.url, "credential": "none"}
    assert f"calls to:   {apis.url}\n" in add.message


def test_a_site_that_links_to_a_catalog_of_other_apis_is_added_by_the_catalog(service: Service, add: Adding) -> None:
    with running_service() as apis:
        apis.serve_apis(orders=document(ORDERS))
        service.routes["/apis"] = Reply(apis.catalog_of("orders"))
        service.routes["/"] = Reply(b"", headers={"link": '</apis>; rel="api-catalog"'})
        assert "add it by the URL of its catalog" in add.refused("acme", service.url)


def test_a_local_linkset_may_name_several_origins(service: Service, add: Adding, tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    with running_service() as other:
        for one in (service, other):
            one.serve_apis(orders=document(ORDERS))
        linkset = [*service.catalog_of("orders")["linkset"], *other.catalog_of("orders")["linkset"]]
        path.write_text(json.dumps({"linkset": linkset}))
        assert add("acme", str(path)) == {"catalog": str(path), "credential": "none"}
        assert f"calls to:   {', '.join(sorted([service.url, other.url]))}\n" in add.message


def test_apis_of_a_catalog_at_several_other_places_get_no_credential_by_chance(service: Service, add: Adding) -> None:
    ports = [free_port(), free_port()]
    apis = {f"api{port}": document(ORDERS, servers=[{"url": f"http://127.0.0.1:{port}"}]) for port in ports}
    service.serve_apis(**apis)
    catalog = {
        "linkset": [
            {**api, "anchor": f"http://127.0.0.1:{port}/"}
            for api, port in zip(service.catalog_of(*apis)["linkset"], ports, strict=True)
        ]
    }
    service.routes["/apis"] = Reply(catalog)
    assert "add each by the URL of its OpenAPI document" in add.refused("acme", f"{service.url}/apis")


def secured(scheme: dict[str, Any]) -> Reply:
    return Reply(document(ORDERS, components={"securitySchemes": {"it": scheme}}, security=[{"it": []}]))


KEY = {"env": "ACME_API_KEY"}
FLOW: dict[str, Any] = {"authorizationUrl": "/oauth/authorize", "tokenUrl": "/oauth/token", "scopes": {}}


@pytest.mark.parametrize(
    ("scheme", "credential", "carried"),
    [
        pytest.param(
            {"type": "apiKey", "in": "header", "name": "X-Acme-Key"},
            {"grant": "api_key", "key": KEY, "in": "header", "name": "X-Acme-Key"},
            ("x-acme-key", "s3cret-key"),
            id="a key in a header",
        ),
        pytest.param(
            {"type": "apiKey", "in": "header", "name": "Authorization"},
            {"grant": "api_key", "key": KEY, "in": "header", "name": "Authorization"},
            ("authorization", "Token s3cret-token"),
            id="the whole of Authorization",
        ),
        pytest.param(
            {"type": "http", "scheme": "bearer"},
            {"grant": "api_key", "key": KEY, "in": "header", "name": "Authorization"},
            ("authorization", "Bearer s3cret-token"),
            id="a bearer token from nowhere",
        ),
        pytest.param(
            {"type": "http", "scheme": "basic"},
            {"grant": "api_key", "key": KEY, "in": "basic"},
            ("authorization", "Basic YW5hOnMzY3JldA=="),
            id="HTTP Basic",
        ),
    ],
)
def test_a_key_is_sent_where_the_document_requires_it_and_rule_1_is_never_shown(
    service: Service, add: Adding, scheme: dict[str, Any], credential: Any, carried: tuple[str, str]
) -> None:
    service.routes["/openapi.json"] = secured(scheme)
    key = "ana:s3cret" if credential["in"] == "basic" else carried[1]
    part = key.split(":")[-1].split(" ")[-1]
    service.routes["/orders"] = lambda got: Reply({"saw": got.headers.get(carried[0], ""), "part": part})
    assert add("acme", f"{service.url}/openapi.json")["credential"] == credential
    assert "Set ACME_API_KEY in the `env` block" in add.message
    called = run("call", "acme_list_orders", ACME_API_KEY=key, CLOSIENT_SITE=OFF)
    assert called.code == 0, called.err
    (got,) = [got for got in service.received if got.path == "/orders"]
    assert got.headers[carried[0]] == carried[1]
    assert "s3cret" not in called.out + called.err


def test_client_credentials_are_named_and_not_written(service: Service, add: Adding) -> None:
    service.routes["/openapi.json"] = secured({"type": "oauth2", "flows": {"clientCredentials": FLOW}})
    assert add("acme", f"{service.url}/openapi.json")["credential"] == {
        "grant": "client_credentials",
        "client_id": {"env": "ACME_CLIENT_ID"},
        "client_secret": {"env": "ACME_CLIENT_SECRET"},
        "token_endpoint": f"{service.url}/oauth/token",
    }
    assert "Set ACME_CLIENT_ID, ACME_CLIENT_SECRET in" in add.message


def test_a_relative_token_url_is_resolved_against_the_api(service: Service, add: Adding, tmp_path: Path) -> None:
    scheme: dict[str, Any] = {"type": "oauth2", "flows": {"password": {"tokenUrl": "token", "scopes": {}}}}
    path = tmp_path / "acme.json"
    path.write_text(
        json.dumps(
            document(ORDERS, servers=[{"url": f"{service.url}/v1"}], components={"securitySchemes": {"it": scheme}})
        )
    )
    credential = add("acme", str(path))["credential"]
    assert credential["grant"] == "password"
    assert credential["token_endpoint"] == f"{service.url}/v1/token"


def test_a_sign_in_without_metadata_requires_your_own_client(service: Service, add: Adding) -> None:
    service.routes["/openapi.json"] = secured({"type": "oauth2", "flows": {"authorizationCode": FLOW}})
    assert add("acme", f"{service.url}/openapi.json")["credential"] == "none"
    assert "it requires a sign-in and has" in add.message
    assert "--client-id" in add.message
    assert add("acme-two", f"{service.url}/openapi.json", "--client-id", "mine")["credential"] == {
        "grant": "authorization_code",
        "client_id": "mine",
        "authorization_endpoint": f"{service.url}/oauth/authorize",
        "token_endpoint": f"{service.url}/oauth/token",
    }


def metadata(issuer: str) -> Reply:
    return Reply(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "registration_endpoint": f"{issuer}/register",
            "response_types_supported": ["code"],
        }
    )


def test_rfc_9728_an_api_that_names_its_authorization_server_is_believed(service: Service, add: Adding) -> None:
    issuer = f"{service.url.replace('127.0.0.1', 'localhost')}/realm"
    service.routes["/openapi.json"] = Reply(document(ORDERS))
    service.routes["/.well-known/oauth-protected-resource"] = Reply({"authorization_servers": [issuer]})
    service.routes["/.well-known/oauth-authorization-server/realm"] = metadata(issuer)
    assert add("acme", service.url)["credential"] == {"grant": "authorization_code", "issuer": issuer}
    assert f"sign-in:    {issuer}" in add.message


def test_an_authorization_server_that_a_document_names_is_found(service: Service, add: Adding) -> None:
    issuer = service.url.replace("127.0.0.1", "localhost")
    scheme = {"type": "openIdConnect", "openIdConnectUrl": f"{issuer}/.well-known/openid-configuration"}
    service.routes["/openapi.json"] = secured(scheme)
    service.routes["/.well-known/openid-configuration"] = metadata(issuer)
    assert add("acme", service.url)["credential"] == {"grant": "authorization_code", "issuer": issuer}


def test_a_document_that_requires_a_key_gets_no_sign_in(service: Service, add: Adding) -> None:
    service.routes["/.well-known/oauth-authorization-server"] = metadata(service.url)
    service.serve_apis(
        orders=document(ORDERS, components={"securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "key"}}})
    )
    credential = add("acme", service.url)["credential"]
    assert credential == {"grant": "api_key", "key": KEY, "in": "query", "name": "key"}


def test_closient_itself_is_added_once(add: Adding, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOSIENT_SITE")
    assert add("closient", sandbox.url)["site"] == sandbox.url
    assert add.file.read_text().count("[systems.closient]") == 1


@pytest.mark.parametrize(
    ("name", "url", "says"),
    [
        ("acme", f"{OFF}/\x1b[2J", "invalid URL"),
        ("acme", OFF, "Check the URL and the network"),
        ("acme", "http://api.acme.example", "is not https"),
        ("acme", "nowhere.json", "an existing file"),
        ("acme", "/no/such/file", "an existing file"),
        ("acme", "/", "is not a file"),
        ("acme", "https://", "not an http(s) URL"),
        ("Acme", OFF, "a system's name is a lowercase letter"),
        ("acme\n", OFF, "a system's name is a lowercase letter"),
        ("search", OFF, "it is the name of one of Closient's APIs"),
    ],
)
def test_what_cannot_be_added_is_reported_in_one_sentence(add: Adding, name: str, url: str, says: str) -> None:
    message = add.refused(name, url)
    assert says in message
    assert len(message.splitlines()) == 1
    assert message.strip().isprintable()


def test_a_site_without_documents_is_reported_with_what_was_tried(service: Service, add: Adding) -> None:
    service.routes["/"] = Reply("<!doctype html><html></html>")
    message = add.refused("acme", service.url)
    assert "got a web page (HTML)" in message
    assert "api-catalog" in message
    assert "/openapi.json" in message
    assert message.endswith("Give the URL of its OpenAPI document, or a file. Nothing was written.\n")


def test_a_document_without_operations_is_refused(service: Service, add: Adding) -> None:
    service.routes["/openapi.json"] = Reply(document({}))
    assert "no operation that can be called" in add.refused("acme", service.url)


def test_a_name_that_is_taken_is_refused_before_anything_is_asked(service: Service, add: Adding) -> None:
    add.file.parent.mkdir()
    add.file.write_text(f'[systems.acme]\nsite = "{service.url}"\n')
    assert "already has a system acme" in add.refused("acme", service.url)
    assert service.received == []


def test_options_of_other_systems_are_refused(service: Service, add: Adding) -> None:
    assert "are for Fluent Commerce" in add.refused("acme", service.url, "--account", "ACME")


def test_a_file_keeps_every_byte_its_link_and_its_permissions(service: Service, add: Adding, tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    before = b'\xef\xbb\xbf# Mine.\r\nexpose = "core"  # for now\r\n\r\n[systems.closient]\r\n# no end of line'
    real.write_bytes(before)
    real.chmod(0o640)
    add.file.parent.mkdir()
    add.file.symlink_to(real)
    service.routes["/openapi.json"] = Reply(document(ORDERS))
    assert main(["add", "acme", service.url]) == 0
    after = real.read_bytes()
    assert after.startswith(before + b"\r\n\r\n[systems.acme]\r\n")
    assert after.count(b"\n") == after.count(b"\r\n")
    assert add.file.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert after.count(b"[systems.closient]") == 1


def test_a_settings_file_that_is_named_need_not_be_there_yet(
    service: Service, add: Adding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.routes["/openapi.json"] = Reply(document(ORDERS))
    for name in ("one.toml", "two.toml"):
        add.file = tmp_path / name
        monkeypatch.setenv("CLOSIENT_MCP_CONFIG", str(tmp_path / "one.toml"))
        add("acme", service.url, *(["--config", str(add.file)] if name == "two.toml" else []))


def test_a_file_that_cannot_be_written_is_reported(service: Service, add: Adding, tmp_path: Path) -> None:
    service.routes["/openapi.json"] = Reply(document(ORDERS))
    (tmp_path / "a-file").touch()
    message = add.refused("acme", service.url, "--config", str(tmp_path / "a-file" / "x.toml"))
    assert "x.toml" in message
