"""The bundle's manifest and the entry for the MCP registry fit the project and its settings."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options

from ..fakes.limits import SECONDS
from ..fakes.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MANIFEST: dict[str, Any] = json.loads((ROOT / "release" / "manifest.json").read_text(encoding="utf-8"))


def release(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"release.{module}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)


def environment(fields: dict[str, object]) -> dict[str, str]:
    """The variables of the bundle once the host has filled in its fields."""
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in fields.items()}
    variables: dict[str, str] = MANIFEST["server"]["mcp_config"]["env"]
    return {
        name: re.sub(r"\$\{user_config\.(\w+)\}", lambda field: texts.get(field[1], field[0]), text)
        for name, text in variables.items()
    }


def test_a_bundle_whose_fields_are_left_alone_has_the_default_settings() -> None:
    fields = {name: field["default"] for name, field in MANIFEST["user_config"].items()}
    assert "${" not in str(environment(fields))
    settings = load_settings(Options(), {"HOME": "/home/ann", **environment(fields)})
    default = load_settings(Options(), {"HOME": "/home/ann"})
    assert (settings.systems[0].site, settings.allow) == (default.systems[0].site, default.allow)
    assert settings.warnings == ()


def test_a_bundle_whose_host_fills_nothing_in_has_the_default_settings_and_names_the_fields() -> None:
    settings = load_settings(Options(), {"HOME": "/home/ann", **environment({})})
    assert settings.systems[0].site == "https://www.closient.com"
    assert [warning.split()[0] for warning in settings.warnings] == sorted(environment({}))


def test_each_field_of_the_bundle_is_used_and_the_key_is_kept_as_a_secret() -> None:
    used = re.findall(r"user_config\.(\w+)", json.dumps(MANIFEST["server"]))
    assert sorted(used) == sorted(MANIFEST["user_config"])
    assert MANIFEST["user_config"]["api_key"]["sensitive"] is True


def test_the_entry_for_the_registry_names_the_package_and_a_namespace_that_is_given(tmp_path: Path) -> None:
    done = release("server_json", "io.github.ann", str(tmp_path))
    entry = json.loads((tmp_path / "server.json").read_text())
    (package,) = entry["packages"]
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "server.json"))
    assert entry["name"] == "io.github.ann/closient-mcp"
    assert entry["version"] == package["version"] == PROJECT["version"]
    assert 1 <= len(entry["description"]) <= 100
    assert package["identifier"] == PROJECT["name"]
    assert package["transport"] == {"type": "stdio"}
    variables = {variable["name"]: variable for variable in package["environmentVariables"]}
    assert set(variables) == set(MANIFEST["server"]["mcp_config"]["env"])
    assert variables["CLOSIENT_API_KEY"]["isSecret"] is True


@pytest.mark.parametrize("arguments", [[], ["ann"], ["io.github.ann/x"]], ids=["none", "no dot", "slash"])
def test_no_entry_is_written_without_a_namespace(tmp_path: Path, arguments: list[str]) -> None:
    done = release("server_json", *arguments, *([str(tmp_path)] if arguments else []))
    assert done.returncode == 2
    assert "Usage: make server.json NAMESPACE=" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_pages_of_the_package_have_no_link_that_leads_nowhere_on_another_site() -> None:
    readme = (ROOT / PROJECT["readme"]).read_text(encoding="utf-8")
    assert [link for link in re.findall(r"\]\(([^)\s]+)\)", readme) if not link.startswith("https://")] == []


def test_the_pages_of_the_package_are_installed_with_it() -> None:
    files = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["data-files"]
    installed = {path for patterns in files.values() for pattern in patterns for path in ROOT.glob(pattern)}
    site_only = {ROOT / "docs" / "site.css"}
    pages = ({path for path in (ROOT / "docs").rglob("*") if path.is_file()} | set(ROOT.glob("*.md"))) - site_only
    assert installed == pages
