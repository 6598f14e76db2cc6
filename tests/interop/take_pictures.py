"""Takes the pictures of `docs/sign-in.md` from the sandbox's pages and ours: `python -m tests.interop.take_pictures`.

Needs Node and Chromium, and what `make test-all` installs.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ..fakes.paths import ROOT, TESTS

_PERSON = TESTS / "interop" / "clients" / "person_in_chromium.mjs"
_IMAGES = ROOT / "docs" / "images"
_MOST_BYTES = 40_000
# The names of what a person sees, in this order, when they press a button.
_PAGES = {"allow": ("sign-in", "consent", "signed-in"), "deny": ("", "", "not-signed-in")}


def take(folder: Path, site: str, button: str) -> None:
    """Sign in, or decline to, and keep a picture of each page."""
    pictures = folder / button
    pictures.mkdir()
    node, chromium = shutil.which("node"), shutil.which("chromium")
    assert node, "Node is missing"
    assert chromium, "Chromium is missing"
    environment = {"CLOSIENT_MCP_HOME": str(folder / f"home-{button}"), "CLOSIENT_SITE": site, "CHROMIUM": chromium,
                   "SEEN": str(folder / "seen"), "PICTURES": str(pictures),
                   "BROWSER": f"{shlex.join([node, str(_PERSON)])} %s {button}"}  # fmt: skip
    command = [sys.executable, "-m", "closient_mcp.server", "login"]
    subprocess.run(command, env={**os.environ, **environment}, check=button == "allow", timeout=120)
    taken = sorted(pictures.glob("*-light.webp"))
    for name, picture in zip(_PAGES[button], taken, strict=True):
        if name:
            assert picture.stat().st_size < _MOST_BYTES, name
            shutil.copy(picture, _IMAGES / f"{name}.webp")


def main() -> None:
    """Start the sandbox and take all pictures."""
    command = [sys.executable, "-m", "closient_mcp.sandbox", "--port", "0", "--json", "--until-eof"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sandbox,
    ):
        assert sandbox.stdin
        assert sandbox.stdout
        site = json.loads(sandbox.stdout.readline())["url"]
        for button in _PAGES:
            take(Path(folder), site, button)
        sandbox.stdin.close()


if __name__ == "__main__":
    main()
