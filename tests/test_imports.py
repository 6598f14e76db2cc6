"""Which folder may import which: one table, so that the layers stay what `docs/architecture.md` shows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from .fakes.paths import ROOT

# A module that stands beside the sub-folders counts as one of them.
ALLOWED: dict[str, set[str]] = {
    "tools.formats": set(),
    "tools.errors": {"tools.formats"},
    "tools.caller": set(),
    "tools.problems": {"tools.formats"},
    "tools.search": set(),
    "tools.tiers": {"tools.formats"},
    "tools.gs1": set(),
    "tools.schema": {"tools.formats", "tools.errors"},
    "tools.http": {"tools.formats", "tools.caller", "tools.errors", "tools.tiers"},
    "tools.catalog": {"tools.formats", "tools.problems", "tools.http"},
    "tools.openapi": {"tools.formats", "tools.problems", "tools.tiers", "tools.http", "tools.schema"},
    "tools.calls": {"tools.formats", "tools.errors", "tools.http", "tools.schema", "tools.openapi"},
    "tools.results": {"tools.formats", "tools.errors", "tools.http", "tools.schema", "tools.openapi"},
    "tools.systems": {
        "tools.formats", "tools.problems", "tools.search", "tools.http", "tools.catalog", "tools.openapi",
    },
    "tools.toolset": {
        "tools.formats", "tools.caller", "tools.errors", "tools.search", "tools.tiers", "tools.http", "tools.schema",
        "tools.openapi", "tools.calls", "tools.results",
    },
    "tools.closient": {
        "tools.formats", "tools.errors", "tools.gs1", "tools.http", "tools.catalog", "tools.results", "tools.toolset",
    },
    "tools.fluent": {
        "tools.formats", "tools.errors", "tools.tiers", "tools.gs1", "tools.http", "tools.results", "tools.toolset",
    },
    "auth.errors": set(),
    "auth.history": set(),
    "auth.records": {"auth.history"},
    "auth.urls": set(),
    "auth.background": set(),
    "auth.secrets": {"auth.errors", "auth.background"},
    "auth.profile": {"auth.secrets"},
    "auth.oauth": {"auth.records", "auth.urls", "auth.background", "auth.profile"},
    "auth.store": {"auth.errors", "auth.history", "auth.records", "auth.secrets", "auth.profile"},
    "auth.session": {
        "auth.errors", "auth.history", "auth.records", "auth.urls", "auth.background", "auth.secrets", "auth.profile",
        "auth.oauth", "auth.store",
    },
    "auth.sign_in": {
        "auth.errors", "auth.history", "auth.records", "auth.urls", "auth.background", "auth.secrets", "auth.profile",
        "auth.oauth", "auth.session",
    },
    "auth.api_key": {"auth.errors", "auth.urls", "auth.secrets", "auth.profile", "auth.oauth"},
    "auth.bearer": {"auth.errors", "auth.urls", "auth.oauth", "auth.session"},

    "server.settings": {"auth", "tools"},
    "server.process": {"auth", "server.settings"},
    "server.bridge": {"auth", "tools", "server.settings"},
    "server.callers": {"auth", "tools", "server.settings"},
    "server.serving": {
        "auth", "tools", "server.settings", "server.process", "server.bridge", "server.callers",
    },
    "server.hosts": {"tools", "server.settings"},
    "server.checks": {"auth", "tools", "server.settings", "server.bridge", "server.hosts"},
    "server.cli": {
        # The sandbox as a whole: one command starts it.
        "auth", "tools", "sandbox", "server.settings", "server.process", "server.bridge", "server.hosts",
        "server.checks", "server.serving",
    },
    "server.__main__": {"server.cli"},
    "sandbox.data": set(),
    "sandbox.oauth": {"sandbox.data"},
    "sandbox.apis": {"sandbox.data", "sandbox.oauth"},
    "sandbox.variants": set(),
    "sandbox.gateway": {"sandbox.apis", "sandbox.variants"},
}  # fmt: skip

FOLDERS = ("tools", "auth", "server", "sandbox")


def imports_of(top: str) -> Iterator[tuple[str, str, str]]:
    """Each import between sub-folders: the importing file, its sub-folder, and what it takes from where."""
    for path in sorted((ROOT / top).rglob("*.py")):
        place = path.relative_to(ROOT).with_suffix("").parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.module is None or not node.module.startswith("closient_mcp"), f"{path}: an absolute import"
                if node.level:
                    base = place[: len(place) - node.level]
                    for name in [node.module] if node.module else [alias.name for alias in node.names]:
                        yield path.relative_to(ROOT).as_posix(), idea(place), idea((*base, *name.split(".")))


def idea(place: tuple[str, ...]) -> str:
    """The sub-folder or module that a dotted place belongs to."""
    return ".".join(place[:2])


@pytest.mark.parametrize("top", FOLDERS)
def test_sub_folders_import_only_what_the_table_allows(top: str) -> None:
    wrong = [
        f"{file}: {source} imports {target}"
        for file, source, target in imports_of(top)
        if target != source and source in ALLOWED and not {target, target.split(".")[0]} & ALLOWED[source]
    ]
    assert wrong == []


def test_the_sandbox_shares_nothing_with_the_others() -> None:
    assert [target for _, _, target in imports_of("sandbox") if not target.startswith("sandbox.")] == []


def test_the_table_names_every_sub_folder_and_allows_no_circle() -> None:
    modules = {idea(path.relative_to(ROOT).with_suffix("").parts)
               for top in FOLDERS for path in (ROOT / top).rglob("*.py")}  # fmt: skip
    # What stands at the top of the sandbox composes its sub-folders.
    composing = {f"sandbox.{path.stem}" for path in (ROOT / "sandbox").glob("*.py")}
    assert modules - composing - {f"{top}.__init__" for top in FOLDERS} == set(ALLOWED)
    known: set[str] = {"tools", "auth", "sandbox"}
    waiting = dict(ALLOWED)
    while ready := [name for name, needs in waiting.items() if needs <= known]:
        known |= set(ready)
        waiting = {name: needs for name, needs in waiting.items() if name not in known}
    assert waiting == {}


def test_no_import_that_the_table_allows_is_unused() -> None:
    used = {(source, name) for top in FOLDERS for _, source, target in imports_of(top)
            for name in (target, target.split(".")[0])}  # fmt: skip
    assert [(name, need) for name, needs in ALLOWED.items() for need in needs if (name, need) not in used] == []


# Where a vendor's name may stand: the vendors' own files, and these.
VENDOR_FOLDERS = ("tools/closient/", "tools/fluent/", "server/settings/presets/")
VENDORS_MAY_BE_NAMED = {
    "server/settings/schema.py": "the settings file lists the presets and the keys of one of them",
    "server/cli/management_commands.py": "help texts name the product, and options of one preset",
    "server/cli/demo.py": "shows the product itself",
    "server/hosts/launch.py": "the variables of the environment",
    "server/hosts/table.py": "the name of the entry",
    "server/serving/replay.py": "the variables of the environment",
    "server/serving/stdio.py": "explains the product",
    "server/serving/protocol.py": "the server's title",
    "auth/oauth/registration.py": "the client's own name and logo, as a server shows them to users",
    "auth/oauth/tokens.py": "comments name a server that deviates from the RFC",
    "auth/session/client_setup.py": "a comment names a server's limit",
    "tools/http/rate_limit_headers.py": "comments name servers' limits",
}


def test_only_vendors_own_files_name_a_vendor() -> None:
    naming = {
        path.relative_to(ROOT).as_posix()
        for top in ("server", "tools", "auth")
        for path in (ROOT / top).rglob("*.py")
        if re.search(
            r"closient|close\.com|fluent",
            re.sub(r"closient[-_]mcp", "", path.read_text(encoding="utf-8"), flags=re.I),
            re.I,
        )
    }
    assert {name for name in naming if not name.startswith(VENDOR_FOLDERS)} <= set(VENDORS_MAY_BE_NAMED)
