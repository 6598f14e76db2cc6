"""Faults of the machine, the network and the server between which a sign-in has to hold; the matrix names them."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from closient_mcp.auth.errors import UnavailableError
from closient_mcp.auth.oauth.discovery import ServerMetadataError, discover
from closient_mcp.auth.oauth.http import HttpClient, NoResponseError, Request
from closient_mcp.auth.records import Tokens
from closient_mcp.auth.store.record_store import Store

from ...fakes.desk import DISCOVERY, Desk, at_rest, come_back, ended
from ...fakes.limits import SECONDS
from ...fakes.service import Received, Reply
from ...fakes.signed_in_home import Home, until


def refresh_token(home: Home) -> str | None:
    kept = home.kept()
    return kept.refresh_token if kept else None


# Discovery


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[str]:
    """The URL of a server whose certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "certificate.pem"
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(key.private_bytes(*plain) + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with Listening(context) as port:
        yield f"https://127.0.0.1:{port}"


class Listening:
    """A port that completes the TLS handshake of every connection, and closes it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> int:
        self._thread.start()
        return int(self._socket.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), self._context.wrap_socket(peer, server_side=True) as secured:
                secured.recv(65_536)


def test_a_certificate_that_no_one_vouches_for_is_no_server_to_talk_to(stranger: str) -> None:
    wire = HttpClient(trust_env=False)
    with pytest.raises(ServerMetadataError, match="cannot be reached") as caught:
        discover(stranger, wire)
    assert not caught.value.lasting
    with pytest.raises(NoResponseError, match=r"(?i)certificate"):
        wire.send(Request(f"{stranger}/token", {"refresh_token": "secret"}))


def test_metadata_with_a_byte_order_mark_is_read(desk: Desk) -> None:
    plain = Reply(desk.metadata()).content()
    desk.service.routes[DISCOVERY] = Reply(b"\xef\xbb\xbf" + plain)
    assert discover(desk.service.url, HttpClient(trust_env=False)).token_endpoint == f"{desk.service.url}/token"


# Registration


def test_a_registration_that_could_not_be_saved_is_not_requested(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("os.fsync", no_room)
        assert "could not be saved" in ended(desk.login().start(()))
        assert at_rest()
    assert (len(desk.asked("/register")), desk.tabs) == (0, [])
    _, attempt = desk.begin()
    assert len(desk.asked("/register")) == 1
    come_back(attempt)
    assert ended(attempt) == ""


def hang_up(_: Received) -> Reply:
    raise ConnectionResetError


def test_a_registration_whose_response_is_lost_is_not_requested_over_and_over(desk: Desk) -> None:
    desk.service.routes["/register"] = hang_up
    assert "did not respond" in ended(desk.login().start(()))
    assert at_rest()
    assert (len(desk.asked("/register")), desk.tabs) == (1, [])


# The sign-in


def test_a_machine_that_lets_nothing_listen_is_reported(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socket.socket.bind", refuse)
    assert "Cannot open a local port for the sign-in (Permission denied)" in ended(desk.login().start(()))
    assert desk.tabs == []
    assert desk.asked("/register") == []


@pytest.mark.parametrize(
    ("script", "seconds", "opened"),
    [
        ("exit 3", SECONDS, False),
        ("exit 0", SECONDS, True),
        ("sleep 600", 0, True),
        ("head -c 1000000 /dev/zero; echo noise; echo noise >&2", SECONDS, True),
    ],
)
def test_a_browsers_command_is_silent_and_has_opened_nothing_if_it_fails_at_once(
    script: str, seconds: float, opened: bool, tmp_path: Path
) -> None:
    journal, command = tmp_path / "journal", tmp_path / "browser"
    os.mkfifo(journal)
    command.write_text(f'#!/bin/sh\necho "$$ $1" > {journal}\n{script}\n')
    command.chmod(0o700)
    code = (
        f"from closient_mcp.auth.sign_in import browser; browser.FAILS_WITHIN = {seconds}; "
        f"print(browser.opener({str(command)!r})('http://127.0.0.1:1/'))"
    )
    # Its output ends when nobody can write there any more: with the process, and not with the browser.
    ran = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process, url = journal.read_text().split()
    out, err = ran.communicate(timeout=SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(process), signal.SIGKILL)
    assert (out, err, ran.returncode, url) == (f"{opened}\n", "", 0, "http://127.0.0.1:1/")


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_put_right_during_a_sign_in_does_no_harm(desk: Desk, hours: int) -> None:
    _, attempt = desk.begin()
    desk.now += hours * 3600
    come_back(attempt)
    assert ended(attempt) == ""
    tokens = desk.record().tokens
    assert tokens
    assert (tokens.obtained_at, tokens.expires_at) == (desk.now, desk.now + 3600)
    assert asyncio.run(desk.session().token()) == "the-access-token"


def test_a_server_that_fails_while_it_makes_the_id_token_is_reported_as_failing(desk: Desk) -> None:
    desk.service.routes[DISCOVERY] = Reply(desk.metadata(scopes_supported=["openid"]))
    _, attempt = desk.begin("openid")
    desk.service.routes["/token"] = Reply("<h1>Server Error (500)</h1>", 500)
    come_back(attempt)
    assert "issued no token: HTTP 500" in ended(attempt)
    assert desk.record().tokens is None


# Refresh


NO_TOKENS = {
    "429": Reply({}, 429),
    "500": Reply("oops", 500),
    "503": Reply("<html>", 503),
    "a page": Reply("<html>a portal</html>"),
    "an empty object": Reply({}),
    "a list": Reply([]),
    "a detail": Reply({"detail": "throttled"}),
    "nothing": Reply("", 204),
    "a redirect": Reply("", 307, {"location": "/elsewhere"}),
    "a permanent redirect": Reply("", 308, {"location": "/elsewhere"}),
    "half an answer": Reply('{"access_token": "a", "expires'),
    "a bomb": Reply(
        gzip.compress(b'{"access_token": "a", "x": "' + b"x" * 5_000_000), 200, {"content-encoding": "gzip"}
    ),
    "no gzip": Reply("{}", 200, {"content-encoding": "gzip"}),
    "5 MB": Reply(b'{"access_token": "a", "x": "' + b"x" * 5_000_000),
}


@pytest.mark.parametrize("reply", NO_TOKENS.values(), ids=NO_TOKENS)
async def test_what_is_no_token_leaves_the_file_byte_for_byte_as_it_was(home: Home, reply: Reply) -> None:
    home.sign_in(age=3600)
    (path,) = home.folder.glob("*.json")
    before = path.read_bytes()
    home.fail(reply)
    with pytest.raises(UnavailableError):
        await home.session().token()
    assert path.read_bytes() == before
    assert {got.path for got in home.service.received if got.method == "POST"} == {"/token"}
    assert home.asked() <= 3


async def test_where_a_redirect_leads_is_reported_and_nothing_of_its_query(home: Home) -> None:
    home.sign_in(age=3600)
    home.fail(Reply("", 308, {"location": "https://as.example/token/?code=s3cret"}))
    with pytest.raises(UnavailableError, match=r"HTTP 308, which redirects to https://as\.example/token/") as caught:
        await home.session().token()
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize("grace", [True, False], ids=["a server with a grace period", "a strict server"])
async def test_a_response_that_was_lost_after_the_rotation_is_requested_again(home: Home, grace: bool) -> None:
    home.sign_in(age=3600)
    lost: list[str] = []

    def lose_the_first(got: Received) -> Reply:
        sent = parse_qs(got.body.decode())["refresh_token"][0]
        if lost and grace:
            home.rotations -= 1
        reply = home.rotate(got)
        if not lost:
            lost.append(sent)
            raise ConnectionResetError
        return reply

    home.service.routes["/token"] = lose_the_first
    token = await home.session().token()
    assert lost == ["refresh-token-0"]
    assert home.asked() == 2
    assert (token, refresh_token(home)) == (("access-token-1", "refresh-token-1") if grace else (None, None))


async def test_a_response_that_was_lost_before_the_rotation_loses_nothing(home: Home) -> None:
    home.sign_in(age=3600)
    home.service.routes["/token"] = lambda got: hang_up(got) if home.asked() < 3 else home.rotate(got)
    assert await home.session().token() == "access-token-1"
    assert refresh_token(home) == "refresh-token-1"


# Several processes


async def test_where_the_lock_does_not_hold_no_one_deletes_what_another_was_given(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_lock(_: Store) -> contextlib.nullcontext[None]:
        return contextlib.nullcontext()

    monkeypatch.setattr(Store, "lock", no_lock)
    home.sign_in(age=3600)
    slow, began, may_refuse = home.session(), threading.Event(), threading.Event()

    def refuse_the_first(got: Received) -> Reply:
        if began.is_set():
            return home.rotate(got)
        began.set()
        assert may_refuse.wait(SECONDS)
        return Reply({"error": "invalid_grant"}, 400)

    home.service.routes["/token"] = refuse_the_first
    losing = asyncio.ensure_future(slow.token())
    await until(began)
    assert await home.session().token() == "access-token-1"
    may_refuse.set()
    assert await losing == "access-token-1"
    assert refresh_token(home) == "refresh-token-1"


async def test_a_sign_in_during_a_refresh_elsewhere_is_what_remains(home: Home) -> None:
    home.sign_in(age=3600)
    home.may_answer.clear()
    refreshing = asyncio.ensure_future(home.session().token())
    await until(home.began)
    tokens = Tokens(access_token="new-sign-in", refresh_token="new-refresh", obtained_at=home.now)
    signing_in = asyncio.ensure_future(asyncio.to_thread(home.store().change, tokens=tokens))
    home.may_answer.set()
    await asyncio.gather(refreshing, signing_in)
    assert refresh_token(home) == "new-refresh"
    assert await home.session().token() == "new-sign-in"


def test_a_lock_whose_holder_is_killed_is_free_at_once(home: Home) -> None:
    home.sign_in()
    code = (
        "import sys, pathlib, filelock\n"
        f"filelock.FileLock(next(pathlib.Path({str(home.folder)!r}).glob('*.json')).as_posix() + '.lock').acquire()\n"
        "print(flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(home.store().change, user="alice")
            assert not waiting.done()
            holder.kill()
            waiting.result(SECONDS)
    assert home.store().read().user == "alice"


def test_fifty_refreshes_leave_no_thread_and_no_file(home: Home) -> None:
    home.sign_in(age=3600)
    session = home.session()
    open_files: list[int] = []
    for _ in range(50):
        home.now += 3600
        session.refresh()
        open_files.append(len(list(Path("/dev/fd").iterdir())))
    # One left by each would be fifty; the service and earlier tests close theirs whenever they get to it.
    assert max(open_files) < open_files[0] + 25
    assert home.rotations == 50
    assert {path.suffix for path in home.folder.iterdir()} == {".json", ".lock"}
