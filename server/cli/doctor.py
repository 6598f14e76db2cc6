"""`closient-mcp doctor`: diagnoses common problems, and says how to fix them."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, replace

import anyio

from ...auth.secrets.redaction import Redaction
from ..bridge.composition import open_bridge
from ..checks.finding import Finding
from ..checks.installed import Load, check_hosts
from ..checks.machine import check_files, check_network, check_settings
from ..checks.store import check_store
from ..checks.systems import check_systems
from ..hosts.paths import Machine
from ..process.logs import start_log
from ..settings.model import Settings, SettingsError
from .terminal import GREEN, MAGENTA, RED, Terminal

_HANG = 9
_STYLES = {"ok": GREEN, "warning": MAGENTA, "error": RED}


def doctor(settings: Settings, machine: Machine, load: Load, *, as_json: bool) -> int:
    """Print each finding as soon as it is known, or all as JSON; the exit code is 1 if something is wrong."""
    redaction = start_log(settings.log_level, settings.log_file)
    terminal = Terminal(sys.stdout)
    findings: list[Finding] = []

    async def run() -> None:
        async for finding in _findings(settings, machine, load, redaction):
            shown = replace(finding, message=redaction.hide(finding.message), fix=redaction.hide(finding.fix))
            findings.append(shown)
            if not as_json:
                _print(shown, terminal)

    anyio.run(run)
    wrong = any(finding.level == "error" for finding in findings)
    if as_json:
        print(json.dumps({"ok": not wrong, "findings": [asdict(finding) for finding in findings]}, ensure_ascii=False))
    return 1 if wrong else 0


async def _findings(settings: Settings, machine: Machine, load: Load, redaction: Redaction) -> AsyncIterator[Finding]:
    for finding in (*check_settings(settings), *check_files(settings), *check_network(machine.environ)):
        yield finding
    # Its warnings were reported above.
    try:
        async with open_bridge(replace(settings, warnings=()), redaction) as bridge:
            with Terminal(sys.stderr).progress("Reading the documents") as progress:
                await bridge.loader.load(progress, revalidate=True)
            if bridge.sign_ins.connection:
                yield check_store(bridge.sign_ins.connection)
            async for finding in check_systems(bridge):
                yield finding
    except SettingsError as error:
        yield Finding("error", "network", str(error), "Correct or unset these variables.")
    async for finding in check_hosts(machine, load):
        yield finding


def _print(finding: Finding, terminal: Terminal) -> None:
    terminal.say((f"{finding.level:<7}", _STYLES[finding.level]), f"  {finding.subject}: {finding.message}", hang=_HANG)
    if finding.fix:
        terminal.say(f"{'':{_HANG}}→ {finding.fix}")
