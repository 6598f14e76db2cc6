"""Where sign-ins are stored, as the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.auth.secrets.sealing import UnsealError
from closient_mcp.auth.store.files import Files
from closient_mcp.auth.store.redis_records import RedisRecords
from closient_mcp.server.bridge.stored_sign_ins import StoredSignIns
from closient_mcp.server.settings.model import SettingsError

from ...fakes.command_line import run
from ...fakes.http_server import settings_in

STORE = '[http]\nstore = { url = { env = "URL" }, keys = [{ env = "KEY" }] }\n'
URL, KEY = "redis://:a-password%2F@127.0.0.1:9/0", "k" * 32


def test_without_a_store_sign_ins_are_in_files_and_links_are_for_this_server_alone(tmp_path: Path) -> None:
    first, second = (StoredSignIns(settings_in(tmp_path, ""), Redaction()) for _ in range(2))
    assert isinstance(first.records("file"), Files)
    with pytest.raises(UnsealError):
        second.sealer().unseal("link", first.sealer().seal("link", b"text"))


def test_with_a_store_sign_ins_are_there_and_links_are_for_all_servers_with_its_keys(tmp_path: Path) -> None:
    first, second = (StoredSignIns(settings_in(tmp_path, STORE, URL=URL, KEY=KEY), Redaction()) for _ in range(2))
    assert isinstance(first.records("keyring"), RedisRecords)
    assert second.sealer().unseal("link", first.sealer().seal("link", b"text")) == b"text"


def test_rule_1_the_password_of_the_store_and_its_keys_are_hidden_and_not_its_url(tmp_path: Path) -> None:
    redaction = Redaction()
    sign_ins = StoredSignIns(settings_in(tmp_path, STORE, URL=URL, KEY=KEY), redaction)
    assert sign_ins.connection
    assert redaction.hide(f"{sign_ins.connection.location} a-password/ {KEY}") == (
        "redis://127.0.0.1:9/0 [secret] [secret]"
    )


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"URL": URL}, "http.store: the environment variable KEY is not set"),
        ({"URL": URL, "KEY": "short"}, "http.store: a key has at least 32 characters"),
        ({"URL": "127.0.0.1:6379", "KEY": KEY}, "http.store: expected a URL such as redis://"),
    ],
    ids=["no key", "short key", "no URL"],
)
def test_a_store_that_cannot_be_used_is_an_error_of_the_settings(
    tmp_path: Path, environ: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        StoredSignIns(settings_in(tmp_path, STORE, **environ), Redaction())
    assert says in str(raised.value)


def test_doctor_names_a_store_that_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "closient-mcp.toml").write_text(f'{STORE}[systems.acme]\ndescription = "acme.json"\n')
    (tmp_path / "acme.json").write_text("{}")
    ran = run("doctor", "--json", CLOSIENT_MCP_HOME=str(tmp_path), URL=URL, KEY=KEY)
    (finding,) = [finding for finding in ran.json()["findings"] if finding["subject"] == "store"]
    assert finding["level"] == "error"
    assert finding["message"].startswith("redis://127.0.0.1:9/0 (")
    assert "a-password" not in ran.out
