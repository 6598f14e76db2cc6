"""Mutation testing: the code is changed in one place at a time, and a test should fail each time.

`python -m bench.mutants [--sample N] [--seed N] [GROUP ...]` tries a sample of the changes that mutmut makes in each
group of modules, with the tests of that group, and shows those that no test noticed. Exit code 1 where mutmut fails;
a change that nothing noticed may be one that changes nothing, and is for a person to judge.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_PACKAGES = ("auth", "tools", "server", "sandbox")
_COPIED = ("tests", "docs", "pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
_NOT_COPIED = shutil.ignore_patterns("node_modules", "__pycache__")
# mutmut names tests in arguments, where pytest finds none with a backslash. This replaces the hook of `make prove`.
_NAMEABLE = """

def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if "\\\\" not in item.nodeid]
"""
# The texts of errors and logs: tests look at their sense, not at each word.
_NOT_MUTATED = [r"raise ", r"logger\.", r"^\s*f?\"", r"_unusable\(", r"_unavailable\("]


@dataclass(frozen=True)
class Group:
    """Modules, by patterns, and their tests."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS = {
    "oauth": Group(("auth/oauth/*", "auth/urls.py", "auth/history.py", "auth/profile.py"), ("tests/auth",)),
    "session": Group(("auth/session/*", "auth/bearer.py", "auth/api_key.py", "auth/store/*"), ("tests/auth",)),
    "requests": Group(
        ("tools/calls/*", "tools/openapi/parameters.py", "tools/openapi/bodies.py", "tools/openapi/servers.py"),
        ("tests/tools/calls", "tests/tools/openapi"),
    ),
    "products": Group(("tools/closient/*",), ("tests/tools/closient",)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the groups, and show what no test noticed."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutants", description="Do the tests notice a change?")
    parser.add_argument("--sample", type=int, default=100, metavar="N", help="changes for each group (default: 100)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which changes (default: 1)")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)} (default: all)")
    given = parser.parse_args(arguments)
    if unknown := set(given.groups) - GROUPS.keys():
        parser.error(f"unknown group: {', '.join(sorted(unknown))}")
    for name in given.groups or GROUPS:
        folder = _ROOT / "build" / "mutants" / name
        _copy(folder, GROUPS[name])
        names = _names(folder)
        sample = random.Random(given.seed).sample(names, min(given.sample, len(names)))  # noqa: S311
        ran = _mutmut(folder, "run", "--max-children", "2", *sample)
        if not sample or ran.returncode:
            print(f"bench.mutants: mutmut failed in {folder}:\n{(ran.stdout + ran.stderr)[-2000:]}", file=sys.stderr)
            return 1
        _report(name, folder, sample, len(names))
    return 0


def _copy(folder: Path, group: Group) -> None:
    """Copy the repository into the layout that mutmut expects: packages under `src`, by the names they are imported."""
    shutil.rmtree(folder, ignore_errors=True)
    for package in _PACKAGES:
        shutil.copytree(_ROOT / package, folder / "src" / "closient_mcp" / package, ignore=_NOT_COPIED)
    for name in _COPIED:
        if (_ROOT / name).is_dir():
            shutil.copytree(_ROOT / name, folder / name, ignore=_NOT_COPIED)
        else:
            shutil.copyfile(_ROOT / name, folder / name)
    with (folder / "tests" / "conftest.py").open("a", encoding="utf-8") as file:
        file.write(_NAMEABLE)
    lists = {
        "source_paths": ["src"],
        "only_mutate": [f"src/closient_mcp/{module}" for module in group.modules],
        "do_not_mutate_patterns": _NOT_MUTATED,
        "pytest_add_cli_args_test_selection": list(group.tests),
        "also_copy": [name for name in _COPIED if name not in ("tests", "pyproject.toml")],
    }
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.mutmut]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in lists.items()))


def _names(folder: Path) -> list[str]:
    """The names of all changes: mutmut makes them before it looks for the wanted ones, of which there are none here."""
    _mutmut(folder, "run", "none")
    found = (json.loads(path.read_text()) for path in sorted(folder.glob("mutants/src/**/*.meta")))
    return [name for each in found for name in each["exit_code_by_key"]]


def _report(group: str, folder: Path, sample: Sequence[str], number: int) -> None:
    found = _mutmut(folder, "results").stdout.splitlines()
    states = dict(line.strip().split(": ") for line in found if ": " in line)
    survivors = [name for name in sample if states.get(name) == "survived"]
    untested = [name for name in sample if states.get(name) == "no tests"]
    print(f"{group}: {len(sample)} of {number} changes, {len(survivors)} unnoticed, {len(untested)} without a test")
    for name in (*survivors, *untested):
        lines = _mutmut(folder, "show", name).stdout.splitlines()
        changed = [line for line in lines if line[:1] in ("-", "+") and line[:3] not in ("---", "+++")]
        print("\n".join([f"\n{name}", *changed]), flush=True)


def _mutmut(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
