"""Commands of an operator whose servers share a Redis."""

from __future__ import annotations

from pathlib import Path

import pytest

from closient_mcp.auth.records import Tokens
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.clients import store_for
from closient_mcp.server.bridge.stored_sign_ins import StoredSignIns
from closient_mcp.server.settings.model import SignIn

from ..fakes.command_line import run
from ..fakes.http_server import settings_in
from ..fakes.redis_server import KEY, running_redis

pytestmark = pytest.mark.all


def test_an_operator_sees_checks_and_ends_what_is_stored_in_redis(tmp_path: Path) -> None:
    (tmp_path / "acme.json").write_text("{}")
    text = (
        '[http]\nstore = { url = { env = "URL" }, keys = [{ env = "KEY" }] }\n'
        '[systems.acme]\ndescription = "acme.json"\nbase = "https://api.acme.example"\n'
        'credential = { grant = "authorization_code" }\n'
    )
    with running_redis(tmp_path) as redis:
        environ = {"URL": redis.url, "KEY": KEY, "CLOSIENT_MCP_HOME": str(tmp_path)}
        settings = settings_in(tmp_path, text, **environ)
        sign_ins = StoredSignIns(settings, Redaction())
        (system,) = settings.systems
        assert isinstance(system.credential, SignIn)
        for caller in ("", "id-of-ann", "id-of-bob"):
            name = caller.removeprefix("id-of-")
            store = store_for(system, system.credential, sign_ins.records("file"), Redaction(), caller, name)
            store.change(tokens=Tokens(access_token=f"token-{name}", obtained_at=1.0), user=f"{name}@acme.example")
        sign_ins.close()

        status = run("status", "--json", **environ).json()["systems"]["acme"]
        assert (status["credential"]["store"], status["credential"]["signed_in"]) == ("redis", True)
        callers = [(one["caller"], one["user"]) for one in status["callers"]]
        assert sorted(callers) == [("ann", "ann@acme.example"), ("bob", "bob@acme.example")]
        assert "kept in Redis" in run("status", **environ).out
        assert f"redis://127.0.0.1:{redis.port}/0 has 3 records, all readable" in run("doctor", **environ).out
        unreadable = run("doctor", **{**environ, "KEY": "another key" * 4}).out
        assert "3 records in" in unreadable
        assert "cannot be read with the keys in the settings" in unreadable

        assert run("logout", "acme", "--caller", "ann", **environ).code == 0
        assert run("logout", "acme", **environ).code == 0
        status = run("status", "--json", **environ).json()["systems"]["acme"]
        assert status["credential"]["signed_in"] is False
        assert [one["caller"] for one in status["callers"]] == ["bob"]
        assert not (tmp_path / "credentials").exists()
