"""Where the tests find what is not Python."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
VECTORS = TESTS / "vectors"
APPROVING_BROWSER = TESTS / "fakes" / "approving_browser.py"
# As `$BROWSER`.
BROWSER_COMMAND = f"{sys.executable} {APPROVING_BROWSER} %s"
