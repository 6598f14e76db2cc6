"""`python -m closient_mcp.server` is `closient-mcp`."""

import sys

from .cli.main import main

if __name__ == "__main__":
    sys.exit(main())
