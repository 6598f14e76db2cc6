"""Commands where the settings have several systems."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...fakes.command_line import run
from ...fakes.service import Reply, Service, document, operation, running_service

ORDERS = document({"/orders/api/v1/orders": {"get": operation(operationId="list_orders", summary="Orders")}})


def test_a_call_from_a_terminal_asks_only_the_system_that_it_is_about(service: Service, tmp_path: Path) -> None:
    service.serve_apis(orders=ORDERS)
    service.routes["/orders/api/v1/orders"] = Reply([])
    with running_service() as other:
        (tmp_path / "closient-mcp.toml").write_text(
            f'[systems.one]\ncatalog = "{service.url}/.well-known/api-catalog"\n'
            f'[systems.two]\ncatalog = "{other.url}/.well-known/api-catalog"\n',
            encoding="utf-8",
        )
        home = {"CLOSIENT_MCP_HOME": str(tmp_path)}
        assert run("tools", "--system", "one", site="", **home).code == 0
        assert run("call", "one_orders_list_orders", site="", **home).code == 0
        assert other.received == []
    assert [got.path for got in service.received][-1] == "/orders/api/v1/orders"


def test_a_sign_out_that_fails_does_not_keep_the_others_from_theirs(tmp_path: Path) -> None:
    signed = 'credential = { grant = "password", username = { env = "%s" }, password = "a-password" }\n'
    (tmp_path / "closient-mcp.toml").write_text(
        f'[systems.one]\nsite = "http://127.0.0.1:9"\n{signed % "NOT_SET"}'
        f'[systems.two]\nsite = "http://127.0.0.1:9"\n{signed % "HOME"}',
        encoding="utf-8",
    )
    ran = run("logout", site="", CLOSIENT_MCP_HOME=str(tmp_path))
    assert ran.code == 1
    assert "NOT_SET is not set" in ran.err
    assert "You were not signed in" in ran.err


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ('credential = { grant = "authorization_code", redirect_uri = "ftp://x/" }', "systems.two.credential.redirect"),
        (
            'credential = { grant = "client_credentials", client_secret = "s" }',
            "client_secret is set without client_id",
        ),
        ('catalogue = "x"', "unknown key"),
    ],
)
def test_a_mistake_in_one_systems_settings_affects_only_that_system(
    service: Service, tmp_path: Path, mistake: str, message: str
) -> None:
    service.serve_apis(orders=ORDERS)
    service.routes["/orders/api/v1/orders"] = Reply([])
    (tmp_path / "closient-mcp.toml").write_text(
        f'[systems.one]\ncatalog = "{service.url}/.well-known/api-catalog"\n'
        f'[systems.two]\nsite = "{service.url}"\n{mistake}\n',
        encoding="utf-8",
    )
    for command in (["status"], ["tools"], ["call", "one_orders_list_orders"]):
        ran = run(*command, site="", CLOSIENT_MCP_HOME=str(tmp_path))
        assert ran.code == 0
        assert message in ran.err
    for command in (["status", "--system", "two"], ["config", "show"]):
        ran = run(*command, site="", CLOSIENT_MCP_HOME=str(tmp_path))
        assert ran.code == 2
        assert message in ran.err
