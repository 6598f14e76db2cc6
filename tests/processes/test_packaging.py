"""What is in the package is what is on disk, and the folders know each other only as they should."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version

import pytest

from ..fakes.limits import SECONDS
from ..fakes.machine import Machine, result_of
from ..fakes.paths import ROOT
from ..fakes.server_process import started

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = ("server", "tools", "auth", "sandbox")


def test_every_folder_of_code_is_in_the_package() -> None:
    packages = PROJECT["tool"]["setuptools"]["packages"]
    folders = {path.parent.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")}
    assert sorted(packages) == sorted(f"closient_mcp.{'.'.join(folder.parts)}" for folder in folders)


def test_every_data_file_is_in_the_package() -> None:
    data = PROJECT["tool"]["setuptools"]["package-data"]
    for folder in FOLDERS:
        files = {p for p in (ROOT / folder).rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")}
        packages = {name: ROOT.joinpath(*name.split(".")[1:]) for name in data if name.split(".")[1] == folder}
        packed = {p for name, place in packages.items() for pattern in data[name] for p in place.glob(pattern)}
        assert files == packed


def test_the_version_is_that_of_the_project() -> None:
    assert version("closient-mcp") == PROJECT["project"]["version"]


def test_every_imported_package_is_a_declared_dependency() -> None:
    asked = {re.split(r"[<>=\[]", one)[0] for one in [*PROJECT["project"]["dependencies"], "keyring", "redis"]}
    called = {"yaml": "pyyaml", "pydantic_core": "pydantic", "opentelemetry": "opentelemetry-api"}
    for folder in ("server", "tools", "auth"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module or ""]
                for name in (name.split(".")[0] for name in names):
                    assert name in sys.stdlib_module_names or called.get(name, name) in asked, (path.name, name)


def test_only_the_settings_and_the_command_line_touch_the_environment() -> None:
    for folder in ("server", "tools", "auth"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.parent != ROOT / "server" / "cli" or path.name not in ("entry.py", "main.py"):
                text = path.read_text(encoding="utf-8")
                assert "os.environ" not in text, path
                assert "getenv" not in text, path


HEAVY = {
    "authlib", "joserfc", "jsonschema", "yaml", "django", "sqlite3", "keyring", "filelock", "redis", "biip", "jmespath",
    "segno",
}  # fmt: skip
# What only commands for people use, never `serve`.
ON_TERMINALS = {"rich", "shtab"}
# What a start from the cache needs none of; each brings further ones.
LATE = {
    "closient_mcp.server.bridge.clients",
    "closient_mcp.server.cli.management_commands",
    "closient_mcp.server.serving.sign_in",
    "closient_mcp.server.settings.reading",
    "closient_mcp.auth.records",
    "closient_mcp.auth.sign_in.login",
    "closient_mcp.tools.systems.reading",
    "closient_mcp.tools.openapi.operations",
    "closient_mcp.tools.http.governor",
    "closient_mcp.tools.results.excerpts",
    "closient_mcp.tools.toolset.operation_call",
    "closient_mcp.tools.toolset.operation_search",
    "closient_mcp.tools.closient.answers",
    "closient_mcp.tools.closient.offline_answers",
}


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("serving.stdio", {*HEAVY, *LATE, *ON_TERMINALS}),
        ("cli.show", {*HEAVY, *LATE, *ON_TERMINALS, "mcp", "mcp_types"}),
    ],
)
def test_heavy_modules_wait_until_they_are_needed(module: str, heavy: set[str]) -> None:
    code = f"import sys, json; import closient_mcp.server.{module}; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=True)
    assert heavy & set(json.loads(done.stdout)) == set()
    assert all(
        (ROOT / name.removeprefix("closient_mcp.").replace(".", "/")).with_suffix(".py").exists() for name in LATE
    )


def test_a_start_from_the_cache_imports_no_heavy_module(machine: Machine) -> None:
    result_of(machine.whoami())
    # Each import is printed on stderr when it happens.
    environment = {"CLOSIENT_MCP_HOME": str(machine.home), "PYTHONPROFILEIMPORTTIME": "1"}
    with started("--site", machine.sandbox.url, "--expose", "all", **environment) as process:
        process.shake_hands()
        process.send("tools/list", 2)
        tools = {tool["name"] for tool in process.answer(2)["result"]["tools"]}
        code, reply = process.finish()
    imported = {line.rsplit("|", 1)[1].strip() for line in reply.splitlines() if line.startswith("import time:")}
    assert code == 0
    assert "account_whoami" in tools
    assert "closient_mcp.tools.systems.compiled" in imported
    assert {name.split(".")[0] for name in imported} & {*HEAVY, *ON_TERMINALS} == set()


def test_the_readme_shows_the_two_commands_and_the_entry_of_mcp_json() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme
    block = readme.split("```json\n")[1].split("```")[0]
    assert json.loads(block) == json.loads((ROOT / "mcp.json").read_text())
