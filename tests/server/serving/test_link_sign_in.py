"""What a call that waits for a sign-in by a link takes for the end of the wait."""

from __future__ import annotations

import pytest

from closient_mcp.auth.history import History
from closient_mcp.auth.records import Client, Pending, Record, Server, Tokens
from closient_mcp.server.serving.link_sign_in import signed_in_since

ISSUER = "https://as.example"
OLD, NEW = (Tokens(access_token=name, obtained_at=0.0) for name in ("old", "new"))
PENDING = Pending(
    scopes=(),
    expires_at=0.0,
    server=Server(issuer=ISSUER, token_endpoint=f"{ISSUER}/token"),
    client=Client(client_id="client"),
    state="state",
    verifier="verifier",
    nonce="nonce",
    redirect_uri="https://mcp.example.com/callback",
    url=f"{ISSUER}/authorize",
)


def record(tokens: Tokens | None, pending: Pending | None, *links: str) -> Record:
    site = "https://acme.example"
    return Record(system="acme", site=site, tokens=tokens, pending=pending, history=History(links=links))


@pytest.mark.parametrize(
    ("before", "now", "signed_in"),
    [
        (record(None, None), record(NEW, None, "link"), True),
        (record(OLD, None), record(NEW, None, "link"), True),
        (record(OLD, PENDING, "link"), record(NEW, None, "link"), True),
        (record(OLD, None), record(NEW, None), False),
        (record(OLD, None), record(NEW, PENDING, "link"), False),
        (record(OLD, PENDING, "link"), record(NEW, PENDING, "link"), False),
        (record(OLD, None), record(OLD, None, "link"), False),
        (record(OLD, None), record(None, None, "link"), False),
    ],
    ids=[
        "first sign-in",
        "another sign-in",
        "sign-in begun before",
        "refresh",
        "refresh during a sign-in",
        "refresh during a sign-in begun before",
        "failed sign-in",
        "sign-out",
    ],
)
def test_only_a_finished_sign_in_ends_the_wait(before: Record, now: Record, signed_in: bool) -> None:
    assert signed_in_since(before, now) is signed_in
