"""An authorization server that breaks HTTP at each of its endpoints: every sign-in and renewal ends with a reason."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from closient_mcp.auth.background import finish
from closient_mcp.auth.errors import AuthError
from closient_mcp.auth.oauth.http import HttpClient
from closient_mcp.auth.oauth.id_token import IdTokenError, verify
from closient_mcp.auth.profile import Endpoints, Profile
from closient_mcp.auth.records import Server
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.auth.secrets.references import literal
from closient_mcp.auth.session.credentials import Credentials
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.store.files import Files
from closient_mcp.auth.store.record_store import Store

from ...fakes.hostile_upstream import ENDLESS, HASTY, HostileUpstream, hostile_upstream
from ...fakes.limits import SECONDS

SECRET = "the-secret-of-the-client"
# The largest response that is read has 256 KiB.
MOST_BYTES = 20 * 2**20


@pytest.fixture
def upstream() -> Iterator[HostileUpstream]:
    with hostile_upstream() as running:
        yield running
        finish(SECONDS)


def session(folder: Path, site: str, token_endpoint: str | None = None) -> Session:
    """A session with a client of its own; the server is discovered unless its token endpoint is given."""
    profile = Profile(
        "acme",
        site,
        frozenset({site}),
        "1",
        "client_credentials",
        Endpoints(token=token_endpoint),
        client_id=literal("c", "CLIENT"),
        client_secret=literal(SECRET, "SECRET"),
        finds_issuer=True,
    )
    redaction = Redaction()
    store = Store(Files(folder), "acme", site, Credentials(profile, redaction).identity, redaction)
    return Session(profile, store, HttpClient(trust_env=False))


def failure(upstream: HostileUpstream, folder: Path, fault: str, role: str) -> str:
    """The error message where this endpoint has this fault."""
    url = f"{upstream.url}/{fault}"
    try:
        if role == "jwks":
            server = Server(issuer=url, token_endpoint=url, jwks_uri=url)
            verify("e30.e30.e30", server, "c", None, HttpClient(trust_env=False))
        elif role == "metadata":
            asyncio.run(session(folder, url).token())
        else:
            asyncio.run(session(folder, upstream.url, url).token())
    except AuthError as error:
        return f"{error.message} {error.next_step}"
    except IdTokenError as error:
        return str(error)
    raise AssertionError(f"{fault} is no fault for {role}")


def check(upstream: HostileUpstream, folder: Path, fault: str, role: str) -> None:
    shown = failure(upstream, folder, fault, role)
    assert shown.isprintable()
    assert len(shown) < 2_000
    assert SECRET not in shown
    assert "internal error" not in shown.lower()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("no-answer", "it cannot be reached: the connection broke."),
        ("deep-json", "it cannot be reached: the response is too large."),
        ("short-body", "(received 1 bytes, expected 1000)"),
        ("redirect-loop", "it has no OAuth metadata"),
    ],
)
def test_some_faults_of_metadata_are_reported(
    upstream: HostileUpstream, tmp_path: Path, fault: str, reason: str
) -> None:
    assert reason in failure(upstream, tmp_path, fault, "metadata")


@pytest.mark.prove
@pytest.mark.parametrize("role", ["metadata", "token", "jwks"])
def test_each_fault_of_an_authorization_server_is_reported(
    upstream: HostileUpstream, tmp_path: Path, role: str
) -> None:
    for number, fault in enumerate(HASTY):
        tracemalloc.start()
        check(upstream, tmp_path / str(number), fault, role)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MOST_BYTES, fault


@pytest.mark.prove
@pytest.mark.parametrize("role", ["metadata", "token", "jwks"])
def test_a_server_that_never_ends_its_response_is_reported(
    upstream: HostileUpstream, tmp_path: Path, role: str
) -> None:
    with ThreadPoolExecutor(len(ENDLESS)) as pool:
        checks = [pool.submit(check, upstream, tmp_path / fault, fault, role) for fault in ENDLESS]
    for ended in checks:
        ended.result()
