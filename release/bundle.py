"""Builds the bundle for Claude Desktop: `python -m release.bundle [FOLDER]` writes it to a folder, by default `dist`.

The host runs it with uv, which installs the wheel in it and what that depends on.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

ROOT = Path(__file__).parent.parent
_MAIN = """\
from closient_mcp.server.cli.entry import main

raise SystemExit(main())
"""


def project() -> dict[str, Any]:
    """The metadata of the project."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def manifest() -> dict[str, Any]:
    """The manifest of the bundle, in the version of the project."""
    metadata = project()
    members: dict[str, Any] = json.loads((ROOT / "release" / "manifest.json").read_text(encoding="utf-8"))
    members |= {name: metadata[name] for name in ("version", "description", "keywords")}
    members["author"] = metadata["authors"][0]
    members["compatibility"]["runtimes"] = {"python": metadata["requires-python"]}
    return members


def requirements(wheel: str) -> str:
    """The `pyproject.toml` of the bundle, which installs this wheel."""
    metadata = project()
    return f"""\
[project]
name = "{metadata["name"]}-bundle"
version = "{metadata["version"]}"
requires-python = "{metadata["requires-python"]}"
dependencies = ["{metadata["name"]}"]

[tool.uv]
package = false

[tool.uv.sources]
{metadata["name"]} = {{ path = "{wheel}" }}
"""


def built_wheel(folder: str) -> Path:
    """Build the wheel of the project into a folder.

    Raises:
        subprocess.CalledProcessError: it cannot be built; `stderr` says why.
    """
    # What an earlier build left there would get into this one.
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    (wheel,) = Path(folder).glob("*.whl")
    return wheel


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the wheel, then the bundle around it; gives 1 if the wheel cannot be built."""
    (folder,) = map(Path, arguments if arguments is not None else sys.argv[1:] or ["dist"])
    path = folder / f"{project()['name']}-{project()['version']}.mcpb"
    with tempfile.TemporaryDirectory(prefix="closient-bundle-") as temporary:
        try:
            wheel = built_wheel(temporary)
        except subprocess.CalledProcessError as error:
            reason = error.stderr.strip()[-500:]
            print(f"Cannot build the bundle: building the wheel failed: {reason}", file=sys.stderr)
            return 1
        folder.mkdir(parents=True, exist_ok=True)
        with ZipFile(path, "w", ZIP_DEFLATED) as bundle:
            bundle.writestr("manifest.json", json.dumps(manifest(), indent=2) + "\n")
            bundle.writestr("pyproject.toml", requirements(wheel.name))
            bundle.writestr("main.py", _MAIN)
            bundle.write(wheel, wheel.name)
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
