"""Rate limits, the controls under `/__sandbox__/`, and the process itself."""

import json
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from closient_mcp.sandbox import serving

from ..fakes.limits import SECONDS
from ..fakes.person import bearer, http_client, signed_in
from ..fakes.service import Sandbox

COMMAND = [sys.executable, "-m", "closient_mcp.sandbox", "--port"]
VARIANTS = ["--variant", "results-list", "--variant", "older-offers"]
SEARCH = "/search/api/v1/search?q=tea&limit=1"


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    with http_client(sandbox) as client:
        yield client


def test_remaining_requests_count_down_in_both_kinds_of_header(sandbox: Sandbox, http: httpx2.Client) -> None:
    key = {"X-API-Key": sandbox.api_key}
    before = time.time()
    first, second = (http.get(SEARCH, headers=key).headers for _ in range(2))
    after = time.time()

    assert first["ratelimit-policy"] == "300;w=60, 10000;w=86400"
    assert (first["ratelimit-limit"], first["ratelimit-remaining"], second["ratelimit-remaining"]) == (
        "300",
        "299",
        "298",
    )
    assert second["x-ratelimit-remaining"] == "298"
    assert 0 < int(second["ratelimit-reset"]) <= 60
    # Both are rounded.
    assert before - 1 <= int(second["x-ratelimit-reset"]) - int(second["ratelimit-reset"]) <= after + 1


def test_each_caller_has_limits_of_its_own(sandbox: Sandbox, http: httpx2.Client) -> None:
    for _ in range(60):
        http.get(SEARCH)

    assert http.get(SEARCH).status_code == 429
    assert http.get(SEARCH, headers={"X-API-Key": sandbox.api_key}).status_code == 200


def test_opening_sessions_is_limited_to_thirty_a_minute(http: httpx2.Client) -> None:
    body = {"query": "tea", "latitude": 48.4, "longitude": -123.4}
    statuses = [http.post("/search/api/v1/search/session", json=body).status_code for _ in range(31)]

    assert statuses == [200] * 30 + [429]


@pytest.mark.parametrize("path", ["/", "/.well-known/mcp.json", "/oauth/token/", "/p/00614141123452", "/nothing"])
def test_every_answer_carries_rate_limits(http: httpx2.Client, path: str) -> None:
    headers = http.get(path).headers

    assert {"ratelimit-policy", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"} < headers.keys()
    assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} < headers.keys()


def test_the_log_shows_clients_and_paths_but_no_secrets(sandbox: Sandbox, http: httpx2.Client) -> None:
    tokens = signed_in(sandbox, http, "search:read")
    http.get(SEARCH, headers=bearer(tokens))
    http.get(SEARCH, headers={"X-API-Key": sandbox.api_key})
    log = sandbox.log()

    assert log[-2].keys() == {"time", "method", "path", "status", "client", "scopes"}
    assert (log[-2]["client"], log[-2]["scopes"]) == (tokens["client_id"], ["search:read"])
    assert (log[-1]["path"], log[-1]["client"]) == ("/search/api/v1/search", f"key ...{sandbox.api_key[-4:]}")
    assert log[0]["path"] == "/oauth/register/"
    assert not any(secret in json.dumps(log) for secret in (tokens["access_token"], sandbox.api_key, "code="))


def test_reset_restores_the_initial_state(sandbox: Sandbox, http: httpx2.Client) -> None:
    key = {"X-API-Key": sandbox.api_key}
    tokens = signed_in(sandbox, http, "products:read")
    http.delete("/products/api/v1/products/00614141123452", headers=key)
    sandbox.fault("/", "500", 9)
    sandbox.reset()

    assert sandbox.log() == []
    assert http.get("/products/api/v1/products/00614141123452", headers=key).json()["is_claimed"] is True
    assert http.get("/products/api/v1/trade-items", headers=bearer(tokens)).status_code == 401
    assert http.get(SEARCH, headers=key).headers["ratelimit-remaining"] == "298"


def test_what_is_searched_can_be_searched_after_each_reset(sandbox: Sandbox, http: httpx2.Client) -> None:
    for number in range(3):
        changes = {"product_name": f"Peanut Butter {number}"}
        changed = http.patch(
            "/products/api/v1/products/00614141123452", json=changes, headers={"X-API-Key": sandbox.api_key}
        )
        found = http.get(SEARCH, params={"q": "butter"})
        sandbox.reset()
        again = http.get(SEARCH, params={"q": "butter"})
        assert (changed.status_code, found.status_code, again.status_code) == (200, 200, 200)
        assert changes["product_name"] in found.text
        assert changes["product_name"] not in again.text


@pytest.mark.parametrize(
    ("kind", "status"), [("429", 429), ("500", 500), ("503", 503), ("401", 401), ("403", 403)], ids=str
)
def test_a_fault_occurs_as_often_as_requested(sandbox: Sandbox, http: httpx2.Client, kind: str, status: int) -> None:
    sandbox.fault("/search/", kind, 2)
    responses = [http.get(SEARCH) for _ in range(3)]

    assert http.get("/.well-known/mcp.json").status_code == 200
    assert [response.status_code for response in responses] == [status, status, 200]
    assert responses[0].json()["status"] == status
    assert ("retry-after" in responses[0].headers) is (kind in ("429", "503"))
    assert "ratelimit-policy" in responses[0].headers


def test_a_fault_can_be_a_page_or_broken_json(sandbox: Sandbox, http: httpx2.Client) -> None:
    sandbox.fault("/.well-known/", "html")
    sandbox.fault("/search/", "malformed")
    page, broken = http.get("/.well-known/api-catalog"), http.get(SEARCH)

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert broken.headers["content-type"] == "application/json"
    with pytest.raises(ValueError, match="Unterminated"):
        broken.json()


def test_a_dropped_connection_has_no_response(sandbox: Sandbox, http: httpx2.Client) -> None:
    sandbox.fault("/search/", "drop")

    with pytest.raises(httpx2.TransportError):
        http.get(SEARCH)
    assert http.get(SEARCH).status_code == 200
    assert [entry["status"] for entry in sandbox.log()] == [None, 200]


def test_a_slow_response_does_not_delay_others(http: httpx2.Client, sandbox: Sandbox) -> None:
    http.post("/__sandbox__/fault", json={"path": "/search/", "kind": "slow", "seconds": 600})

    port = urlsplit(sandbox.url).port or 0
    with socket.create_connection(("127.0.0.1", port)) as one, socket.create_connection(("127.0.0.1", port)) as other:
        for client in (one, other):
            client.sendall(f"GET {SEARCH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        # Whichever came first waits.
        (quick,), _, _ = select.select([one, other], [], [], SECONDS)
        assert quick.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(
    "body", [{"path": "search", "kind": "500"}, {"path": "/", "kind": "nonsense"}, {"kind": "500"}, []], ids=str
)
def test_an_invalid_fault_is_rejected(http: httpx2.Client, body: object) -> None:
    assert http.post("/__sandbox__/fault", json=body).status_code == 422


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=str,
)
def test_other_sites_pages_cannot_use_the_controls(
    sandbox: Sandbox, http: httpx2.Client, headers: dict[str, str]
) -> None:
    for name in ("reset", "expire-tokens", "forget-clients", "fault"):
        assert http.post(f"/__sandbox__/{name}", headers=headers).status_code == 403
    assert http.post("/__sandbox__/reset", headers={"Origin": sandbox.url}).status_code == 200


def test_controls_are_neither_limited_nor_logged(sandbox: Sandbox, http: httpx2.Client) -> None:
    response = http.get("/__sandbox__/")

    assert response.json()["keys"] == dict(sandbox.keys)
    assert "ratelimit-limit" not in response.headers
    assert sandbox.log() == []
    assert http.get("/__sandbox__/reset").status_code == 405


def test_it_prints_its_url_and_stops_on_a_signal(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [*COMMAND, "0", *VARIANTS], stdout=subprocess.PIPE, text=True, env={"PATH": "", "TMPDIR": str(temporary)}
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(5)]
        found = httpx2.get(lines[0].split()[-1] + SEARCH, trust_env=False, verify=False).json()
        process.send_signal(signal.SIGTERM)

        assert process.wait(SECONDS) == 0
    assert "http://127.0.0.1:" in lines[0]
    assert "alice, bob, carol" in lines[1]
    assert "sandbox" in lines[1]
    assert "csb_" in lines[2]
    assert "results-list, older-offers" in lines[3]
    assert found.keys() == {"query", "total_count", "results"}
    assert list(temporary.iterdir()) == []


def test_a_port_in_use_is_named(sandbox: Sandbox) -> None:
    port = sandbox.url.rpartition(":")[2]
    ended = subprocess.run([*COMMAND, port, "--json"], capture_output=True, text=True, timeout=SECONDS, check=False)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert (
        ended.stderr
        == f"The sandbox cannot listen on 127.0.0.1:{port}: Address already in use. Choose another --port.\n"
    )


def test_without_django_the_message_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(name: str) -> None:
        return None

    monkeypatch.setattr(serving, "find_spec", nothing)

    assert serving.serve(0) == 1
    assert "pip install 'closient-mcp[sandbox]'" in capsys.readouterr().err


def test_it_listens_on_loopback_only(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])

    with closing(socket.socket()) as other:
        other.settimeout(5)
        assert other.connect_ex(("127.0.0.2", port)) != 0
