"""A document parsed once for both sides: `python -m bench.parsing FILE OUT` writes it as JSON.

Says how long our reader took for it, and, where it is YAML, how long `yaml.safe_load`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import yaml

from closient_mcp.tools.openapi.document import read_document

from .required import required_arguments


def main(file: str, out: str) -> None:
    """Parse, write, and answer with a line of JSON."""
    body = Path(file).read_bytes()
    began = time.perf_counter()
    document = read_document(body)
    ours = time.perf_counter() - began
    theirs = None
    if not file.endswith(".json"):
        began = time.perf_counter()
        yaml.safe_load(body)
        theirs = time.perf_counter() - began
    Path(out).write_text(json.dumps(document), encoding="utf-8")
    required = required_arguments(document)
    print(json.dumps({"bytes": len(body), "ours": ours, "safe_load": theirs, "required": required}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:3])
