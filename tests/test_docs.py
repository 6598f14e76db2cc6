"""The pages for people: what they name exists, and what they link to is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from closient_mcp.sandbox.variants.table import VARIANTS
from closient_mcp.server.cli.main import main
from closient_mcp.server.cli.parser import command_line
from closient_mcp.server.serving.availability import HEALTH, READINESS
from closient_mcp.server.serving.listening import parse_place
from closient_mcp.server.serving.streamable_http import check_protection, for_callers
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options

from .fakes.paths import ROOT

PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
FOLDERS = ("server/", "tools/", "auth/", "sandbox/", "tests/", "docs/", "typings/")


def paths_in(page: Path) -> Iterator[str]:
    """Each path from the top of the repository that a page names in backticks."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for code in re.findall(r"`([^`\s]+)`", text):
        if code.startswith(FOLDERS) and not code.startswith(("tools/list", "tools/call")):  # methods of MCP
            yield code.rstrip("/")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_path_and_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    missing = [path for path in paths_in(page) if not (ROOT / path).exists()]
    assert missing == []
    assert [link for link in links if link and not (page.parent / link).exists()] == []


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in folder.glob("*.md")} - {"README.md"}


def test_every_command_of_the_readme_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"closient-mcp ([a-z]+)", readme))
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert named
    assert [command for command in named if not re.search(rf"^ +{command} ", shown, re.MULTILINE)] == []


def test_every_variant_of_the_sandbox_is_described_on_its_page() -> None:
    page = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", page, re.MULTILINE))
    assert rows == {name: variant.summary for name, variant in VARIANTS.items()}


def test_the_settings_of_the_deployment_page_are_valid(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "closient-mcp.toml"
    file.write_text(text, encoding="utf-8")
    (start,) = re.findall(r"^ExecStart=\S+ (.*)$", page, re.MULTILINE)
    given = command_line().parse_args(start.split())
    settings = load_settings(Options(config=str(file)), {"ACME_API_KEY": "a-key"})
    place = parse_place(given.http)
    check_protection(place, settings)
    assert settings.warnings == ()
    assert settings.http.resource in page
    assert f"proxy_pass http://{place};" in page
    assert f"reverse_proxy {place} " in page
    assert {HEALTH, READINESS} <= set(re.findall(r"`(/[a-z]+)`", page))
    assert for_callers(settings).systems == settings.systems, "its credential is shared"


def test_the_settings_page_shows_a_valid_table_for_http(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```toml\n(\[http\]\n.*?)```", page, re.DOTALL)
    file = tmp_path / "closient-mcp.toml"
    file.write_text(f'{text}[systems.acme]\ncatalog = "https://api.acme.example/.well-known/api-catalog"\n')
    assert load_settings(Options(config=str(file)), {}).http.access
