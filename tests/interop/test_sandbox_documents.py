"""The sandbox answers as its documents say: schemathesis finds nothing in any of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from ..fakes.closient_apis import BASES
from ..fakes.limits import SECONDS
from ..fakes.paths import ROOT, TESTS
from ..fakes.service import Sandbox

pytestmark = [pytest.mark.all, pytest.mark.timeout(180)]

_SCHEMATHESIS = ROOT / ".venv-clients" / "bin" / "schemathesis"
_HOOKS = TESTS / "interop" / "clients" / "schemathesis_hooks.py"

_CONFIGURATION = """
hooks = {hooks}
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 501]
[parameters]
organization_id = {organization}
brand_id = {brand}
retailer_id = {retailer}
"""


@pytest.fixture(scope="module")
def unlimited() -> Iterator[Sandbox]:
    """The sandbox without its rate limits."""
    command = [sys.executable, "-m", "bench.roomy_sandbox"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin
        assert process.stdout
        started = json.loads(process.stdout.readline())
        yield Sandbox(started["url"], started["api_key"], started["keys"])
        process.stdin.close()
        assert process.wait(SECONDS) == 0


@pytest.fixture(scope="module")
def configuration(unlimited: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Schemathesis's settings, with the ids of things that are there."""
    headers = {"X-API-Key": unlimited.api_key}
    with httpx2.Client(base_url=unlimited.url, headers=headers, trust_env=False, verify=False) as http:
        organization = http.get("/account/api/v1/organizations").json()["data"][0]["id"]
        brand = http.get("/brands/api/v1/brands", params={"organization_id": organization}).json()["data"][0]["id"]
        hits = http.get("/search/api/v1/search", params={"q": "Fairfield", "type": "retailer"}).json()["items"]
    file = tmp_path_factory.mktemp("schemathesis") / "schemathesis.toml"
    values = {"hooks": str(_HOOKS), "organization": organization, "brand": brand, "retailer": hits[0]["id"]}
    file.write_text(_CONFIGURATION.format(**{name: json.dumps(value) for name, value in values.items()}))
    return file


@pytest.mark.skipif(not _SCHEMATHESIS.exists(), reason="schemathesis is not installed (`make test-all` installs it)")
@pytest.mark.parametrize("base", BASES.values(), ids=BASES.keys())
def test_schemathesis_finds_nothing(unlimited: Sandbox, configuration: Path, base: str) -> None:
    unlimited.reset()
    command = [
        str(_SCHEMATHESIS), "--config-file", str(configuration), "--no-color",
        "run", f"{unlimited.url}/{base}/openapi.json", "--header", f"X-API-Key: {unlimited.api_key}",
        "--phases", "coverage,fuzzing", "--max-examples", "10", "--generation-deterministic", "--continue-on-failure",
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=configuration.parent)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "passed" in ran.stdout
