"""The OAuth protocol as functions of their inputs: what is sent, what is accepted, and what never is."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from closient_mcp.auth.oauth.authorization import (
    AuthorizationResponse,
    begin,
    query_of_pasted,
    read_callback,
)
from closient_mcp.auth.oauth.discovery import ServerMetadataError, discover, metadata_urls, read_metadata
from closient_mcp.auth.oauth.http import HttpClient, NoResponseError, Request, Response
from closient_mcp.auth.oauth.id_token import IdTokenError, WrongClockError, checked_claims, verify
from closient_mcp.auth.oauth.protected_resource import read_challenge
from closient_mcp.auth.oauth.registration import (
    SOFTWARE_ID,
    Purpose,
    RegistrationError,
    next_request,
    read_registration,
    registration_request,
)
from closient_mcp.auth.oauth.rejections import Meaning, Rejection
from closient_mcp.auth.oauth.tokens import (
    Granted,
    is_usable,
    read_tokens,
    revoke_requests,
    token_request,
)
from closient_mcp.auth.records import Client, Pending, Server, Tokens
from closient_mcp.auth.sign_in.browser import opener
from closient_mcp.auth.urls import is_safe

from ...fakes.limits import SECONDS
from ...fakes.service import Reply, Service

ISSUER = "https://as.example"
REDIRECT = "http://127.0.0.1:4711/callback"
NOW = 1_800_000_000.0
PURPOSE, FOR_ITSELF = Purpose(redirect_uri=REDIRECT), Purpose("client_credentials")
METADATA: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize/",
    "token_endpoint": f"{ISSUER}/token/",
    "registration_endpoint": f"{ISSUER}/register/",
    "revocation_endpoint": f"{ISSUER}/revoke/",
    "jwks_uri": f"{ISSUER}/keys",
    "response_types_supported": ["code"],
    "scopes_supported": ["search:read", "products:read"],
    "authorization_response_iss_parameter_supported": True,
}
SERVER = Server(
    issuer=ISSUER,
    authorization_endpoint=f"{ISSUER}/authorize/",
    token_endpoint=f"{ISSUER}/token/",
    registration_endpoint=f"{ISSUER}/register/",
    revocation_endpoint=f"{ISSUER}/revoke/",
    jwks_uri=f"{ISSUER}/keys",
)
CLIENT = Client(client_id="our-client")
TOKEN: dict[str, Any] = {"access_token": "access-one", "token_type": "Bearer", "expires_in": 3600}


def answer(body: Mapping[str, object] | None, status: int = 200, **headers: str) -> Response:
    return Response(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def exchange(client: Client) -> Request:
    form = {"code": "the-code", "redirect_uri": REDIRECT, "code_verifier": "the-verifier"}
    return token_request("exchange", SERVER, client, form)


def refresh(client: Client) -> Request:
    return token_request("refresh", SERVER, client, {"refresh_token": "refresh-one"})


def metadata(**changes: object) -> Server:
    changed = {name: value for name, value in {**METADATA, **changes}.items() if value is not None}
    return read_metadata(ISSUER, answer(changed))


def request(
    scopes: tuple[str, ...] = ("search:read",), server: Server = SERVER, **client: Any
) -> tuple[Pending, dict[str, str]]:
    pending = begin(server, CLIENT.model_copy(update=client), REDIRECT, scopes, NOW)
    return pending, {name: values[0] for name, values in parse_qs(urlsplit(pending.url).query).items()}


def callback(query: str, server: Server = SERVER) -> AuthorizationResponse | None:
    pending, _ = request()
    return read_callback(query.replace("STATE", quote(pending.state)), pending.model_copy(update={"server": server}))


def granted(body: Mapping[str, object], previous: Tokens | None = None) -> Tokens:
    verdict = read_tokens("refresh", answer(body), NOW, previous)
    assert isinstance(verdict, Granted)
    return verdict.tokens


# Discovery (RFC 8414, OpenID Connect Discovery)


PATHS_OF_P = [
    "/.well-known/oauth-authorization-server/p",
    "/p/.well-known/openid-configuration",
    "/.well-known/openid-configuration/p",
]


@pytest.mark.parametrize(
    ("issuer", "urls"),
    [
        ("https://h", [f"/.well-known/{name}" for name in ("oauth-authorization-server", "openid-configuration")]),
        ("https://h/", [f"/.well-known/{name}" for name in ("oauth-authorization-server", "openid-configuration")]),
        ("https://h/p", PATHS_OF_P),
        ("https://h/p/", PATHS_OF_P),
    ],
)
def test_rfc_8414_metadata_is_looked_for_where_the_issuers_path_puts_it(issuer: str, urls: list[str]) -> None:
    assert metadata_urls(issuer) == [f"https://h{url}" for url in urls]


def test_metadata_becomes_a_server_with_its_slashes_as_they_were() -> None:
    server = metadata()
    assert (server.authorization_endpoint, server.token_endpoint) == (f"{ISSUER}/authorize/", f"{ISSUER}/token/")
    assert (server.registration_endpoint, server.revocation_endpoint) == (f"{ISSUER}/register/", f"{ISSUER}/revoke/")
    assert (server.jwks_uri, server.iss_in_response) == (f"{ISSUER}/keys", True)
    assert server.scopes_supported == ("search:read", "products:read")
    assert server.signing_algorithms == ("RS256",)


@pytest.mark.parametrize("issuer", ["https://evil.example", f"{ISSUER}/p", f"{ISSUER}.evil.example", "", None, 5])
def test_rfc_8414_3_3_metadata_of_another_issuer_is_rejected(issuer: object) -> None:
    with pytest.raises(ServerMetadataError, match="its metadata has the issuer") as caught:
        metadata(issuer=issuer)
    assert caught.value.lasting


def test_a_slash_at_the_end_of_the_issuer_is_kept_for_later_comparisons() -> None:
    assert metadata(issuer=f"{ISSUER}/").issuer == f"{ISSUER}/"


@pytest.mark.parametrize(
    "name", ["authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint", "jwks_uri"]
)
@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://evil.example/a",
        "https://user:word@as.example/a",
        "https://",
        "/relative",
        f"{ISSUER}/a#fragment",
        f"{ISSUER}/{'a' * 8192}",
        f"{ISSUER}/{'a' * 100_000}",
        f"{ISSUER}/a\r\nX-Evil: 1",
        f'{ISSUER}/"; rm -rf ~',
        f"{ISSUER}/a b",
        f"{ISSUER}/`id`",
    ],
    ids=lambda url: url[:32],
)
def test_rule_2_no_endpoint_is_used_that_a_browser_may_not_be_sent_to(name: str, url: str) -> None:
    with pytest.raises(ServerMetadataError):
        metadata(**{name: url})


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "response_types_supported"])
def test_rfc_8414_2_required_metadata_is_required(name: str) -> None:
    with pytest.raises(ServerMetadataError, match=name):
        metadata(**{name: None})


@pytest.mark.parametrize("grants", [["authorization_code"], ["implicit"], ["refresh_token", "authorization_code"]])
def test_rfc_8414_2_grants_with_a_browser_require_an_authorization_endpoint(grants: list[str]) -> None:
    with pytest.raises(ServerMetadataError, match="authorization_endpoint"):
        metadata(authorization_endpoint=None, grant_types_supported=grants)


@pytest.mark.parametrize("name", ["registration_endpoint", "revocation_endpoint", "jwks_uri", "scopes_supported"])
def test_optional_metadata_may_be_left_out(name: str) -> None:
    assert not getattr(metadata(**{name: None}), name)


@pytest.mark.parametrize("name", ["scopes_supported", "grant_types_supported", "code_challenge_methods_supported"])
def test_metadata_that_is_no_list_where_it_must_be_one_is_rejected(name: str) -> None:
    with pytest.raises(ServerMetadataError, match=name):
        metadata(**{name: "code"})


def test_what_is_no_text_in_a_list_of_metadata_is_left_out() -> None:
    assert metadata(scopes_supported=["a", 5, None, "b"]).scopes_supported == ("a", "b")


@pytest.mark.parametrize("promise", ["true", 1, None])
def test_only_true_promises_the_issuer_in_the_response(promise: object) -> None:
    assert metadata(authorization_response_iss_parameter_supported=promise).iss_in_response is False


@pytest.fixture
def wire() -> HttpClient:
    return HttpClient(trust_env=False)


def test_discovery_falls_back_to_openid_where_rfc_8414_finds_nothing(service: Service, wire: HttpClient) -> None:
    openid = {**METADATA, "issuer": service.url}
    service.routes["/.well-known/openid-configuration"] = Reply(openid)
    assert discover(service.url, wire).issuer == service.url
    assert [got.path for got in service.received] == [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ]


@pytest.mark.parametrize("path", PATHS_OF_P)
def test_discovery_finds_an_issuer_with_a_path_wherever_its_one_document_is(
    service: Service, wire: HttpClient, path: str
) -> None:
    issuer = f"{service.url}/p"
    service.routes[path] = Reply({**METADATA, "issuer": issuer})
    assert discover(issuer, wire).issuer == issuer
    assert [got.path for got in service.received] == PATHS_OF_P[: PATHS_OF_P.index(path) + 1]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_fails_now_is_not_one_without_metadata(service: Service, wire: HttpClient, status: int) -> None:
    service.routes["/.well-known/oauth-authorization-server"] = Reply({}, status)
    with pytest.raises(ServerMetadataError, match=f"HTTP {status}") as caught:
        discover(service.url, wire)
    assert not caught.value.lasting
    assert len(service.received) == 1


@pytest.mark.parametrize("reply", [Reply("<html>", 200), Reply({}, 404), Reply([], 200), Reply("", 204)])
def test_a_server_without_metadata_is_reported(service: Service, wire: HttpClient, reply: Reply) -> None:
    for path in ("oauth-authorization-server", "openid-configuration"):
        service.routes[f"/.well-known/{path}"] = reply
    with pytest.raises(ServerMetadataError, match="has no OAuth metadata") as caught:
        discover(service.url, wire)
    assert caught.value.lasting


def test_an_unreachable_server_may_response_later(wire: HttpClient) -> None:
    with pytest.raises(ServerMetadataError, match="cannot be reached") as caught:
        discover("http://127.0.0.1:9", wire)
    assert not caught.value.lasting


# The wire


@pytest.mark.parametrize("url", ["http://as.example/token", "ftp://127.0.0.1/", "http://127.0.0.1.evil.example/"])
def test_rule_1_nothing_is_sent_over_plain_http_to_another_machine(wire: HttpClient, url: str) -> None:
    with pytest.raises(NoResponseError, match="does not use https"):
        wire.send(Request(url, {"refresh_token": "secret"}))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_rule_1_a_redirect_is_never_followed(service: Service, wire: HttpClient, status: int) -> None:
    service.routes["/token"] = Reply("", status, {"location": f"{service.url}/elsewhere"})
    assert wire.send(Request(f"{service.url}/token", {"a": "b"})).status == status
    assert [got.path for got in service.received] == ["/token"]


def test_a_response_of_256_kilobytes_is_read_and_a_larger_one_is_not(service: Service, wire: HttpClient) -> None:
    service.routes["/fits"] = Reply(b'{"a": 1}'.ljust(256 * 1024))
    service.routes["/large"] = Reply(b'{"a": 1}'.ljust(256 * 1024 + 1))
    assert wire.send(Request(f"{service.url}/fits", method="GET")).body == {"a": 1}
    with pytest.raises(NoResponseError, match="too large"):
        wire.send(Request(f"{service.url}/large", method="GET"))


@pytest.mark.parametrize(
    "begin", [b"HTTP/1.1 200 OK\r\nX-Drip: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n{"]
)
def test_a_response_that_drips_is_given_up_at_the_deadline(wire: HttpClient, begin: bytes) -> None:
    ended = threading.Event()

    def drip(listener: socket.socket) -> None:
        peer, _ = listener.accept()
        with peer, contextlib.suppress(OSError):
            peer.sendall(begin)
            while not ended.wait(0.02):
                peer.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=[listener])
        thread.start()
        try:
            with pytest.raises(NoResponseError, match="no response within"):
                wire.send(Request(f"http://127.0.0.1:{listener.getsockname()[1]}/", method="GET"), deadline=0.3)
        finally:
            ended.set()
            thread.join(SECONDS)


@pytest.mark.parametrize("body", ["", "<html>", "[]", "null", '"text"', '{"a":', "[" * 100_000, "\ufffe"])
def test_what_is_no_json_object_is_no_body(service: Service, wire: HttpClient, body: str) -> None:
    service.routes["/a"] = Reply(body)
    assert wire.send(Request(f"{service.url}/a", method="GET")).body is None


def test_a_form_a_document_and_a_get_are_sent_as_such(service: Service, wire: HttpClient) -> None:
    service.routes["/a"] = Reply({})
    for call in (
        Request(f"{service.url}/a", {"a": "b c"}),
        Request(f"{service.url}/a", document={"d": 1}, headers={"x": "y"}),
        Request(f"{service.url}/a", method="GET"),
    ):
        wire.send(call)
    form, document, get = service.received
    assert (form.method, form.body, form.headers["accept"]) == ("POST", b"a=b+c", "application/json")
    assert (document.json(), document.headers["x"]) == ({"d": 1}, "y")
    assert (get.method, get.body) == ("GET", b"")


def test_rule_1_no_repr_of_a_call_or_a_response_shows_what_it_carries() -> None:
    call = exchange(Client(client_id="i", client_secret="s3cret-s3cret"))
    basic = refresh(Client(client_id="i", client_secret="s3cret-s3cret", auth_method="client_secret_basic"))
    shown = f"{call!r} {basic!r} {answer(TOKEN)!r} {answer({}, x='a-header-value')!r}"
    encoded = basic.headers["authorization"].removeprefix("Basic ")
    for secret in ("the-code", "the-verifier", "s3cret", "refresh-one", "access-one", encoded, "a-header-value"):
        assert secret not in shown


@pytest.mark.parametrize(
    "shown",
    [
        AuthorizationResponse(code="secret-value-1"),
        Granted(Tokens(access_token="secret-value-1", refresh_token="secret-value-1", obtained_at=0.0)),
        Granted(Tokens(access_token="a", obtained_at=0.0), "secret-value-1"),
        Client(client_id="c", client_secret="secret-value-1", registration_token="secret-value-1"),
        Pending(
            state="secret-value-1",
            verifier="secret-value-1",
            nonce="secret-value-1",
            url="https://as.example/?state=secret-value-1",
            redirect_uri=REDIRECT,
            scopes=(),
            expires_at=0.0,
            server=SERVER,
            client=Client(client_id="c", client_secret="secret-value-1"),
        ),
    ],
    ids=["code", "tokens", "id_token", "client", "pending"],
)
def test_rule_1_no_repr_shows_a_secret(shown: object) -> None:
    assert "secret-value-1" not in repr(shown)
    assert "secret-value-1" not in str(shown)


def test_only_this_machine_may_be_spoken_to_without_https() -> None:
    safe = ["https://h/", "http://127.0.0.1:1/", "http://[::1]/", "http://localhost/"]
    unsafe = ["http://h/", "http://128.0.0.1/", "http://localhost.evil.example/", "ws://127.0.0.1/", "file:///a"]
    assert [is_safe(httpx2.URL(url)) for url in safe + unsafe] == [True] * 4 + [False] * 5


# Registration (RFC 7591)


def test_rfc_8252_we_register_as_a_native_application_with_one_loopback_literal() -> None:
    call = registration_request(metadata(), PURPOSE, "1.2.3")
    assert (call.url, call.method, call.form) == (f"{ISSUER}/register/", "POST", None)
    shown = {name: (call.document or {}).get(name) for name in ("client_name", "client_uri", "logo_uri")}
    assert all(isinstance(text, str) and text for text in shown.values())
    assert call.document == {
        **shown,
        "software_id": SOFTWARE_ID,
        "software_version": "1.2.3",
        "application_type": "native",
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": "search:read products:read",
    }


def test_a_registration_names_what_will_be_requested_where_the_server_names_no_scopes() -> None:
    call = registration_request(SERVER, Purpose(redirect_uri=REDIRECT, scopes=("b", "a")), "1")
    assert call.document is not None
    assert call.document["scope"] == "b a"


def test_a_registration_names_no_scopes_where_no_one_does() -> None:
    call = registration_request(SERVER, FOR_ITSELF, "1")
    assert call.document is not None
    assert "scope" not in call.document
    assert call.document["token_endpoint_auth_method"] == "client_secret_basic"


def test_rfc_8628_7_1_a_client_for_devices_is_native_and_has_no_redirects() -> None:
    document = registration_request(SERVER, Purpose("device_code"), "1").document
    assert document is not None
    assert (document["application_type"], document["redirect_uris"], document["response_types"]) == ("native", [], [])


def test_rfc_7591_3_2_1_what_the_server_says_goes_before_what_we_requested() -> None:
    body: dict[str, Any] = {
        "client_id": "given",
        "client_secret": "s3cret",
        "token_endpoint_auth_method": "client_secret_post",
        "client_secret_expires_at": 1_900_000_000,
        "scope": "search:read",
        "registration_client_uri": f"{ISSUER}/register/given",
        "registration_access_token": "its-token",
        "unheard_of": {},
    }
    assert read_registration(answer(body, 201), PURPOSE, NOW) == Client(
        client_id="given",
        client_secret="s3cret",
        auth_method="client_secret_post",
        redirect_uri=REDIRECT,
        secret_expires_at=1_900_000_000,
        registration_uri=f"{ISSUER}/register/given",
        registration_token="its-token",
    )


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize(
    ("more", "method"),
    [
        ({}, "none"),
        ({"client_secret": "", "token_endpoint_auth_method": None, "scope": None}, "none"),
        ({"client_secret": "s3cret"}, "client_secret_basic"),
        ({"client_secret": "s3cret", "token_endpoint_auth_method": "none"}, "none"),
    ],
)
def test_a_bare_registration_is_enough(status: int, more: dict[str, object], method: str) -> None:
    client = read_registration(answer({"client_id": "given", **more}, status), PURPOSE, NOW)
    assert (client.client_id, client.auth_method, client.secret_expires_at) == ("given", method, 0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("1900000000", 1_900_000_000), (1.9e9, 1_900_000_000), ("0", 0), (-1, 0), (True, 0), (10**30, 0), ("never", 0)],
)
def test_the_end_of_a_secret_is_read_as_servers_write_it_and_nonsense_means_never(given: object, expected: int) -> None:
    body = {"client_id": "given", "client_secret": "s3cret", "client_secret_expires_at": given}
    assert read_registration(answer(body, 201), PURPOSE, NOW).secret_expires_at == expected


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "no client_id"),
        ({"client_id": ""}, "no client_id"),
        ({"client_id": 5}, "no client_id"),
        ({"client_id": "i", "token_endpoint_auth_method": "private_key_jwt"}, "private_key_jwt"),
        ({"client_id": "i", "client_secret": "s", "token_endpoint_auth_method": "client_secret_jwt"}, "secret_jwt"),
        ({"client_id": "i", "token_endpoint_auth_method": "client_secret_basic"}, "client_secret_basic"),
        ({"client_id": "i", "token_endpoint_auth_method": "client_secret_post", "client_secret": ""}, "secret_post"),
        ({"client_id": "i", "redirect_uris": ["https://other.example/"]}, "redirect"),
        ({"client_id": "i", "redirect_uris": ["http://192.168.0.1:80/callback", "http://[", "urn:x", 5]}, "redirect"),
        ({"client_id": "i", "redirect_uris": ["https://localhost/callback"]}, "redirect"),
        ({"client_id": "i", "redirect_uris": ["http://localhost.evil.example/callback"]}, "redirect"),
        ({"client_id": "i", "redirect_uris": []}, "redirect"),
    ],
)
def test_a_registration_that_cannot_be_used_is_rejected_before_anybody_is_sent_anywhere(
    body: dict[str, object], why: str
) -> None:
    with pytest.raises(RegistrationError, match=why):
        read_registration(answer(body, 201), PURPOSE, NOW)


@pytest.mark.parametrize(
    ("registered", "used"),
    [
        (["http://localhost/callback"], "http://localhost:4711/callback"),
        (["http://127.0.0.1/callback"], REDIRECT),
        (["https://other.example/", "http://localhost:9/back"], "http://localhost:4711/back"),
        (["http://localhost/callback", REDIRECT], REDIRECT),
        (None, REDIRECT),
    ],
)
def test_rfc_7591_3_2_1_a_redirect_to_this_machine_is_used_as_registered_with_our_port(
    registered: object, used: str
) -> None:
    body = {"client_id": "i", "redirect_uris": registered}
    assert read_registration(answer(body, 201), PURPOSE, NOW).redirect_uri == used


@pytest.mark.parametrize(
    ("refusal", "message", "next_step"),
    [
        (answer(None, 401), "does not allow applications to register", "set its client_id"),
        (answer({"detail": "no"}, 403), "does not allow applications to register (HTTP 403): no", "set its client_id"),
        (answer({}, 429), "accepts no more registrations", "Try again later"),
        (answer({"detail": "Maintenance"}, 503), "it answers HTTP 503: Maintenance", "Try again later"),
        (answer({"error": "invalid_redirect_uri"}, 400), "does not allow redirects to this machine", "API key"),
        (answer({"error_description": "odd"}, 400), "rejected the registration (HTTP 400): odd", "API key"),
        (answer(None, 200), "rejected the registration (HTTP 200)", "API key"),
        (answer({"client_id": "i"}, 302), "rejected the registration (HTTP 302)", "API key"),
    ],
)
def test_a_rejected_registration_is_reported_with_the_next_step(
    refusal: Response, message: str, next_step: str
) -> None:
    with pytest.raises(RegistrationError) as caught:
        read_registration(refusal, PURPOSE, NOW)
    assert message in str(caught.value)
    assert next_step in caught.value.next_step


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        ("7", 7.0),
        (None, 60.0),
        ("soon", 60.0),
        ("-1", 60.0),
        ("9" * 400, 86_400.0),
        (format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True), 90.0),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 60.0),
    ],
)
def test_rfc_9110_10_2_3_a_server_that_registers_no_one_now_says_for_how_long(
    retry_after: str | None, pause: float
) -> None:
    headers = {"retry_after": retry_after} if retry_after else {}
    with pytest.raises(RegistrationError) as caught:
        read_registration(answer({}, 429, **headers), PURPOSE, NOW)
    assert caught.value.pause == pause


def test_rule_2_a_servers_words_are_cut() -> None:
    with pytest.raises(RegistrationError) as caught:
        read_registration(answer({"error_description": "x" * 10_000}, 400), PURPOSE, NOW)
    assert len(str(caught.value)) < 400


LOCALHOST = REDIRECT.replace("127.0.0.1", "localhost")


@pytest.mark.parametrize(
    ("purpose", "answer", "changes"),
    [
        (
            PURPOSE,
            answer({"error": "invalid_client_metadata"}, 400),
            {"token_endpoint_auth_method": "client_secret_basic"},
        ),
        (PURPOSE, answer({"error": "invalid_redirect_uri"}, 400), {"redirect_uris": [LOCALHOST]}),
        (PURPOSE, answer({"error": "invalid_request"}, 400), {"redirect_uris": [LOCALHOST]}),
        (PURPOSE, answer({"detail": [{"loc": ["body"]}]}, 422), {"redirect_uris": [LOCALHOST]}),
        (PURPOSE, answer({"error": "unapproved_software_statement"}, 400), None),
        (PURPOSE, answer({"error": "invalid_redirect_uri"}, 403), None),
        (Purpose(redirect_uri="http://localhost:1/"), answer({"error": "invalid_redirect_uri"}, 400), None),
        (PURPOSE, answer({"error": "invalid_client_metadata"}, 500), None),
        (PURPOSE, answer({"client_id": "i"}, 201), None),
        (FOR_ITSELF, answer({"error": "invalid_redirect_uri"}, 400), {"redirect_uris": [], "response_types": []}),
        (FOR_ITSELF, answer({"error": "invalid_client_metadata"}, 400), {"redirect_uris": [], "response_types": []}),
        (FOR_ITSELF, answer({"error": "access_denied"}, 401), None),
    ],
)
def test_a_server_that_finds_fault_with_a_registration_is_told_what_others_leave_out(
    purpose: Purpose, answer: Response, changes: dict[str, object] | None
) -> None:
    first = registration_request(SERVER, purpose, "1")
    second = next_request(first, answer)
    assert first.document
    assert (second and second.document) == (changes and {**first.document, **changes})
    further = second and next_request(second, answer)
    assert further is None or next_request(further, answer) is None


# Authorization (RFC 6749 §4.1, RFC 7636, RFC 9207)


def test_rfc_7636_the_challenge_is_the_hash_of_a_verifier_that_stays_here() -> None:
    pending, query = request()
    digest = hashlib.sha256(pending.verifier.encode()).digest()
    assert query["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert query["code_challenge_method"] == "S256"
    assert 43 <= len(pending.verifier) <= 128
    assert pending.verifier not in pending.url


def test_the_request_says_who_asks_for_what_and_where_to_response() -> None:
    pending, query = request(("search:read", "products:read"))
    assert {name: query[name] for name in ("response_type", "client_id", "redirect_uri", "scope", "state")} == {
        "response_type": "code",
        "client_id": "our-client",
        "redirect_uri": REDIRECT,
        "scope": "search:read products:read",
        "state": pending.state,
    }
    assert (pending.redirect_uri, pending.scopes) == (REDIRECT, ("search:read", "products:read"))
    assert pending.expires_at == NOW + 600
    assert set(query) == {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    }


def test_each_request_has_a_state_verifier_and_nonce_of_its_own_that_cannot_be_guessed() -> None:
    made = [request()[0] for _ in range(50)]
    values = [value for pending in made for value in (pending.state, pending.verifier, pending.nonce)]
    assert len(set(values)) == 150
    assert min(map(len, values)) >= 22


def test_without_scopes_none_are_sent() -> None:
    assert "scope" not in request(())[1]


def test_openid_core_11_offline_access_is_requested_with_consent() -> None:
    pending, query = request(("search:read", "offline_access"))
    assert (query["scope"], query["prompt"]) == ("search:read offline_access", "consent")
    assert pending.scopes == ("search:read", "offline_access")
    assert "prompt" not in request()[1]


def test_a_nonce_goes_along_with_openid_alone() -> None:
    pending, query = request(("openid",))
    assert query["nonce"] == pending.nonce
    assert "nonce" not in request()[1]


@pytest.mark.parametrize(
    ("own", "scopes", "begins", "expected"),
    [
        ("audience=x", (), "audience=x&response_type=code&", {"audience": ["x"]}),
        (
            "prompt=select_account&tenant=a%2Fb",
            ("offline_access", "r"),
            "tenant=a%2Fb&response_type=code&",
            {"prompt": ["select_account consent"], "tenant": ["a/b"], "scope": ["offline_access r"]},
        ),
        ("scope=basic", ("api",), "response_type=", {"scope": ["basic api"]}),
        ("scope=api+basic&prompt=login", ("api",), "prompt=login&", {"scope": ["api basic"], "prompt": ["login"]}),
        ("state=1&client_id=2&code_challenge=3&redirect_uri=4", (), "response_type=", {"client_id": ["our-client"]}),
        ("flag&x=1", (), "flag&x=1&", {"x": ["1"]}),
    ],
)
def test_rfc_6749_3_1_each_parameter_is_sent_once_and_the_endpoints_own_query_kept(
    own: str, scopes: tuple[str, ...], begins: str, expected: dict[str, list[str]]
) -> None:
    server = SERVER.model_copy(update={"authorization_endpoint": f"{ISSUER}/a?{own}"})
    query = urlsplit(request(scopes, server)[0].url).query
    values = parse_qs(query)
    assert query.startswith(begins)
    assert {name: values[name] for name in expected} == expected
    assert [name for name, given in values.items() if len(given) > 1] == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "state=",
        "code=c&state=STATEx",
        "code=c&state=STATEx&state=x",
        "code=c&state=wrong",
        "error=e&state=wrong",
        "state=\udcff",
    ],
)
def test_rfc_6749_10_12_a_response_without_our_state_says_nothing_at_all(query: str) -> None:
    assert callback(query) is None


@pytest.mark.parametrize(
    ("query", "description"),
    [
        ("code=c", ""),
        ("error=server_error", "server_error"),
        ("error=invalid_client&error_description=Unknown%20client%1b&state=", "invalid_client: Unknown client "),
    ],
)
def test_rfc_6749_4_1_2_a_response_without_any_state_is_quoted_and_used_for_nothing(
    query: str, description: str
) -> None:
    assert callback(query) == AuthorizationResponse("no_state", description)


@pytest.mark.parametrize(
    ("query", "repeated"),
    [
        ("code=c&code=d&state=STATE", "code"),
        ("code=c&state=STATE&state=STATE", "state"),
        ("code=c&state=other&state=STATE", "state"),
        (f"code=c&state=STATE&iss={ISSUER}&iss=https://evil.example", "iss"),
        ("error=access_denied&error=server_error&state=STATE", "error"),
    ],
)
def test_rfc_6749_3_1_a_response_with_a_parameter_twice_is_used_for_nothing(query: str, repeated: str) -> None:
    assert callback(query) == AuthorizationResponse("repeated", repeated)


@pytest.mark.parametrize(
    ("query", "promised", "meaning"),
    [
        ("code=c&state=STATE", False, AuthorizationResponse(code="c")),
        (f"code=c&state=STATE&iss={ISSUER}", True, AuthorizationResponse(code="c")),
        (f"code=c&state=STATE&iss={ISSUER}", False, AuthorizationResponse(code="c")),
        ("code=c&state=STATE", True, AuthorizationResponse("iss")),
        ("code=c&state=STATE&iss=https://evil.example", False, AuthorizationResponse("iss", "https://evil.example")),
        (f"code=c&state=STATE&iss={ISSUER}/", False, AuthorizationResponse("iss", f"{ISSUER}/")),
        ("error=access_denied&state=STATE", True, AuthorizationResponse("access_denied")),
        (
            "error=access_denied&state=STATE&iss=https://e.example",
            True,
            AuthorizationResponse("iss", "https://e.example"),
        ),
        (
            "error=server_error&error_description=a+b&code=c&state=STATE",
            False,
            AuthorizationResponse("server_error", "a b"),
        ),
        ("state=STATE", False, AuthorizationResponse("no_code")),
        ("code=c", False, AuthorizationResponse("no_state")),
        ("code=c&state=", True, AuthorizationResponse("no_state")),
        ("code=&state=STATE", False, AuthorizationResponse("no_code")),
        ("code=c&state=STATE&iss=%1b[2J", False, AuthorizationResponse("iss", " [2J")),
        ("error=%1b[2J&state=STATE", False, AuthorizationResponse(" [2J")),
    ],
)
def test_rfc_9207_2_4_a_wrong_issuer_is_fatal_and_a_missing_one_where_it_was_promised(
    query: str, promised: bool, meaning: object
) -> None:
    assert callback(query, SERVER.model_copy(update={"iss_in_response": promised})) == meaning


def test_rule_2_a_description_in_a_response_is_cut() -> None:
    failure = callback(f"error=x&error_description={'y' * 1000}&state=STATE")
    assert failure
    assert len(failure.description) == 300


def test_a_response_of_very_many_parameters_is_not_ours() -> None:
    assert callback("&".join(f"a{number}=1" for number in range(100)) + "&code=c&state=STATE") is None


@pytest.mark.parametrize(
    "pasted",
    [
        f"{REDIRECT}?code=c&state=s",
        f"  {REDIRECT}?code=c&state=s \r\n",
        f"{REDIRECT[:10]}\n{REDIRECT[10:]}?co\n de=c&state=s",
        "http://127.0.0.1:1/other?code=c&state=s#fragment",
        f' "{REDIRECT}?code=c&state=s"',
        f"<{REDIRECT}?code=c&state=s>",
    ],
)
def test_a_pasted_url_may_be_quoted_or_broken_over_lines(pasted: str) -> None:
    assert query_of_pasted(pasted) == "code=c&state=s"


@pytest.mark.parametrize("pasted", ["", "hello", "http://[abc", "\x00", "http://127.0.0.1:1"])
def test_what_is_no_url_has_no_query(pasted: str) -> None:
    assert query_of_pasted(pasted) == ""


# Tokens (RFC 6749 §4.1.3, §5, §6; RFC 7009)


def test_rfc_7636_4_5_the_exchange_proves_the_verifier_and_repeats_the_redirect() -> None:
    call = exchange(CLIENT)
    assert (call.url, call.method, call.headers) == (SERVER.token_endpoint, "POST", {})
    assert call.form == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": REDIRECT,
        "code_verifier": "the-verifier",
        "client_id": "our-client",
    }


def test_rfc_6749_6_a_refresh_sends_the_refresh_token_to_the_token_endpoint() -> None:
    call = refresh(CLIENT)
    assert call.url == SERVER.token_endpoint
    assert call.form == {"grant_type": "refresh_token", "refresh_token": "refresh-one", "client_id": "our-client"}


def test_rfc_6749_2_3_1_basic_credentials_are_form_encoded_before_they_are_joined() -> None:
    client = Client(client_id="id:1 ü", client_secret="a:b%2F+c d", auth_method="client_secret_basic")
    call = refresh(client)
    encoded = call.headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(encoded) == b"id%3A1+%C3%BC:a%3Ab%252F%2Bc+d"
    assert call.form == {"grant_type": "refresh_token", "refresh_token": "refresh-one"}


@pytest.mark.parametrize(
    ("method", "secret", "sent"),
    [
        ("client_secret_post", "s3cret", {"client_id": "i", "client_secret": "s3cret"}),
        ("none", "s3cret", {"client_id": "i"}),
        ("none", None, {"client_id": "i"}),
    ],
)
def test_a_client_identifies_as_it_was_registered(method: str, secret: str | None, sent: dict[str, str]) -> None:
    call = refresh(Client(client_id="i", client_secret=secret, auth_method=method))
    assert not call.headers
    assert call.form is not None
    assert {name: value for name, value in call.form.items() if name.startswith("client")} == sent


@pytest.mark.parametrize("refresh", ["r", None])
def test_rfc_7009_2_1_both_tokens_are_revoked_the_refresh_token_first(refresh: str | None) -> None:
    calls = revoke_requests(SERVER, CLIENT, Tokens(access_token="a", refresh_token=refresh, obtained_at=0.0))
    tokens = {"refresh_token": refresh, "access_token": "a"}
    assert [(call.url, call.form) for call in calls] == [
        (SERVER.revocation_endpoint, {"token": token, "token_type_hint": hint, "client_id": "our-client"})
        for hint, token in tokens.items()
        if token
    ]


def test_nothing_is_revoked_where_the_server_has_no_way_to() -> None:
    server = SERVER.model_copy(update={"revocation_endpoint": None})
    assert revoke_requests(server, CLIENT, Tokens(access_token="a", obtained_at=0.0)) == []


def test_granted_tokens_are_kept_with_their_absolute_end() -> None:
    verdict = read_tokens("refresh", answer({**TOKEN, "refresh_token": "r", "scope": "a b", "id_token": "i"}), NOW)
    assert verdict == Granted(
        Tokens(access_token="access-one", refresh_token="r", scope="a b", obtained_at=NOW, expires_at=NOW + 3600), "i"
    )


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [
        (3600, 3600),
        (1.5, 1.5),
        ("3600", 3600),
        ("3600.0", 3600),
        (0, None),
        (-5, None),
        (1e12, None),
        (10**400, None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        (None, None),
        (True, None),
        ([], None),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_lifetime_is_read_as_servers_write_it_and_nonsense_means_until_rejected(
    expires_in: object, lifetime: float | None
) -> None:
    assert granted({**TOKEN, "expires_in": expires_in}).expires_at == (NOW + lifetime if lifetime else None)


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER", "", None])
def test_rfc_6749_5_1_the_token_type_is_compared_without_case(kind: object) -> None:
    assert granted({**TOKEN, "token_type": kind}).access_token == "access-one"


@pytest.mark.parametrize("kind", ["mac", "DPoP", "access_token"])
def test_rfc_6749_7_1_a_token_of_another_type_is_not_used(kind: str) -> None:
    verdict = read_tokens("refresh", answer({**TOKEN, "token_type": kind}), NOW)
    assert isinstance(verdict, Rejection)
    assert verdict.meaning is Meaning.MISCONFIGURED


def test_rfc_6749_6_what_a_refresh_leaves_out_stays_as_it_was() -> None:
    previous = Tokens(access_token="old", refresh_token="old-refresh", scope="a b", obtained_at=0.0)
    kept = granted(TOKEN, previous)
    assert (kept.access_token, kept.refresh_token, kept.scope) == ("access-one", "old-refresh", "a b")
    changed = granted({**TOKEN, "refresh_token": "new", "scope": "a"}, previous)
    assert (changed.refresh_token, changed.scope) == ("new", "a")
    assert granted(TOKEN).refresh_token is None


@pytest.mark.parametrize("scope", ["a b", " a  b ", "a,b", "a, b", ["a", "b"], ["a b"], ["a", 5, "b"]])
def test_granted_scopes_are_read_as_servers_write_them(scope: object) -> None:
    assert granted({**TOKEN, "scope": scope}).scope == "a b"


@pytest.mark.parametrize("token", ["", "a\nX-Evil: 1", "a b\r\n", "a\x00", "\ud800abc", "käse", "a\x7f"], ids=ascii)
@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_rfc_6749_a_12_a_token_that_no_header_could_carry_is_no_token(name: str, token: str) -> None:
    previous = Tokens(access_token="old", refresh_token="old-refresh", obtained_at=0.0)
    verdict = read_tokens("refresh", answer({**TOKEN, name: token}), NOW, previous)
    if name == "refresh_token" and not token:
        assert isinstance(verdict, Granted)
        assert verdict.tokens.refresh_token == "old-refresh"
    else:
        assert isinstance(verdict, Rejection)
        assert token.strip() not in verdict.reason.split()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (answer({"error": "invalid_grant", "error_description": "gone"}, 400), "invalid_grant"),
        (answer({"error": "invalid_client"}, 401), "invalid_client"),
        (answer({"error": "invalid_grant"}, 200), "invalid_grant"),
    ],
)
def test_rfc_6749_5_2_an_error_code_is_a_no(given: Response, error: str) -> None:
    verdict = read_tokens("refresh", given, NOW)
    assert isinstance(verdict, Rejection)
    assert verdict.error == error


@pytest.mark.parametrize(
    "given",
    [
        answer(None),
        answer({}),
        answer({"detail": "throttled"}),
        answer({"ok": True}),
        answer({"access_token": 5}),
        answer({"access_token": None}),
        answer(None, 204),
        answer(TOKEN, 307),
        answer(TOKEN, 302),
        answer(None, 308),
        answer({"error": "ratelimited"}),
        answer(None, 403),
        answer(None, 404),
        answer({"error": "invalid_grant"}, 429),
        answer({"error": "invalid_grant"}, 500),
        answer({"error": "invalid_client"}, 503),
        answer(TOKEN, 500),
    ],
    ids=repr,
)
def test_a_response_that_may_be_a_passing_failure_ends_no_sign_in(given: Response) -> None:
    verdict = read_tokens("refresh", given, NOW)
    assert isinstance(verdict, Rejection)
    assert verdict.meaning is Meaning.LATER


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("7", 7.0), ("Fri, 15 Jan 2027 08:00:30 GMT", 30.0), ("Fri, 20 Nov 2026 18:00:00 GMT", 0.0), ("-1", None)],
)
def test_the_time_to_wait_is_taken_from_retry_after(retry_after: str, seconds: float | None) -> None:
    verdict = read_tokens("refresh", answer({}, 429, retry_after=retry_after), NOW)
    assert isinstance(verdict, Rejection)
    assert verdict.retry_after == seconds


def test_rule_2_an_error_description_is_cut() -> None:
    verdict = read_tokens("refresh", answer({"error": "e", "error_description": "x" * 1000}, 400), NOW)
    assert isinstance(verdict, Rejection)
    assert len(verdict.description) == 300


@pytest.mark.parametrize(
    ("age", "lifetime", "usable"),
    [
        (0, 3600, True),
        (3539, 3600, True),
        (3541, 3600, False),
        (0, 30, True),
        (26.9, 30, True),
        (27.1, 30, False),
        (9_999_999, None, True),
        (-299, 3600, True),
        (-301, 3600, False),
        (-301, None, True),
        (-86_400, 3600, False),
    ],
)
def test_a_token_is_used_until_a_little_before_its_end_and_a_jumped_clock_is_not_believed(
    age: float, lifetime: float | None, usable: bool
) -> None:
    end = NOW + lifetime if lifetime else None
    tokens = Tokens(access_token="a", obtained_at=NOW, expires_at=end)
    assert is_usable(tokens, NOW + age) is usable
    assert not is_usable(None, NOW)


# id_tokens (OpenID Connect Core §3.1.3.7)

KEY = RSAKey.generate_key(2048, {"kid": "one"})
OTHER = RSAKey.generate_key(2048, {"kid": "one"})
CURVE = ECKey.generate_key("P-256", {"kid": "curve"})


def claims(**changes: object) -> dict[str, Any]:
    now = int(time.time())
    body = {"iss": ISSUER, "aud": "our-client", "sub": "alice", "exp": now + 300, "iat": now, "nonce": "n", **changes}
    return {name: value for name, value in body.items() if value is not None}


def token(key: RSAKey | ECKey | OctKey = KEY, algorithm: str = "RS256", kid: str = "one", **changes: Any) -> str:
    return jwt.encode({"alg": algorithm, "kid": kid}, claims(**changes), key, algorithms=[algorithm])


def keys(*given: RSAKey | ECKey | OctKey) -> Response:
    return answer({"keys": [key.as_dict(private=False) for key in given]})


def checked(
    id_token: str, published: Response | None = None, nonce: str | None = "n", **server: Any
) -> Mapping[str, Any]:
    return checked_claims(
        id_token, published or keys(KEY, CURVE), SERVER.model_copy(update=server), "our-client", nonce
    )


def unsigned(algorithm: str) -> str:
    """A token without a signature, up to and with its last dot."""
    parts = [json.dumps({"alg": algorithm, "kid": "one"}), json.dumps(claims())]
    return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + "."


def confused() -> str:
    """Signed with the public key as if it were a shared secret."""
    signed = unsigned("HS256")
    digest = hmac.digest(KEY.as_pem(private=False), signed[:-1].encode(), "sha256")
    return signed + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_a_good_id_token_says_who_signed_in() -> None:
    assert checked(token())["sub"] == "alice"
    assert checked(token(aud=["our-client"]))["sub"] == "alice"
    assert checked(token(aud=["our-client", "b"], azp="our-client"))["sub"] == "alice"
    assert checked(token(nonce=None), nonce=None)["sub"] == "alice"
    assert checked(token(CURVE, "ES256", "curve"), signing_algorithms=("ES256",))["sub"] == "alice"


@pytest.mark.parametrize("ahead", [-3600, -300, -60, 0, 60, 120, 300, 86_400])
def test_a_server_whose_clock_differs_by_minutes_or_is_ahead_is_believed(ahead: int) -> None:
    now = int(time.time()) + ahead
    assert checked(token(iat=now, exp=now + 3600))["sub"] == "alice"


@pytest.mark.parametrize(
    ("times", "minutes"), [({"iat": -7200, "exp": -3600}, 120), ({"iat": 0, "nbf": 1200, "exp": 3600}, 20)]
)
def test_a_clock_that_is_wrong_is_named(times: dict[str, Any], minutes: int) -> None:
    now = int(time.time())
    with pytest.raises(WrongClockError) as caught:
        checked(token(**{name: now + seconds for name, seconds in times.items()}))
    assert str(caught.value) == f"the clocks of this machine and of {ISSUER} differ by {minutes} minutes"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": None},
        {"aud": []},
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"iat": None},
        {"iat": 9_999_999_999},
        {"sub": None},
        {"nonce": "another"},
        {"nonce": None},
        {"aud": ["our-client", "b"]},
        {"aud": ["our-client", "b"], "azp": "b"},
    ],
    ids=str,
)
def test_openid_core_3_1_3_7_a_wrong_claim_is_not_believed(changes: dict[str, Any]) -> None:
    with pytest.raises(IdTokenError):
        checked(token(**changes))


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("algorithms", [("RS256",), ("HS256",), ("none",), (), ("HS256", "none")], ids=str)
@pytest.mark.parametrize("forged", [lambda: unsigned("none"), lambda: unsigned("NONE"), confused], ids=["n", "N", "hs"])
def test_rfc_8725_3_1_neither_no_signature_nor_the_public_key_as_a_secret_passes(
    forged: Callable[[], str], algorithms: tuple[str, ...]
) -> None:
    with pytest.raises(IdTokenError):
        checked(forged(), signing_algorithms=algorithms)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_server_that_publishes_a_shared_secret_is_not_believed_either() -> None:
    shared = OctKey.import_key("a-secret-that-is-published-by-mistake", {"kid": "one"})
    with pytest.raises(IdTokenError):
        checked(token(shared, "HS256"), answer({"keys": [shared.as_dict()]}), signing_algorithms=("HS256",))


def test_another_key_an_unknown_one_and_an_algorithm_that_was_not_promised_are_rejected() -> None:
    for forged in (token(OTHER), token(kid="unknown"), token(CURVE, "ES256", "curve"), token()[:-8] + "AAAAAAAA"):
        with pytest.raises(IdTokenError):
            checked(forged)


@pytest.mark.parametrize(
    "text", ["", "a", "a.b.c", "....", "\ud800", "é.é.é", "a" * 100_000], ids=lambda t: ascii(t)[:9]
)
def test_what_is_no_id_token_is_not_verified(text: str) -> None:
    with pytest.raises(IdTokenError):
        checked(text)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "published",
    [
        "null",
        "{}",
        '{"keys": []}',
        '{"keys": {}}',
        '{"keys": [1, null, "x", []]}',
        '{"keys": [{"kty": "RSA", "n": "", "e": ""}]}',
    ],
)
def test_without_usable_keys_nothing_is_verified(published: str) -> None:
    with pytest.raises(IdTokenError):
        checked(token(), answer(json.loads(published)))


def test_rule_1_what_is_wrong_with_an_id_token_is_reported_without_it() -> None:
    forged = token(OTHER)
    with pytest.raises(IdTokenError) as caught:
        checked(forged)
    assert forged not in str(caught.value)
    assert forged.split(".")[1] not in str(caught.value)


def test_the_keys_are_fetched_again_for_each_sign_in_so_that_new_ones_are_known(
    service: Service, wire: HttpClient
) -> None:
    server = SERVER.model_copy(update={"jwks_uri": f"{service.url}/keys"})
    for key in (OTHER, KEY):
        service.routes["/keys"] = Reply({"keys": [key.as_dict(private=False)]})
        assert verify(token(key), server, "our-client", "n", wire)["sub"] == "alice"
    service.routes["/keys"] = Reply({"keys": [KEY.as_dict(private=False)]}, 500)
    for unusable in (server, server.model_copy(update={"jwks_uri": None})):
        with pytest.raises(IdTokenError, match="keys"):
            verify(token(), unusable, "our-client", "n", wire)


# Challenges (RFC 6750 §3.1)


@pytest.mark.parametrize(
    ("challenge", "scope"),
    [
        ('Bearer realm="a", error="insufficient_scope", scope="products:write"', "products:write"),
        ('Bearer error=insufficient_scope, scope="a b"', "a b"),
        ('Bearer scope="a", error="insufficient_scope"', "a"),
        ('Bearer scope="a,b"', "a b"),
        ('Bearer error="insufficient_scope"', ""),
        ('Bearer error="invalid_token", scope="a"', "a"),
        ('Bearer error="insufficient_scope", scope=""', ""),
        ('Bearer error="insufficient_scope", scope="a\\"b"', ""),
        (f'Bearer error="insufficient_scope", scope="{"a" * 201} b"', "b"),
        (f'Bearer scope="{" ".join(f"scope-{n}" for n in range(200))}"', " ".join(f"scope-{n}" for n in range(200))),
        (
            'Bearer scope="qr:generate", resource_metadata="https://h/.well-known/oauth-protected-resource"',
            "qr:generate",
        ),
        ('Bearer resource_metadata="https://h/.well-known/oauth-protected-resource"', ""),
        ('Bearer error="invalid_token", scope="a", resource_metadata="https://h/m"', "a"),
        ('Bearer error_description="no", scope="a"', "a"),
        ('Basic realm="insufficient_scope"', ""),
        ("", ""),
    ],
)
def test_rfc_6750_3_1_the_missing_scope_is_what_the_challenge_names(challenge: str, scope: str) -> None:
    assert read_challenge(challenge, httpx2.URL("https://h/a")).scope == scope


def test_rfc_9110_5_6_4_a_quoted_pair_is_its_character() -> None:
    challenge = read_challenge(r'Bearer error_description="not \"a\\b\""', httpx2.URL("https://h/a"))
    assert challenge.description == r'not "a\b"'


def test_no_challenge_names_no_scope() -> None:
    assert read_challenge("", httpx2.URL("https://h/a")).scope == ""


# The browser


def test_a_browser_that_cannot_be_started_is_reported_as_not_opened() -> None:
    assert opener(None)("http://127.0.0.1:1/") is False
    assert opener("/no/such/program %s")("http://127.0.0.1:1/") is False


def test_rule_1_a_browser_is_not_given_the_secrets_in_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_SECRET", "s3cret-one")
    shown = tmp_path / "environment"
    script = tmp_path / "browser.sh"
    script.write_text(f"#!/bin/sh\nenv > {shown}\n")
    script.chmod(0o700)
    assert opener(str(script), {"PATH": "/bin:/usr/bin", "X_OTHER": "1"})("http://127.0.0.1:1/") is True
    assert "X_OTHER" in shown.read_text()
    assert "OUR_SECRET" not in shown.read_text()


def test_a_browser_setting_that_is_no_command_is_reported_as_not_opened() -> None:
    assert opener('firefox "%s')("http://127.0.0.1:1/") is False
