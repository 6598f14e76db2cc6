"""The pages for people: what they name exists, and what they link to is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.sandbox.variants.table import VARIANTS
from closient_mcp.server.bridge.stored_sign_ins import StoredSignIns
from closient_mcp.server.callers.credentials import for_callers
from closient_mcp.server.cli.parser import command_line
from closient_mcp.server.serving.availability import HEALTH, READINESS
from closient_mcp.server.serving.listening import parse_listen_address
from closient_mcp.server.serving.streamable_http import check_protection
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options

from .fakes.pages import DOCS, PAGES, name_of
from .fakes.paths import ROOT

FOLDERS = ("server/", "tools/", "auth/", "sandbox/", "tests/", "docs/", "typings/")


def paths_in(page: Path) -> Iterator[str]:
    """Each path from the top of the repository that a page names in backticks."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for code in re.findall(r"`([^`\s]+)`", text):
        if code.startswith(FOLDERS) and not code.startswith(("tools/list", "tools/call")):  # methods of MCP
            yield code.rstrip("/")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_and_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    missing = [path for path in paths_in(page) if not (ROOT / path).exists()]
    assert missing == []
    assert [link for link in links if link and not (page.parent / link).exists()] == []
    if DOCS in page.parents:
        outside = [link for link in links if link and not (page.parent / link).resolve().is_relative_to(DOCS)]
        assert outside == [], "the site and the installed pages have nothing else"


def test_every_page_but_the_decisions_is_in_the_navigation_of_the_site() -> None:
    text = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    listed = re.findall(r'"([a-z/-]+(?:README)?\.md)"', text)
    pages = {page.relative_to(DOCS).as_posix() for page in PAGES if DOCS in page.parents}
    assert sorted(listed) == sorted(name for name in pages if not name.startswith("decisions/") or "README" in name)


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in folder.glob("*.md")} - {"README.md"}


def test_every_variant_of_the_sandbox_is_described_on_its_page() -> None:
    page = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", page, re.MULTILINE))
    assert rows == {name: variant.summary for name, variant in VARIANTS.items()}


def test_the_settings_of_the_deployment_page_are_valid(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    text, _ = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "closient-mcp.toml"
    file.write_text(text, encoding="utf-8")
    (start,) = re.findall(r"^ExecStart=\S+ (.*)$", page, re.MULTILINE)
    given = command_line().parse_args(start.split())
    settings = load_settings(Options(config=str(file)), {"ACME_API_KEY": "a-key"})
    address = parse_listen_address(given.http)
    check_protection(address, settings)
    assert settings.warnings == ()
    assert settings.http.resource in page
    assert f"proxy_pass http://{address};" in page
    assert f"reverse_proxy {address} " in page
    assert {HEALTH, READINESS} <= set(re.findall(r"`(/[a-z]+)`", page))
    assert for_callers(settings).systems == settings.systems, "its credential is shared"


def test_the_compose_file_of_the_deployment_page_fits_its_settings(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    _, text = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "closient-mcp.toml"
    file.write_text(text, encoding="utf-8")
    (compose,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    services = yaml.safe_load(compose)["services"]
    ours = services["closient-mcp"]
    environ = {name: value.replace("${STORE_PASSWORD}", "p" * 64) for name, value in ours["environment"].items()}
    settings = load_settings(Options(config=str(file)), {**environ, "STORE_KEY": "k" * 64})
    given = command_line().parse_args(ours["command"].split()[1:])
    address = parse_listen_address(given.http)
    check_protection(address, settings)
    assert settings.warnings == ()
    assert StoredSignIns(settings, Redaction()).connection
    assert f"server closient-mcp:{address.port};" in page
    assert any(system.per_caller for system in for_callers(settings).systems)
    assert ours["deploy"] == {"replicas": 3}
    assert set(services) >= {"nginx", "valkey"}
