"""`python -m closient_mcp.server` is `closient-mcp`."""

import sys

from .commands import main

if __name__ == "__main__":
    sys.exit(main())
