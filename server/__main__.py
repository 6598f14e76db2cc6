"""`python -m closient_mcp.server` is `closient-mcp`."""

import sys

from .cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
