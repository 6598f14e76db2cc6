"""Which hosts the metadata of an authorization server may name (RFC 9728 §7.7)."""

from __future__ import annotations

import socket
from contextlib import nullcontext
from typing import Any

import pytest

from closient_mcp.auth.oauth.discovery import ServerMetadataError, check_not_nearer, read_metadata
from closient_mcp.auth.oauth.http import Response

PUBLIC = "https://id.example"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "registration_endpoint", "jwks_uri")


def read(issuer: str, **changes: str) -> None:
    own = {"authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token"}
    read_metadata(issuer, Response(200, {"issuer": issuer, "response_types_supported": ["code"], **own, **changes}))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9200/x",
        "http://localhost:2375/x",
        "https://localhost./x",
        "https://api.localhost/x",
        "https://169.254.169.254/x",
        "https://10.0.0.5/x",
        "http://10.0.0.5/x",
        "https://192.168.1.1/x",
        "https://100.64.0.1/x",
        "https://0.0.0.0/x",
        "https://127.1/x",
        "https://[::ffff:0:127.0.0.1]/x",
        "https://[fec0::1]/x",
        "https://router.lan/x",
        "https://localhost.localdomain/x",
        "https://\u2460\u2461\u2466.0.0.1/x",
        "https://127.0.0.1./x",
        "https://127%2e0.0.1/x",
        "https://0x7f.1/x",
        "https://0x7f000001/x",
        "https://2130706433/x",
        "https://[::]/x",
        "https://[::1]/x",
        "https://[fe80::1]/x",
        "https://[fd00::1]/x",
        "https://[::127.0.0.1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[::ffff:7f00:1]/x",
        "https://[64:ff9b::10.0.0.5]/x",
        "https://[2002:7f00:1::]/x",
        "https://224.0.0.1/x",
        "https://router.local/x",
        "https://vault.corp.internal/x",
        "https://nas.home.arpa./x",
        "https://router/x",
    ],
)
def test_a_public_issuer_names_no_host_in_a_nearer_network(endpoint: str, url: str) -> None:
    with pytest.raises(ServerMetadataError, match=endpoint):
        read(PUBLIC, **{endpoint: url})


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        (PUBLIC, "https://login.example/x"),
        (PUBLIC, "https://93.184.215.14/x"),
        ("https://10.0.0.5", "https://10.0.0.5/x"),
        ("https://10.0.0.5", "https://10.0.0.6/x"),
        ("https://10.0.0.5", "https://login.example/x"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:9090/x"),
        ("http://localhost:8080", "http://127.0.0.1:8080/x"),
    ],
)
def test_an_issuer_may_name_hosts_as_far_away_as_itself(endpoint: str, issuer: str, url: str) -> None:
    read(issuer, **{endpoint: url})


@pytest.mark.parametrize("url", ["http://127.0.0.1:9200/x", "https://[::1]/x", "https://169.254.169.254/x"])
def test_an_issuer_in_a_private_network_names_no_host_on_this_machine(url: str) -> None:
    with pytest.raises(ServerMetadataError):
        read("https://10.0.0.5", token_endpoint=url)


@pytest.mark.parametrize(
    ("site", "addresses", "allowed"),
    [
        (PUBLIC, ["10.0.0.5"], False),
        (PUBLIC, ["93.184.215.14", "::1"], False),
        (PUBLIC, ["fe80::1%eth0"], False),
        (PUBLIC, ["93.184.215.14"], True),
        (PUBLIC, [], True),
        ("https://sso.corp.example", ["10.0.0.5"], True),
        ("https://sso.corp.example", ["127.0.0.1"], False),
    ],
)
def test_a_name_leads_into_no_nearer_network_than_that_of_the_site_that_names_it(
    monkeypatch: pytest.MonkeyPatch, site: str, addresses: list[str], allowed: bool
) -> None:
    known = {"tokens.corp.example": addresses, "sso.corp.example": ["10.0.0.1"], "id.example": ["93.184.215.14"]}

    def look_up(host: str, *_: object, **__: object) -> list[Any]:
        if not known[host]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    refused = (
        nullcontext() if allowed else pytest.raises(ServerMetadataError, match="token_endpoint is on this machine")
    )
    with refused:
        check_not_nearer("https://tokens.corp.example/token", "token_endpoint", site)
