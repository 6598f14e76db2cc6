from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ..fakes.limits import SECONDS
from ..fakes.paths import ROOT


@pytest.mark.parametrize(
    ("module", "says"), [("documents", "there are no documents in"), ("finding", "has no asana.yaml")]
)
def test_without_documents_nothing_is_measured_and_the_output_explains_it(
    tmp_path: Path, module: str, says: str
) -> None:
    command = [sys.executable, "-m", f"bench.{module}", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=True)
    assert done.stdout.startswith(f"bench.{module}: skipped: ")
    assert says in done.stdout


def test_the_page_on_performance_agrees_with_the_results() -> None:
    subprocess.run([sys.executable, "-m", "bench.page", "--check"], cwd=ROOT, timeout=SECONDS, check=True)


def test_memory_that_grows_with_each_call_has_a_slope_and_one_step_has_none() -> None:
    program = """
from bench.held import Slope
leak = Slope.of([1000 * reading + reading % 3 * 400 for reading in range(41)], calls=10)
assert 80 < leak.lower < leak.mean < leak.upper < 120, leak
step = Slope.of([0] * 15 + [8_000_000] * 26, calls=10)
assert step.lower < 0 < step.upper, step
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=SECONDS, check=True)


def test_a_server_ends_with_a_block_that_fails() -> None:
    program = """
import sys
from bench.listening import listening
serve = "import threading; print('http://127.0.0.1:9', flush=True); threading.Event().wait()"
try:
    with listening([sys.executable, "-c", serve]):
        raise EOFError
except EOFError:
    sys.exit(3)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=SECONDS, check=False)
    assert done.returncode == 3


def test_what_a_document_requires_is_read_without_our_own_code() -> None:
    program = """
from bench.required import required_arguments
thing = {"type": "object", "required": ["id", "name"], "properties": {"id": {"readOnly": True}, "name": {}}}
document = {
    "components": {"schemas": {"Thing": thing}, "parameters": {"P": {"in": "path", "name": "p", "required": True}}},
    "paths": {"/a/{p}": {"parameters": [{"$ref": "#/components/parameters/P"}], "post": {
        "parameters": [{"in": "header", "name": "Accept", "required": True}, {"in": "query", "name": "q"}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"allOf": [
            {"$ref": "#/components/schemas/Thing"}]}}}}}}},
}
assert required_arguments(document) == {"POST /a/{p}": [["path", "p"], ["body", "name"]]}, required_arguments(document)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=SECONDS, check=True)
