"""Output that can't be written, and Ctrl-C at any moment: the right exit code and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..fakes.limits import SECONDS

INTERRUPTED = """
import sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
from closient_mcp.server.cli.entry import main
sys.exit(main())
"""


def finished(*command: str, stdout: int = subprocess.PIPE) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *command], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=SECONDS, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "module", ["argparse", "closient_mcp.server.cli.main", "closient_mcp.server.settings.loading", "pydantic"]
)
def test_ctrl_c_while_modules_are_imported_ends_quietly_with_130(module: str) -> None:
    assert finished("-c", INTERRUPTED.format(module=module)) == (130, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [["config", "schema"], ["config", "show"]])
def test_a_full_output_is_a_short_message_and_exit_code_1(arguments: list[str]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        ended = finished("-m", "closient_mcp.server", *arguments, stdout=full)
    finally:
        os.close(full)
    assert ended == (1, "closient-mcp: cannot write: No space left on device\n")
