"""Fluent Commerce from end to end, by command: added, signed in to, read, written, refreshed, signed out of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ...fakes.fluent_service import ERROR_SHAPES, INTEGRATION, FluentStandIn, running_fluent
from ...fakes.fluent_user import User


@pytest.fixture
def fluent() -> Iterator[FluentStandIn]:
    with running_fluent() as running:
        yield running


@pytest.mark.parametrize("client", ["acme-client", INTEGRATION])
def test_added_signed_in_to_read_written_and_signed_out_of(fluent: FluentStandIn, tmp_path: Path, client: str) -> None:
    user = User(fluent, tmp_path, client)
    login = user.run("login", "fluent")
    assert login.code == 0, login.err
    assert fluent.logins == 1, login.err
    variants = user.call("fluent_find_variants", limit=1)
    assert variants["items"][0]["gtin"]
    user.call("fluent_list_events", count=1)
    event = {"name": "Check", "accountId": "ACME", "retailerId": "1", "entityType": "ORDER", "entityRef": "HD_1"}
    assert user.call("fluent_send_event_sync", body=event)["eventStatus"] == "COMPLETE"
    assert fluent.logins == 1

    fluent.expire_tokens()
    user.call("fluent_find_variants", limit=1)
    # The client for integrations has a refresh token; the other signs in again, and the user is not asked either way.
    assert (fluent.logins, fluent.refreshes) == ((1, 1) if client == INTEGRATION else (2, 0))
    assert (fluent.query_logins, fluent.secrets_in_urls) == (0, 0)

    status = user.run("status", "--system", "fluent")
    logout = user.run("logout", "fluent")
    assert status.code == logout.code == 0
    message = "".join(ran.out + ran.err for ran in (login, status, logout, user.run("config", "show")))
    assert not any(secret in message for secret in user.secrets())


def test_credentials_go_into_the_query_only_where_the_settings_ask_for_it(
    fluent: FluentStandIn, tmp_path: Path
) -> None:
    user = User(fluent, tmp_path)
    file = tmp_path / "closient-mcp.toml"
    file.write_text(file.read_text().replace('"password"\n', '"password"\ncredentials_in = "query"\n'))
    ran = user.run("call", "fluent_find_variants", "{}", "--log-level", "debug")
    assert ran.code == 0
    assert (fluent.logins, fluent.query_logins) == (1, 1)
    assert not any(secret in ran.out + ran.err for secret in user.secrets())


def test_every_error_shape_is_reported(fluent: FluentStandIn, tmp_path: Path) -> None:
    user = User(fluent, tmp_path)
    event = {"name": "Check", "accountId": "ACME", "retailerId": "1", "entityType": "ORDER"}
    for shape, says in (
        (ERROR_SHAPES[1], "'name' is required"),
        (ERROR_SHAPES[4], "Bad credentials"),
        (ERROR_SHAPES[5], "There is no such job"),
        (ERROR_SHAPES[6], "Event has Failed"),
    ):
        fluent.fail_rest(shape)
        assert says in user.fails("fluent_send_event_sync", body=event)
    fluent.fail_graphql("C0020E")
    assert "C0020E" in user.fails("fluent_find_products")


def test_two_accounts_stand_side_by_side(fluent: FluentStandIn, tmp_path: Path) -> None:
    user = User(fluent, tmp_path)
    with running_fluent() as other:
        added = user.run("add", "fluent-two", other.url, "--preset", "fluent", "--account", "OTHER")
        assert added.code == 0, added.err
        user.environment |= {
            "FLUENT_TWO_USERNAME": "ana",
            "FLUENT_TWO_PASSWORD": other.users["ana"],
            "FLUENT_TWO_CLIENT_ID": INTEGRATION,
            "FLUENT_TWO_CLIENT_SECRET": other.clients[INTEGRATION],
        }
        user.call("fluent-two_find_products")
        assert (fluent.logins, other.logins) == (0, 1)
        user.call("fluent_find_products")
        assert (fluent.logins, other.logins) == (1, 1)
