"""What arrives at the redirect URI from anyone: at most one sign-in ends, with a page that says how."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.auth.oauth.authorization import query_of_pasted, read_callback
from closient_mcp.auth.oauth.redirects import PATH, browser_cookie
from closient_mcp.auth.records import Client, Pending, Server
from closient_mcp.auth.sign_in.callback_server import CallbackServer
from closient_mcp.auth.sign_in.pages import DONE, Page

from ...fakes.limits import SECONDS

ISSUER = "https://login.example.com"
STATE = "the-state"
PENDING = Pending(
    scopes=(),
    expires_at=2e9,
    server=Server(issuer=ISSUER, token_endpoint=f"{ISSUER}/token", iss_in_response=True),
    client=Client(client_id="c"),
    state=STATE,
    verifier="v",
    nonce="n",
    redirect_uri="http://127.0.0.1:1/callback",
    url=f"{ISSUER}/authorize",
)
ERRORS = (b"400", b"403", b"404", b"414", b"431", b"501", b"505")
NAMES = st.sampled_from(["code", "state", "iss", "error", "error_description", "x", "state[]", ""])
VALUES = st.sampled_from(
    [STATE, quote(ISSUER), "access_denied", "", "%00", "\udcff", "%ff", "%1b[2J", "a" * 5_000, "<script>"]
)
PARTS = st.tuples(NAMES, VALUES | st.text(max_size=20).map(lambda text: quote(text, errors="replace")))
QUERIES = st.lists(PARTS, max_size=6).map(lambda parts: "&".join(f"{name}={value}" for name, value in parts))


@given(query=QUERIES | st.text(max_size=200))
def test_any_query_is_a_response_to_this_sign_in_or_none(query: str) -> None:
    response = read_callback(query, PENDING)
    if response is None:
        return
    assert bool(response.code) != bool(response.error)
    assert response.error.isprintable()
    assert response.description.isprintable()
    assert not response.code or (f"state={STATE}" in query and f"iss={quote(ISSUER)}" in query)


@given(text=QUERIES.map(lambda query: f" http://127.0.0.1:1/callback?{query} ") | st.text(max_size=200))
def test_any_pasted_text_is_a_response_or_none(text: str) -> None:
    query = query_of_pasted(text)
    assert not query or "state=" in query
    read_callback(query, PENDING)


@pytest.fixture(scope="module")
def listener() -> Iterator[CallbackServer]:
    server = CallbackServer()
    server.begin(STATE, Page(302, location=f"{ISSUER}/authorize"), lambda _: DONE)
    yield server
    server.close()


@given(data=st.data())
def test_any_request_to_the_listener_is_answered_or_closed(listener: CallbackServer, data: st.DataObject) -> None:
    method = data.draw(st.sampled_from([b"GET", b"POST", b"HEAD", b"OPTIONS", b"get", b"\x16\x03\x01", b""]))
    path = data.draw(st.sampled_from([PATH, "/", f"{PATH}/", "//evil.example/callback", "*", f"{PATH}#", "http://["]))
    headers = [
        (b"Host", data.draw(st.sampled_from([f"127.0.0.1:{listener.port}".encode(), b"evil.example", b""]))),
        (b"Cookie", data.draw(st.sampled_from([f"x={browser_cookie(STATE)}".encode(), b"\xff=;;", b"=" * 9_000]))),
        (data.draw(st.binary(max_size=9)), data.draw(st.binary(max_size=20))),
        (b"Content-Length", data.draw(st.sampled_from([b"5", b"-1", b"99999999999", b"x"]))),
    ]
    target = f"{path}?{data.draw(QUERIES)}".encode("latin-1", "replace")
    head = b"%b %b HTTP/1.1\r\n" % (method, target) + b"".join(b"%b: %b\r\n" % pair for pair in headers) + b"\r\n"
    with socket.create_connection(("127.0.0.1", listener.port), SECONDS) as connection:
        answer = b""
        with suppress(OSError):
            connection.sendall(head)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    # Without a status line where the request has no version that is known.
    assert not answer or answer.startswith(b"<!DOCTYPE HTML>") or answer.split()[1] in ERRORS
    assert ISSUER.encode() not in answer
    assert b"Traceback" not in answer
