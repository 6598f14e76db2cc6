"""`closient-mcp add`: look up a system, show what it offers, write its settings, offer to sign in."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import anyio

from ...tools.formats.text import counted, one_line
from ...tools.http.fetcher import Fetcher
from ...tools.systems.system import System
from ...tools.tiers.tier import TIERS
from ..bridge.clients import anonymous_client
from ..bridge.composition import Bridge, open_bridge
from ..bridge.report import skipped_of
from ..process.logs import start_log
from ..settings.model import Settings, SettingsError, SignIn, SystemSettings
from ..settings.origins import safe_origin
from ..settings.presets.registry import DEFAULT_SYSTEM, addition, check_options, preset_at, reserved
from ..settings.proposals import AddRequest, Proposal
from ..settings.reading import read_config
from ..settings.schema import NAME_RULE, SYSTEM_NAME
from ..settings.toml_text import table_text, with_tables
from ..settings.writing import read_text, write_text
from .probing import find_provider, probe, probe_file
from .proposal import propose
from .targets import Location, location_of
from .terminal import BOLD, Terminal

_SHOWN_APIS, _SHOWN_PROBLEMS = 30, 5
# So many operations fit into the list beside the curated tools and the finders.
_FEW_OPERATIONS = 20

# The settings that this text of the settings file would give, restricted to the system being added.
Reload = Callable[[str], Settings]


def add(settings: Settings, request: AddRequest, reload: Reload) -> int:
    """Look up a system and write its settings; the exit code is 0 if it was added."""
    terminal = Terminal(sys.stderr)
    redaction = start_log(settings.log_level, settings.log_file)
    before = read_text(settings.config)
    listed = read_config(settings.config)[0].systems if settings.config.exists() else {}
    _check_name(request.name)
    if request.name in listed:
        raise SettingsError(f"{settings.config} already has a system {request.name}. Change or remove it there.")
    # The default system is there only until the file lists systems; keep it.
    first = [] if listed or request.name == DEFAULT_SYSTEM else [f"[systems.{DEFAULT_SYSTEM}]\n"]

    async def run() -> tuple[list[str], SystemSettings, Proposal]:
        values, proposal = await _look_up(request)
        tables = [*first, table_text(f"systems.{request.name}", {**values, "credential": proposal.credential})]
        (system,) = reload(with_tables(before, *tables).removeprefix("\ufeff")).systems
        async with open_bridge(replace(settings, systems=(system,)), redaction) as bridge:
            with terminal.progress("Reading the documents") as progress:
                await bridge.loader.load(progress)
            pins = _pins(bridge.connections[system.name].system) if not system.preset.name else {}
            _show(bridge, system, proposal, terminal)
            if not (pins or system.preset.name):
                hint = "too many to list; agents find them with find_operations. To list an API, add it to `pin`"
                _say_labelled(terminal, "tools:", hint)
        tables = [*first, table_text(f"systems.{request.name}", {**values, **pins, "credential": proposal.credential})]
        return tables, system, proposal

    try:
        tables, system, proposal = anyio.run(run)
    except SettingsError as error:
        # It may quote the service.
        raise SettingsError(f"{one_line(str(error), 2000).rstrip('.')}. Nothing was written.") from None
    write_text(settings.config, with_tables(before, *tables))
    terminal.say(f"\nWritten to {settings.config}:\n")
    terminal.say(textwrap.indent("\n".join(tables), "  "))
    return _next_steps(settings, system, proposal, terminal)


def _check_name(name: str) -> None:
    if not re.fullmatch(SYSTEM_NAME, name):
        raise SettingsError(f"Invalid name {name[:40]!r}: {NAME_RULE}.")
    if reason := reserved(name):
        raise SettingsError(f"{name}: {reason}. Choose another name.")


async def _look_up(request: AddRequest) -> tuple[Mapping[str, object], Proposal]:
    """The settings of the system's documents, and its credential."""
    location = location_of(request.url)
    preset = request.preset or preset_at(request.name, "" if isinstance(location, Path) else location)
    check_options(request, preset)
    if not preset:
        return await _probe(request, location)
    if isinstance(location, Path):
        raise SettingsError(f"{location} is a file, but the preset {preset} expects a URL")
    return addition(request, preset, location)


async def _probe(request: AddRequest, location: Location) -> tuple[Mapping[str, object], Proposal]:
    base = request.base
    home = safe_origin("--base", base) if base else ""
    if isinstance(location, Path):
        async with anonymous_client(home) as client:
            found = await probe_file(location, base, Fetcher(client, frozenset({home} if home else ())))
    else:
        home = safe_origin("its URL", location)
        async with anonymous_client(home) as client:
            found = await probe(location, base, Fetcher(client, frozenset({home})))
    home = safe_origin("the URL of its API", found.home)
    async with anonymous_client(home) as client:
        provider = await find_provider(found, Fetcher(client, frozenset({home})))
    return found.settings, propose(request, found.schemes, provider)


def _pins(found: System) -> dict[str, list[str]]:
    """Pins all APIs of a small system, which would otherwise not be listed beside a large one."""
    operations = found.operations()
    few = len(operations) <= _FEW_OPERATIONS and not found.partial
    return {"pin": sorted({operation.api for operation in operations})} if few else {}


def _show(bridge: Bridge, system: SystemSettings, proposal: Proposal, terminal: Terminal) -> None:
    """Print the APIs with their operations, what was skipped, and the credential."""
    found = bridge.connections[system.name].system
    if found.failure:
        raise SettingsError(f"{system.name}: {found.failure}")
    operations = found.operations()
    skipped = [f"{problem.subject}: {problem.reason}" for problem in skipped_of(system, bridge.tools)]
    if not operations:
        reasons = one_line("; ".join(skipped[:3]), 600) or "its documents describe no operations"
        raise SettingsError(f"{system.name} has no operation that can be called: {reasons}")
    terminal.say((f"{system.name} at {system.site}", BOLD))
    by_api: dict[str, list[str]] = {}
    for operation in operations:
        by_api.setdefault(operation.api, []).append(operation.tier)
    shown = dict(list(by_api.items())[:_SHOWN_APIS])
    width, digits = max(map(len, shown)), len(str(max(map(len, shown.values()))))
    for api, tiers in shown.items():
        counts = ", ".join(f"{tiers.count(tier)} {tier}" for tier in TIERS if tier in tiers)
        many = counted(len(tiers), "operation")
        terminal.say(f"  {api}:{' ' * (width - len(api))} {' ' * (digits - len(str(len(tiers))))}{many} ({counts})")
    if len(by_api) > _SHOWN_APIS:
        terminal.say(f"  and {counted(len(by_api) - _SHOWN_APIS, 'more API')}")
    if found.not_loaded:
        terminal.say(f"  and {counted(found.not_loaded, 'document')}, read on demand")
    for problem in skipped[:_SHOWN_PROBLEMS]:
        _say_labelled(terminal, "skipped:", one_line(problem, 300))
    if len(skipped) > _SHOWN_PROBLEMS:
        more = f"  and {len(skipped) - _SHOWN_PROBLEMS} more; `closient-mcp status` lists them"
        terminal.say(more)
    _say_labelled(terminal, "calls to:", ", ".join(sorted(system.origins)))
    if isinstance(system.credential, SignIn) and (url := _sign_in_url(system.credential)) != system.site:
        _say_labelled(terminal, "sign-in:", url)
    kind = proposal.credential if isinstance(proposal.credential, str) else proposal.credential["grant"]
    _say_labelled(terminal, "credential:", f"{kind}; {proposal.reason}")


def _sign_in_url(credential: SignIn) -> str:
    profile = credential.profile
    return profile.endpoints.authorization or profile.endpoints.token or profile.issuer


def _say_labelled(terminal: Terminal, label: str, text: str) -> None:
    begin = f"  {label:<11} "
    terminal.say(begin + text, hang=len(begin))


def _next_steps(settings: Settings, system: SystemSettings, proposal: Proposal, terminal: Terminal) -> int:
    """Say what the user has to do next; on a terminal, offer to sign in."""
    if proposal.variables:
        names = ", ".join(proposal.variables)
        hint = f"Set {names} in the `env` block of your host's entry, and in this terminal for the commands."
        terminal.say(hint)
    if not isinstance(system.credential, SignIn):
        terminal.say(f"`closient-mcp tools --system {system.name}` shows its tools.")
        return 0
    if proposal.variables or not sys.stdin.isatty() or not _confirmed():
        terminal.say(f"`closient-mcp login {system.name}` signs in; so does the first call that needs it.")
        return 0
    from .login import login

    return login(replace(settings, systems=(system,)), browser=True, device=False)


def _confirmed() -> bool:
    print("Sign in now? [Y/n] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print(file=sys.stderr)  # end of input: end the line of the prompt
        return False
    return answer.strip().lower() in ("", "y", "yes")
