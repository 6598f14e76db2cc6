"""Where the server over HTTP may listen."""

from __future__ import annotations

import socket
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from closient_mcp.auth.secrets.references import literal
from closient_mcp.server.serving.listening import ListenAddress, listen, parse_listen_address
from closient_mcp.server.serving.streamable_http import check_protection
from closient_mcp.server.settings.http_model import HttpSettings, TokenAuth
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options, SettingsError

from ...fakes.command_line import run

AUTH = TokenAuth((literal("a" * 32, "here"),))
needs_unix = pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8000", ListenAddress("127.0.0.1", 8000)),
        ("localhost:1", ListenAddress("127.0.0.1", 1)),
        ("[::1]:0", ListenAddress("::1")),
        ("0.0.0.0:80", ListenAddress("0.0.0.0", 80)),
    ],
)
def test_a_listen_address_is_a_port_or_a_host_and_a_port(text: str, address: ListenAddress) -> None:
    assert parse_listen_address(text) == address


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mcp.example.com:443", "not an IP address"),
        ("http", "a port"),
        ("127.0.0.1:99999", "a port"),
        ("unix:", "path of a Unix socket"),
    ],
)
def test_an_invalid_place_is_refused(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        parse_listen_address(text)


@pytest.mark.parametrize("text", ["0.0.0.0:8000", "192.168.1.5:8000", "[::]:8000"])
def test_rule_5_beyond_this_machine_it_starts_only_with_authentication(text: str) -> None:
    settings = load_settings(Options(), {})
    with pytest.raises(SettingsError, match="callers are not authenticated"):
        check_protection(parse_listen_address(text), settings)
    assert run("serve", "--http", text).code == 2
    http = HttpSettings(auth=AUTH, public_url="https://mcp.example.com")
    check_protection(parse_listen_address(text), replace(settings, http=http))


@pytest.mark.parametrize(
    "http", [HttpSettings(public_url="https://mcp.example.com"), HttpSettings(trusted_proxies=("127.0.0.1",))]
)
def test_rule_5_behind_a_proxy_it_starts_only_with_authentication(http: HttpSettings) -> None:
    settings = load_settings(Options(), {})
    with pytest.raises(SettingsError, match="through a proxy"):
        check_protection(parse_listen_address("8000"), replace(settings, http=http))
    check_protection(parse_listen_address("8000"), replace(settings, http=replace(http, auth=AUTH)))


def test_rule_5_a_server_at_every_address_has_to_know_its_name() -> None:
    settings = replace(load_settings(Options(), {}), http=HttpSettings(auth=AUTH))
    with pytest.raises(SettingsError, match="public_url"):
        check_protection(parse_listen_address("0.0.0.0:8000"), settings)
    check_protection(parse_listen_address("192.168.1.5:8000"), settings)


@needs_unix
def test_only_its_user_can_connect_to_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with listen(ListenAddress(path=path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with listen(ListenAddress(path=path)):  # the one that was left behind is replaced
        with pytest.raises(SettingsError, match="in use"):
            listen(ListenAddress(path=path))
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


@needs_unix
def test_a_file_is_never_replaced_by_a_socket(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    file.write_text("keep")
    with pytest.raises(SettingsError, match="cannot listen"):
        listen(ListenAddress(path=file))
    assert file.read_text() == "keep"
