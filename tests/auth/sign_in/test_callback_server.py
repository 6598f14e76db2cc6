"""The loopback listener: which browser may finish a sign-in, what its pages say, and that junk ends nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from closient_mcp.auth.oauth.redirects import PATH, path_for, start_url
from closient_mcp.auth.sign_in.callback_server import CallbackServer
from closient_mcp.auth.sign_in.pages import DONE, STALE, Page, failed

from ...fakes.desk import Shown, get
from ...fakes.limits import SECONDS

STATE = "a-state"
START = Page(302, location=f"https://as.example/authorize?state={STATE}")
CALLBACK = f"{PATH}?code=c&state={STATE}"


@dataclass
class Answers:
    """Takes the queries of callbacks."""

    page: Page = DONE
    queries: list[str] = field(default_factory=list[str])

    def __call__(self, query: str) -> Page:
        self.queries.append(query)
        return self.page


@dataclass
class Browser:
    """A browser that keeps the listener's cookie."""

    listener: CallbackServer
    cookie: str = ""

    def open(self, target: str = "", **headers: str) -> Shown:
        """Load the start page, or another path, without following redirects."""
        path = target or urlsplit(start_url(self.listener.redirect_uri, STATE)).path
        shown = get(
            self.listener.port, path, **({"cookie": f"other=1; {self.cookie}"} if self.cookie else {}), **headers
        )
        self.cookie = shown.headers.get("set-cookie", self.cookie).split(";")[0]
        return shown


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def listener(answers: Answers) -> Iterator[CallbackServer]:
    made = CallbackServer()
    made.begin(STATE, START, answers)
    yield made
    made.close()


@pytest.fixture
def browser(listener: CallbackServer) -> Browser:
    """The browser that started the sign-in."""
    browser = Browser(listener)
    browser.open()
    return browser


def test_rfc_8252_7_3_the_redirect_is_the_loopback_literal_and_the_port_that_is_bound(listener: CallbackServer) -> None:
    assert listener.port > 0
    assert listener.redirect_uri == f"http://127.0.0.1:{listener.port}{PATH}"


def test_rfc_9700_4_4_2_each_issuer_has_a_redirect_path_of_its_own() -> None:
    paths = {path_for(issuer) for issuer in ("https://a.example", "https://b.example", "https://a.example")}
    assert len(paths) == 2
    assert all(path.startswith(f"{PATH}/") for path in paths)


def test_it_listens_before_it_begins_so_that_no_browser_is_faster() -> None:
    listener = CallbackServer()
    socket.create_connection(("127.0.0.1", listener.port), SECONDS).close()
    listener.close()


def test_rfc_8252_8_3_it_listens_on_this_machine_alone(listener: CallbackServer) -> None:
    for address in ("127.0.0.2", "::1"):
        with pytest.raises(OSError), socket.create_connection((address, listener.port), SECONDS):  # noqa: PT011 (systems differ)
            pass


# Which browser may finish the sign-in


def test_the_start_page_leads_on_and_tells_no_one_where_it_came_from(listener: CallbackServer) -> None:
    shown = Browser(listener).open()
    assert (shown.status, shown.headers["location"]) == (302, START.location)
    assert (shown.headers["referrer-policy"], shown.headers["cache-control"]) == ("no-referrer", "no-store")
    assert shown.headers["set-cookie"].endswith("; HttpOnly; SameSite=Lax; Path=/")


def test_the_start_page_cannot_be_guessed_and_its_url_reveals_no_state(listener: CallbackServer) -> None:
    assert get(listener.port, "/").status == 404
    assert STATE not in start_url(listener.redirect_uri, STATE)


def test_the_start_page_opens_again_in_the_first_browser_only(listener: CallbackServer, browser: Browser) -> None:
    other = Browser(listener).open()
    assert (other.status, "location" in other.headers, "set-cookie" in other.headers) == (410, False, False)
    assert "another user of this machine" in other.text
    assert browser.open().headers["location"] == START.location


@pytest.mark.parametrize("header", ["sec_purpose", "purpose", "x_moz"])
def test_a_page_that_is_loaded_in_advance_starts_nothing(
    listener: CallbackServer, answers: Answers, header: str
) -> None:
    browser = Browser(listener)
    assert browser.open(**{header: "prefetch;prerender"}).status == 503
    assert browser.open().status == 302
    assert browser.open(CALLBACK, **{header: "prefetch"}).status == 503
    assert answers.queries == []


def test_rfc_9700_4_7_a_response_from_another_browser_is_rejected_and_ends_nothing(
    listener: CallbackServer, browser: Browser, answers: Answers
) -> None:
    for cookie in ("", "closient-mcp=x", f"{browser.cookie}x", browser.cookie.replace("=", "x=")):
        shown = Browser(listener, cookie).open(CALLBACK)
        assert shown.status == 403
        assert "not started in this browser" in shown.text
    assert answers.queries == []
    assert browser.open(CALLBACK).status == 303


def test_who_could_not_expect_the_server_is_asked_before_going_there(answers: Answers) -> None:
    listener = CallbackServer()
    text = "https://acme.example wants you to sign in at https://as.example."
    listener.begin(STATE, Page(200, "Sign in at https://as.example", text, location=START.location), answers)
    shown = Browser(listener).open()
    listener.close()
    assert (shown.status, "location" in shown.headers) == (200, False)
    assert text in shown.text
    assert f'<a href="{START.location}"' in shown.text


# The last page


def test_rfc_9700_4_3_1_the_last_page_has_a_url_without_the_code(browser: Browser, answers: Answers) -> None:
    shown = browser.open(CALLBACK)
    assert (shown.status, answers.queries) == (303, [f"code=c&state={STATE}"])
    last = browser.open(shown.headers["location"])
    assert (last.status, "You are signed in" in last.text) == (200, True)
    assert last.headers["content-type"] == "text/html; charset=utf-8"
    assert (last.headers["cache-control"], last.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert last.headers["content-security-policy"].startswith("default-src 'none';")
    assert last.headers["server"] == "closient-mcp"


def test_the_last_page_can_be_loaded_again_for_a_while(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closient_mcp.auth.sign_in.callback_server.LINGER_SECONDS", SECONDS)
    last = browser.open(browser.open(CALLBACK).headers["location"]).text
    closing = browser.listener.close_later()
    assert closing is browser.listener.closing
    assert browser.open().text == last
    assert browser.open(browser.open(CALLBACK).headers["location"]).text == last
    assert isinstance(closing, threading.Timer)
    closing.cancel()


def test_rule_2_a_page_escapes_what_others_wrote(browser: Browser, answers: Answers) -> None:
    answers.page = failed("<script>alert('1')</script> $title & \"x\"", "<b>Again</b> with `<i>`")
    shown = browser.open(browser.open(CALLBACK).headers["location"])
    assert "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; $title &amp; &quot;x&quot;" in shown.text
    assert "<script" not in shown.text
    assert "&lt;b&gt;Again&lt;/b&gt; with <code>&lt;i&gt;</code>" in shown.text
    assert "<title>You are not signed in</title>" in shown.text


def test_pages_name_the_service_except_to_those_who_guess_a_url(answers: Answers) -> None:
    listener = CallbackServer()
    listener.begin(STATE, START, answers, service="acme at https://acme.example")
    browser, other = Browser(listener), Browser(listener)
    browser.open()
    last = browser.open(browser.open(CALLBACK).headers["location"])
    pages = [last, other.open(CALLBACK), other.open()]
    guessed = [other.open("/elsewhere"), other.open(CALLBACK, host="evil.example")]
    listener.close()
    assert all("Sign-in to acme at https://acme.example" in page.text for page in pages)
    assert not any("acme" in page.text for page in guessed)


def test_a_stale_page_says_what_to_do(browser: Browser, answers: Answers) -> None:
    answers.page = STALE
    shown = browser.open(CALLBACK)
    assert shown.status == 400
    assert "Start the sign-in again from your assistant" in shown.text


# What ends nothing


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/favicon.ico", 404),
        ("GET", f"{PATH}/", 404),
        ("GET", f"/x{CALLBACK}", 404),
        ("POST", CALLBACK, 501),
        ("HEAD", CALLBACK, 501),
        ("PUT", PATH, 501),
        ("OPTIONS", PATH, 501),
        ("<b>", PATH, 501),
        ("GET", f"{PATH}?{'a' * 66_000}", 414),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_callback_ends_nothing(
    listener: CallbackServer, browser: Browser, answers: Answers, method: str, target: str, status: int
) -> None:
    shown = get(listener.port, target, method, cookie=browser.cookie)
    assert shown.status == status
    assert answers.queries == []
    assert "<b>" not in shown.text
    assert browser.open(PATH).status == 303
    assert answers.queries == [""]


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:1", "[::1]", "", "127.0.0.1:x"])
def test_rule_5_a_request_for_another_host_is_rejected(browser: Browser, answers: Answers, host: str) -> None:
    for target in ("", CALLBACK):
        shown = browser.open(target, host=host or " ")
        assert shown.status == 400
        assert "location" not in shown.headers
    assert answers.queries == []


@pytest.mark.parametrize(
    "junk",
    [b"", b"\x00" * 100, b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET //[x HTTP/1.1\r\n\r\n", b"a: b\r\n" * 200],
)
def test_junk_ends_nothing(listener: CallbackServer, browser: Browser, junk: bytes) -> None:
    with socket.create_connection(("127.0.0.1", listener.port), SECONDS) as connection:
        connection.sendall(junk)
        connection.shutdown(socket.SHUT_WR)
        assert PATH.encode() not in connection.recv(65_536)
    assert browser.open(CALLBACK).status == 303


def test_silent_connections_keep_no_one_waiting(listener: CallbackServer, browser: Browser) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(socket.create_connection(("127.0.0.1", listener.port), SECONDS))
        assert browser.open(CALLBACK).status == 303


def test_a_silent_connection_is_closed(listener: CallbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closient_mcp.auth.sign_in.callback_server._Handler.timeout", 0.1)
    with socket.create_connection(("127.0.0.1", listener.port), SECONDS) as silent:
        silent.sendall(b"GET / HTTP/1.1\r\nA: b")
        assert silent.recv(1) == b""


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nA: b"], ids=["nothing", "half a request"])
def test_a_browsers_spare_connection_does_not_hold_up_the_end(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closient_mcp.auth.sign_in.callback_server._Handler.timeout", None)  # it never ends by itself
    listener = CallbackServer()
    listener.begin(STATE, START, Answers())
    with socket.create_connection(("127.0.0.1", listener.port), SECONDS) as spare:
        spare.sendall(sent)
        get(listener.port, PATH)
        closing = threading.Thread(target=listener.close)
        closing.start()
        closing.join(SECONDS)
        assert not closing.is_alive()


def test_a_port_that_is_taken_is_an_error_and_a_port_that_was_left_is_free(browser: Browser) -> None:
    first = browser.listener
    with pytest.raises(OSError):  # noqa: PT011 (systems differ)
        CallbackServer(first.redirect_uri)
    browser.open(CALLBACK)
    first.close()
    CallbackServer(first.redirect_uri).close()


@pytest.mark.parametrize(("host", "status"), [("localhost", 303), ("127.0.0.1", 303), ("evil.example", 400)])
@pytest.mark.parametrize("path", ["/cb", "/", ""])
def test_rule_5_a_listener_for_localhost_goes_by_both_names_and_no_other(
    listener: CallbackServer, host: str, status: int, path: str
) -> None:
    listener.close()
    fixed = CallbackServer(f"http://localhost:{listener.port}{path}")
    fixed.begin(STATE, START, Answers())
    browser = Browser(fixed)
    try:
        assert start_url(fixed.redirect_uri, STATE).startswith(f"http://localhost:{fixed.port}/")
        assert browser.open().status == 302
        assert browser.open(f"{path or '/'}?a=b", host=f"{host}:{fixed.port}").status == status
        assert browser.open(f"{PATH}?a=b").status == 404
    finally:
        fixed.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_rfc_8252_8_3_where_localhost_was_registered_no_one_else_listens_on_its_other_address(
    listener: CallbackServer,
) -> None:
    port = listener.port
    listener.close()
    fixed = CallbackServer(f"http://localhost:{port}/callback")
    try:
        with socket.socket(socket.AF_INET6) as thief, pytest.raises(OSError, match="in use"):
            thief.bind(("::1", port))
        fixed.begin(STATE, START, Answers())
        with socket.create_connection(("::1", port), SECONDS) as connection:
            path = urlsplit(start_url(fixed.redirect_uri, STATE)).path
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
            assert b"302" in connection.recv(4096)
    finally:
        fixed.close()
