"""`python -m closient_mcp.sandbox` runs the sandbox."""

import argparse
import sys

from .serving import DEFAULT_PORT, serve
from .variants.table import VARIANTS


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m closient_mcp.sandbox", description="Run a local Closient sandbox.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 picks a free port (default: 8000)")
    parser.add_argument("--variant", action="append", choices=VARIANTS, metavar="NAME", default=[])
    parser.add_argument("--json", action="store_true", help="print one line of JSON when ready")
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input ends")
    arguments = parser.parse_args()
    return serve(arguments.port, arguments.variant, as_json=arguments.json, until_eof=arguments.until_eof)


if __name__ == "__main__":
    sys.exit(main())
