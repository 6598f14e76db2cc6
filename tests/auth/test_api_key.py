"""Credentials: where they go, where they never go, and the message when one is refused."""

from __future__ import annotations

import copy
import logging
import pickle
import zlib

import httpx2
import pytest

from closient_mcp.auth.api_key import ApiKeyAuth, KeyLocation
from closient_mcp.auth.errors import UserActionRequired
from closient_mcp.auth.secrets.redaction import MASK, Redaction, Secret
from closient_mcp.auth.secrets.references import literal
from closient_mcp.auth.urls import may_send_to
from closient_mcp.server.settings.presets.closient_keys import KEY_HINTS, key_fault

ORIGIN = "https://www.example.com"
BODY = "a1B2c3D4" * 4
KEY = f"csb_{BODY}_{zlib.crc32(BODY.encode()):08x}"


def auth() -> ApiKeyAuth:
    reference = literal(KEY, "CLOSIENT_API_KEY")
    origins = frozenset({ORIGIN})
    return ApiKeyAuth(
        "closient",
        reference,
        location="header",
        name="X-API-Key",
        origins=origins,
        redaction=Redaction(),
        hints=KEY_HINTS,
    )


async def send(auth: httpx2.Auth, url: str, status: int = 200, may_ask: bool = True) -> list[httpx2.Request]:
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(status)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer), auth=auth) as client:
        await client.get(url, extensions={"may_ask": may_ask})
    return sent


async def test_the_key_goes_along_to_its_own_origin() -> None:
    assert (await send(auth(), f"{ORIGIN}/a"))[0].headers["x-api-key"] == KEY


@pytest.mark.parametrize(
    ("location", "name", "is_allowed"),
    [
        ("header", "Authorization", True),
        ("header", "X-API-Key", False),
        ("basic", "authorization", False),
        ("query", "Authorization", False),
    ],
)
async def test_only_an_authorization_header_may_have_a_scheme_before_its_key(
    location: KeyLocation, name: str, is_allowed: bool
) -> None:
    redaction = Redaction()
    key = literal("Token the-long-key", "ACME_KEY")
    made = ApiKeyAuth("acme", key, location=location, name=name, origins=frozenset({ORIGIN}), redaction=redaction)
    if not is_allowed:
        with pytest.raises(UserActionRequired, match="contains a space"):
            await send(made, f"{ORIGIN}/a")
        return
    (request,) = await send(made, f"{ORIGIN}/a")
    assert request.headers["authorization"] == "Token the-long-key"
    assert "the-long-key" not in redaction.hide("the-long-key")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a",
        "https://www.example.com:8443/a",
        "http://www.example.com/a",
        "https://www.example.com.evil.example/a",
        "https://evil.example/www.example.com",
    ],
)
async def test_rule_1_the_key_goes_nowhere_else(url: str) -> None:
    assert "x-api-key" not in (await send(auth(), url))[0].headers


@pytest.mark.parametrize(
    ("url", "origin", "may"),
    [
        ("https://h/a", "https://h", True),
        ("https://h:443/a", "https://h", True),
        ("https://h:444/a", "https://h", False),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000", True),
        ("http://[::1]:8000/a", "http://[::1]:8000", True),
        ("http://127.0.0.2:8000/a", "http://127.0.0.2:8000", True),
        ("https://bücher.example/a", "https://xn--bcher-kva.example", True),
        ("http://localhost:8000/a", "http://127.0.0.1:8000", False),
        ("http://h/a", "http://h", False),
    ],
)
def test_rule_1_a_credential_belongs_to_an_origin_and_to_https_or_this_machine(
    url: str, origin: str, may: bool
) -> None:
    assert may_send_to(httpx2.URL(url), frozenset({origin})) is may


async def test_a_rejected_key_is_identified_by_its_ending_and_never_tried_again() -> None:
    with pytest.raises(UserActionRequired) as caught:
        await send(auth(), f"{ORIGIN}/a", status=401)
    assert caught.value.message == f"www.example.com rejected the API key ending in …{KEY[-4:]} (401)."
    assert "environment" in caught.value.next_step
    assert KEY not in str(vars(caught.value))


async def test_what_the_service_says_of_a_rejected_key_is_quoted() -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(401, json={"detail": "Key revoked on 3 May"}))
    async with httpx2.AsyncClient(transport=transport, auth=auth()) as client:
        with pytest.raises(UserActionRequired, match='It says: "Key revoked on 3 May"'):
            await client.get(f"{ORIGIN}/a")


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        (KEY, ""),
        ("abc", "two underscores"),
        (f"csb_{BODY}", "two underscores"),
        (f"csb_{BODY}_123", "eight hexadecimal digits"),
        (f"csb_{BODY}_00000000", "checksum does not match"),
    ],
)
def test_what_is_visibly_wrong_with_a_key_is_reported(key: str, fault: str) -> None:
    assert fault in key_fault(key)
    assert bool(fault) == bool(key_fault(key))


def test_rule_1_a_secret_shows_itself_to_no_one() -> None:
    secret = Secret("very-secret-value")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>30}", f"{secret}", repr(auth()), repr([secret])]
    assert all("very-secret" not in text and KEY not in text for text in shown)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.copy(secret)


def test_rule_1_a_known_secret_is_taken_out_of_text_also_as_urls_and_json_write_it() -> None:
    redaction = Redaction()
    redaction.add(Secret('s3cret/with+signs"quoted'))
    text = 'a s3cret/with+signs"quoted b s3cret%2Fwith%2Bsigns%22quoted c s3cret/with+signs\\"quoted d'
    assert redaction.hide(text) == f"a {MASK} b {MASK} c {MASK} d"


def test_rule_1_a_secret_that_begins_another_does_not_leave_the_rest_of_it() -> None:
    redaction = Redaction()
    for value in ("abcdef", "abcdefghij", "abcdefgh"):
        redaction.add(Secret(value))
    assert redaction.hide("x abcdefghij y") == f"x {MASK} y"


def test_rule_1_of_a_short_secret_not_even_the_ending_is_shown() -> None:
    assert (Secret("fifteen-letters").ending, Secret("sixteen--letters").ending) == ("", "ters")


def test_a_value_too_short_to_be_a_secret_is_not_looked_for() -> None:
    redaction = Redaction()
    redaction.add(Secret("ab"))
    assert redaction.hide("absolutely") == "absolutely"


def test_rule_1_no_log_line_holds_a_secret_not_even_in_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    from closient_mcp.server.process.logs import start_log

    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        start_log("debug", None).add(Secret(KEY))
        try:
            raise ValueError(KEY)
        except ValueError:
            logging.getLogger("x").exception("failed with %s", KEY)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    printed = capsys.readouterr().err
    assert "failed with [secret]" in printed
    assert "ValueError: [secret]" in printed
    assert KEY not in printed


@pytest.mark.parametrize(
    ("challenge", "may_ask", "message"),
    [
        (
            'Bearer error="insufficient_scope", scope="a:write"',
            True,
            'lacks the scope "a:write", which www.example.com',
        ),
        ('Bearer error="insufficient_scope"', True, "lacks a scope, which www.example.com"),
        ('Bearer error="insufficient_scope", scope="a:write"', False, ""),
        ("", True, ""),
    ],
)
async def test_a_key_without_a_scope_is_reported_and_no_sign_in_is_advised(
    challenge: str, may_ask: bool, message: str
) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(403, json={"detail": "This is for owners."}, headers={"www-authenticate": challenge})

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer), auth=auth()) as client:
        request = client.build_request("POST", f"{ORIGIN}/a", extensions={"may_ask": may_ask})
        if not message:
            assert (await client.send(request)).status_code == 403
            return
        with pytest.raises(UserActionRequired) as caught:
            await client.send(request)
    error = f"{caught.value} {caught.value.next_step}"
    assert message in error
    assert "This is for owners." in error
    assert "Or remove the key (CLOSIENT_API_KEY) and sign in" in error
    assert KEY not in error
