"""API keys and other secrets: fetched from their place at first use, sent where the settings say, shown nowhere."""

from __future__ import annotations

import asyncio
import base64
import logging
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote, quote_plus

import httpx2
import pytest

from closient_mcp.auth.api_key import ApiKeyAuth, KeyLocation
from closient_mcp.auth.errors import UserActionRequired
from closient_mcp.auth.secrets.redaction import Redaction, Secret
from closient_mcp.auth.secrets.references import (
    SecretError,
    SecretReference,
    from_command,
    from_environment,
    from_keyring,
    literal,
)

from ...fakes.limits import SECONDS
from ...fakes.service import Reply, Service, running_service

KEY = "api_key+with/odd=1"


def key_auth(
    service: Service, location: KeyLocation, reference: SecretReference | None = None, **changes: Any
) -> ApiKeyAuth:
    given: dict[str, Any] = {
        "location": location,
        "name": "" if location == "basic" else "key",
        "origins": frozenset({service.url}),
        "redaction": Redaction(),
    }
    return ApiKeyAuth("acme", reference or literal(KEY, "ACME_KEY"), **{**given, **changes})


async def call(auth: ApiKeyAuth, url: str) -> httpx2.Response:
    async with httpx2.AsyncClient(auth=auth, verify=False, trust_env=False) as client:
        return await client.get(url)


@pytest.fixture
def acme(service: Service) -> Service:
    service.routes["/a"] = Reply({})
    return service


async def test_a_key_goes_in_the_header_that_is_named(acme: Service) -> None:
    await call(key_auth(acme, "header", name="X-Acme-Key"), f"{acme.url}/a?b=c")
    (got,) = acme.received
    assert (got.headers["x-acme-key"], got.query) == (KEY, "b=c")
    assert "authorization" not in got.headers


async def test_rfc_7617_a_key_goes_as_the_username_with_an_empty_password(acme: Service) -> None:
    await call(key_auth(acme, "basic", literal("yourapikey", "K")), f"{acme.url}/a")
    assert acme.received[0].headers["authorization"] == "Basic eW91cmFwaWtleTo="


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "key=api_key%2Bwith%2Fodd%3D1"),
        ("?b=c&b=d%20e", "b=c&b=d%20e&key=api_key%2Bwith%2Fodd%3D1"),
        ("?key=mine&b=c", "b=c&key=api_key%2Bwith%2Fodd%3D1"),
    ],
)
async def test_a_key_goes_in_the_query_beside_what_is_there(acme: Service, before: str, after: str) -> None:
    await call(key_auth(acme, "query"), f"{acme.url}/a{before}")
    assert acme.received[0].query == after


@pytest.mark.parametrize("location", ["header", "basic", "query"])
async def test_rule_1_a_key_goes_to_no_other_origin(acme: Service, location: KeyLocation) -> None:
    with running_service({"/a": Reply({}, 401)}) as other:
        assert (await call(key_auth(acme, location), f"{other.url}/a")).status_code == 401
        (got,) = other.received
    assert got.query == ""
    assert not {"authorization", "key"} & set(got.headers)


async def test_rule_1_a_key_in_the_query_is_in_no_log_no_response_and_no_error(
    acme: Service, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (None, "httpx2", "httpcore2"):
        caplog.set_level(logging.DEBUG, name)
    auth = key_auth(acme, "query")
    response = await call(auth, f"{acme.url}/a?b=c")
    shown = [str(response.url), str(response.request.url), repr(response), repr(auth)]
    acme.routes["/a"] = Reply({}, 401)
    with pytest.raises(UserActionRequired) as refused:
        await call(auth, f"{acme.url}/a")
    with pytest.raises(httpx2.ConnectError) as unreachable:
        await call(key_auth(acme, "query", origins=frozenset({"http://127.0.0.1:9"})), "http://127.0.0.1:9/a")
    shown += [str(vars(refused.value)), str(unreachable.value), str(unreachable.value.request.url), caplog.text]
    assert str(response.url).endswith("?b=c")
    assert "HTTP Request: GET" in caplog.text
    for form in (KEY, "api_key%2Bwith%2Fodd%3D1"):
        assert not [text for text in shown if form in text]


@pytest.mark.parametrize(
    "spelling",
    [
        "Sekret/Key+9=ab~c%d",
        "Sekret%2FKey%2B9%3Dab~c%25d",
        "Sekret%2fKey%2b9%3dab~c%25d",
        "Sekret/Key%2B9%3Dab~c%25d",
        "Sekret%2FKey%2B9%3Dab%7Ec%25d",
        r"Sekret\u002fKey\u002b9\u003dab\u007ec\u0025d",
        r"Sekret\u002FKey\u002B9\u003Dab~c%d",
        r"Sekret\/Key+9=ab~c%d",
        "U2VrcmV0L0tleSs5PWFifmMlZA==",
        "U2VrcmV0L0tleSs5PWFifmMlZDo=",
        "Sekret&#x2f;Key&#x2b;9&#x3d;ab&#x7e;c&#x25;d",
        "Sekret&#x002F;Key&#043;9&equals;ab~c&percnt;d",
        "Sekret&sol;Key&plus;9&equals;ab~c&percnt;d",
        "Sekret%252FKey%252B9%253Dab~c%2525d",
        r"Sekret\x2fKey\x2b9\x3dab\x7ec\x25d",
        r"Sekret\\u002fKey\\u002b9\\u003dab~c%d",
        r"Sekret\\/Key+9=ab~c%d",
        r"Sekret\u{2f}Key\u{2b}9\u{3d}ab~c%d",
        "Sekret=2FKey=2B9=3Dab~c%d",
        "Sekret&#47;Key&#43;9&#61;ab~c&#37;d",
        "Sekret&amp;#x2f;Key&amp;plus;9&amp;amp;#61;ab~c%d",
    ],
)
def test_rule_1_a_secret_is_hidden_in_every_encoding(spelling: str) -> None:
    redaction = Redaction()
    redaction.add(Secret("Sekret/Key+9=ab~c%d"))
    assert redaction.hide(f"key {spelling} given") == "key [secret] given"


@pytest.mark.parametrize("before", ["a:", "id:", "abc:"])
def test_rule_1_a_secret_is_hidden_behind_other_text_in_base64(before: str) -> None:
    redaction, secret = Redaction(), "p\u00e4ss w\u00f6rd?>~"
    redaction.add(Secret(secret))
    for content in (before + secret, before + quote_plus(secret)):
        for encoded in (base64.b64encode(content.encode()), base64.urlsafe_b64encode(content.encode())):
            for text in (encoded.decode(), quote(encoded.rstrip(b"="), safe=""), encoded.decode().replace("/", r"\/")):
                hidden = redaction.hide(text)
                assert hidden.endswith("[secret]")
                assert len(hidden) < 16


def test_rule_1_a_secret_in_use_is_hidden_whatever_came_after_it() -> None:
    redaction, in_use = Redaction(), Secret("the key in use")
    redaction.add(in_use)
    for number in range(150):
        redaction.add(Secret(f"token number {number}"))
    shown = redaction.hide("the key in use, token number 0, token number 149")
    assert shown == "[secret], token number 0, [secret]"  # replaced tokens are forgotten, so that hiding stays fast


def test_tokens_that_are_in_no_text_take_little_memory() -> None:
    redaction, tokens = Redaction(), [Secret(f"token{number:03}" * 100) for number in range(300)]
    tracemalloc.start()
    try:
        while tokens:
            redaction.add(tokens.pop())
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1_000_000  # of a hundred tokens of 800 characters
    assert redaction.hide("token000" * 100) == "[secret]"


def test_rule_1_a_secret_with_two_holders_is_hidden_until_neither_is_left() -> None:
    redaction, first, second = Redaction(), Secret("the shared key"), Secret("the shared key")
    for holder in (first, second):
        redaction.add(holder)
    del first, holder
    for number in range(150):
        redaction.add(Secret(f"token number {number}"))
    assert redaction.hide("the shared key") == "[secret]"
    del second
    redaction.add(Secret("one more token"))
    assert redaction.hide("the shared key") == "the shared key"


async def test_rule_1_both_a_key_and_what_basic_makes_of_it_are_hidden(acme: Service) -> None:
    redaction = Redaction()
    await call(key_auth(acme, "basic", redaction=redaction), f"{acme.url}/a")
    encoded = base64.b64encode(f"{KEY}:".encode()).decode()
    assert redaction.hide(f"{KEY} {encoded}") == "[secret] [secret]"


@pytest.mark.parametrize("location", ["header", "basic", "query"])
async def test_a_rejected_key_is_sent_once_and_reported(acme: Service, location: KeyLocation) -> None:
    acme.routes["/a"] = Reply({}, 401)
    with pytest.raises(UserActionRequired, match="rejected the API key"):
        await call(key_auth(acme, location), f"{acme.url}/a")
    assert len(acme.received) == 1


async def test_the_form_of_closients_keys_is_asked_of_no_other_system(acme: Service) -> None:
    acme.routes["/a"] = Reply({}, 401)
    with pytest.raises(UserActionRequired) as refused:
        await call(key_auth(acme, "header", name="X-API-Key"), f"{acme.url}/a")
    assert "Closient" not in refused.value.message


async def test_a_key_is_fetched_once_at_the_first_request_and_off_the_event_loop(acme: Service) -> None:
    opened: list[bool] = []

    def read() -> str:
        opened.append(threading.current_thread() is threading.main_thread())
        return KEY

    auth = key_auth(acme, "header", SecretReference("a place", read))
    assert opened == []
    await asyncio.gather(*[call(auth, f"{acme.url}/a") for _ in range(5)])
    assert opened == [False]


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (from_environment("ACME_KEY", {}), "ACME_KEY is not set"),
        (literal("${ACME_KEY}", "the setting"), "placeholder"),
        (literal("two words", "the setting"), "the setting contains a space"),
        (literal("schlüssel", "the setting"), "the setting contains a space or a character"),
    ],
)
async def test_a_key_that_cannot_be_had_or_sent_is_reported_with_its_place_and_nothing_is_sent(
    acme: Service, reference: SecretReference, reason: str
) -> None:
    with pytest.raises(UserActionRequired, match=reason) as caught:
        await call(key_auth(acme, "header", reference), f"{acme.url}/a")
    assert caught.value.next_step
    assert acme.received == []
    assert "two words" not in str(vars(caught.value))


# Where secrets are kept


def opened(reference: SecretReference) -> str:
    return reference.open(Redaction()).reveal()


def refusal(reference: SecretReference) -> str:
    with pytest.raises(SecretError) as caught:
        opened(reference)
    return f"{caught.value} {caught.value.next_step}"


@pytest.mark.parametrize(
    "text", ["s3cret-one", "  s3cret-one\r\n", '"s3cret-one"', "'s3cret-one'", "\ufeffs3cret-one", "\ufeff s3cret-one"]
)
def test_a_secret_is_without_what_people_paste_around_it(text: str) -> None:
    assert opened(literal(text, "a place")) == "s3cret-one"


@pytest.mark.parametrize(
    "text",
    [
        "pa${ss$word",
        "$ecret_1",
        "$SECRET",
        "50%_OFF%",
        "a<b>",
        "<",
        "wait...",
        "yours",
        "your_cat",
        "csb_a_...b",
        "{a:b}",
    ],
)
def test_a_secret_may_look_a_little_like_a_placeholder(text: str) -> None:
    assert opened(literal(text, "K")) == text


@pytest.mark.parametrize(
    "text",
    [
        "${SECRET}", "x${input:key}", "${user_config.key}", "${env:SECRET}", "{env:SECRET}", "{file:~/key}",
        "{{secret}}", "$CLOSIENT_API_KEY", "%CLOSIENT_API_KEY%", "<your key>", "<API_KEY>", "csb_...", "oa2client_…",
        "...", "YOUR_API_KEY", "your-secret-here", "Your token", "insert your key here", '"${SECRET}"',
    ],
)  # fmt: skip
def test_a_placeholder_is_not_used_as_a_secret(text: str) -> None:
    assert refusal(literal(text, "a place")) == "a place still contains a placeholder Put the real value there."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a place is empty"),
        (' "" ', "a place is empty"),
        ("one\ntwo", "a line break"),
        ("one\x00two", "a line break or an unprintable character"),
        ("x" * 16_385, "a line break or an unprintable character"),
    ],
)
def test_what_is_no_secret_is_rejected_by_its_place_and_not_shown(text: str, reason: str) -> None:
    reply = refusal(literal(text, "a place"))
    assert reason in reply
    assert "xxx" not in reply
    assert "two" not in reply


def test_rule_1_a_reference_shows_its_place_and_hides_its_secret_once_it_is_open() -> None:
    reference, redaction = literal("s3cret-one", "a place"), Redaction()
    assert redaction.hide("s3cret-one") == "s3cret-one"
    reference.open(redaction)
    assert redaction.hide("s3cret-one") == "[secret]"
    assert "s3cret" not in repr(reference)
    other = Redaction()
    reference.open(other)
    assert other.hide("s3cret-one") == "[secret]"


def test_a_variable_of_the_environment_is_read_when_it_is_needed() -> None:
    environ: dict[str, str] = {}
    reference = from_environment("A", environ)
    assert "A is not set" in refusal(reference)
    environ["A"] = "s3cret-one"
    assert opened(reference) == "s3cret-one"


def test_rule_1_a_command_is_not_given_the_secrets_in_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_SECRET", "s3cret-one")
    code = "import os; print(*sorted(name for name in os.environ if name in ('OUR_SECRET', 'X_OTHER', 'PATH')))"
    assert opened(from_command([sys.executable, "-c", code], {"PATH": "/bin", "X_OTHER": "1"})) == "PATH X_OTHER"


def test_a_command_is_run_once_without_a_shell_and_what_it_prints_is_the_secret(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    code = f"import sys; open({str(journal)!r}, 'a').write('x'); print(sys.argv[1])"
    reference = from_command([sys.executable, "-c", code, "$HOME;`id`"])
    assert [opened(reference) for _ in range(2)] == ["$HOME;`id`"] * 2
    assert journal.read_text() == "x"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ([sys.executable, "-c", "import sys; print('s3cret-one'); sys.exit(3)"], "exit code 3"),
        ([sys.executable, "-c", "import time; time.sleep(3)"], "did not end within 0 seconds"),
        (["/bin/sh", "-c", "sleep 3 & sleep 3"], "did not end within 0 seconds"),
        ([sys.executable, "-c", "while True: print('x' * 9999)"], "printed too much"),
        (["/nowhere/at-all"], "cannot be run (No such file or directory)"),
        ([sys.executable, "-c", ""], "is empty"),
    ],
)
def test_a_command_that_gives_no_secret_is_reported_with_the_next_step(
    command: list[str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "sleep" in command[-1]:
        monkeypatch.setattr("closient_mcp.auth.secrets.references._COMMAND_SECONDS", 0.3)
    reply = refusal(from_command(command))
    assert reason in reply
    assert "s3cret-one" not in reply


def use_keyring(monkeypatch: pytest.MonkeyPatch, get_password: Callable[[str, str], str | None]) -> None:
    backend = ModuleType("keyring")
    vars(backend)["get_password"] = get_password
    monkeypatch.setitem(sys.modules, "keyring", backend)


def test_a_secret_in_the_keyring_is_found_by_our_name_and_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    use_keyring(monkeypatch, "{}/{}/s3cret".format)
    assert opened(from_keyring("close")) == "closient-mcp/close/s3cret"


def no_password(*_: str) -> None:
    """What a keyring gives that has none."""


def test_a_broken_or_missing_keyring_is_reported_with_the_next_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_keyring(monkeypatch, no_password)
    assert "has no close Store it with `keyring set closient-mcp close`" in refusal(from_keyring("close"))

    def broken(*_: str) -> str:
        raise OSError("Prompt dismissed s3cret-one")

    use_keyring(monkeypatch, broken)
    reply = refusal(from_keyring("close"))
    assert "close cannot be read from the keyring: the keyring cannot be used (OSError)" in reply
    assert "s3cret-one" not in reply
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "not installed" in refusal(from_keyring("close"))


def test_a_keyring_that_waits_for_ever_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    may_end = threading.Event()

    def wait(*_: str) -> str:
        return str(may_end.wait(SECONDS))

    use_keyring(monkeypatch, wait)
    monkeypatch.setattr("closient_mcp.auth.secrets.references._KEYRING_SECONDS", 0.05)
    assert "close cannot be read from the keyring: the keyring did not answer within" in refusal(from_keyring("close"))
    may_end.set()


def test_the_real_keyring_package_is_asked_without_an_exception_of_its_own_getting_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    assert "the keyring cannot be used (NoKeyringError)" in refusal(from_keyring("close"))
