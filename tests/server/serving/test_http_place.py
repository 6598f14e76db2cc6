"""Where the server over HTTP may listen."""

from __future__ import annotations

import pytest

from closient_mcp.server.serving.streamable_http import parse_address
from closient_mcp.server.settings.model import SettingsError

from ...fakes.command_line import run


@pytest.mark.parametrize(
    ("text", "place"),
    [("8000", ("127.0.0.1", 8000)), ("localhost:1", ("localhost", 1)), ("[::1]:0", ("[::1]", 0))],
)
def test_a_place_is_a_port_or_a_host_of_this_machine_and_a_port(text: str, place: tuple[str, int]) -> None:
    assert parse_address(text) == place


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0.0.0.0:8000", "reachable from other machines"),
        ("192.168.1.5:8000", "reachable from other machines"),
        ("mcp.example.com:443", "reachable from other machines"),
        ("http", "a port"),
        ("127.0.0.1:99999", "a port"),
    ],
)
def test_rule_5_a_place_beyond_this_machine_is_refused(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        parse_address(text)
    assert run("serve", "--http", text).code == 2
