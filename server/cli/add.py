"""`closient-mcp add`: look a system up, show what it offers and wants, write its settings, offer to sign in."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import anyio

from ...auth.secrets.redaction import Redaction
from ...tools.formats.text import one_line
from ...tools.http.fetcher import Fetcher
from ...tools.systems.system import System
from ..bridge.clients import anonymous_client
from ..bridge.composition import Bridge, open_bridge
from ..bridge.report import skipped_of
from ..logs import start_log
from ..settings.loading import API_WORDS
from ..settings.model import Settings, SettingsError, SignIn, SystemSettings
from ..settings.reading import read_config
from ..settings.schema import SYSTEM_NAME
from ..settings.sites import safe_origin
from ..settings.writing import read_bytes, system_table, with_tables, write_bytes
from .probing import find_provider, probe, probe_file
from .proposal import Given, Proposal, for_close, for_closient, for_fluent, propose
from .targets import Location, location_of
from .terminal import BOLD, DIM, GREEN, Terminal, stderr_terminal

_FLUENT_HOST = re.compile(r"([a-z0-9-]+)\.(sandbox\.)?api\.fluentretail\.com")
_CLOSIENT = "[systems.closient]\n"
_SHOWN_APIS, _SHOWN_PROBLEMS = 30, 5
_WIDTH = 80
# So many operations fit on the list beside our own tools and the finders.
_FEW = 20

# The settings as they would be with this text for a file, and of them the system that is being added.
Reload = Callable[[str], Settings]


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line says: the system's name and URL, and what only a person can know."""

    name: str
    url: str
    preset: str | None = None
    base: str = ""
    account: str | None = None
    retailer: int | None = None
    given: Given = field(default_factory=Given)


def add(settings: Settings, request: Request, reload: Reload) -> int:
    """Look up, show, write; 0 if the system was added."""
    terminal = stderr_terminal(bare=settings.bare)
    redaction = Redaction()
    start_log(settings.log_level, settings.log_file, redaction)
    before = read_bytes(settings.config)
    listed = read_config(settings.config)[0].systems if settings.config.exists() else {}
    _check_name(request.name)
    if request.name in listed:
        raise SettingsError(f"{settings.config} has a system {request.name} already; change it there, or take it out.")
    # Until a file lists systems Closient is there by itself, and should be so afterwards.
    first = [] if listed or request.name == "closient" else [_CLOSIENT]

    async def run() -> tuple[list[str], SystemSettings, Proposal]:
        way, proposal = await _looked_up(request)
        tables = [*first, system_table(request.name, {**way, "credential": proposal.credential})]
        (system,) = reload(with_tables(before, *tables).decode("utf-8-sig")).systems
        async with open_bridge(replace(settings, systems=(system,)), redaction) as bridge:
            await bridge.loader.load(terminal.bar)
            pins = _pins(bridge.systems[system.name]) if not system.preset else {}
            _show(bridge, system, proposal, terminal)
            if not (pins or system.preset):
                said = "found by find_operations; `pin` in its settings puts APIs on the list"
                terminal.say(_wrapped("tools:", said))
        tables = [*first, system_table(request.name, {**way, **pins, "credential": proposal.credential})]
        return tables, system, proposal

    try:
        tables, system, proposal = anyio.run(run)
    except SettingsError as error:
        # What a service said may be in it.
        raise SettingsError(f"{one_line(str(error), 2000).rstrip('.')}. Nothing was written.") from None
    write_bytes(settings.config, with_tables(before, *tables))
    terminal.say(f"\nWritten to {settings.config}:\n")
    terminal.say(textwrap.indent("\n".join(tables), "  "))
    return _afterwards(settings, system, proposal, terminal)


def _check_name(name: str) -> None:
    if not re.fullmatch(SYSTEM_NAME, name):
        rule = "a system's name is a small letter, then up to 15 small letters, digits or hyphens"
        raise SettingsError(f"{name[:40]!r} cannot be the name: {rule}.")
    if name in API_WORDS:
        raise SettingsError(f"{name} cannot be the name: it is the name of one of Closient's APIs. Choose another.")


async def _looked_up(request: Request) -> tuple[Mapping[str, object], Proposal]:
    """The settings of the way in, and the credential that it takes."""
    location = location_of(request.url)
    preset = request.preset or _preset_of(request.name, location)
    if preset != "fluent" and (request.account is not None or request.retailer is not None):
        raise SettingsError("--account and --retailer are for Fluent Commerce: say --preset fluent with them")
    if preset and isinstance(location, Path):
        raise SettingsError(f"{location} is a file; {preset} is added by its URL")
    if isinstance(location, Path) or not preset:
        return await _own(request, location)
    base = {"base": request.base} if request.base else {}
    if preset == "close":
        site = {} if urlsplit(location).hostname == "api.close.com" else {"site": safe_origin("its URL", location)}
        return {"preset": "close", **site, **base}, for_close(request.name, request.given)
    if preset == "fluent":
        return _fluent(request, location), for_fluent(request.name)
    return {"preset": "closient", "site": safe_origin("its URL", location), **base}, for_closient(request.given)


def _preset_of(name: str, location: Location) -> str:
    """The preset that a name or a URL stands for."""
    host = "" if isinstance(location, Path) else urlsplit(location).hostname or ""
    if host == "api.close.com":
        return "close"
    if _FLUENT_HOST.fullmatch(host):
        return "fluent"
    if host in ("www.closient.com", "www.closient.dev"):
        return "closient"
    return name if name in ("closient", "close", "fluent") else ""


def _fluent(request: Request, url: str) -> dict[str, object]:
    host = _FLUENT_HOST.fullmatch(urlsplit(url).hostname or "")
    account = request.account or (host[1] if host else None)
    if account is None:
        raise SettingsError(f"{url} does not say which account: say --account")
    way: dict[str, object] = {"preset": "fluent", "account": account}
    if request.base or not host:
        way["base"] = request.base or safe_origin("its URL", url)
    else:
        way["environment"] = "sandbox" if host[2] else "production"
    if request.retailer is not None:
        way["retailer"] = request.retailer
    return way


async def _own(request: Request, location: Location) -> tuple[Mapping[str, object], Proposal]:
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
    return found.way, propose(request.name, request.given, found.schemes, provider)


def _pins(found: System) -> dict[str, list[str]]:
    """All APIs of a small system, which would else be left off the list beside a large one such as Closient."""
    operations = found.operations()
    few = len(operations) <= _FEW and not found.partial
    return {"pin": sorted({operation.api for operation in operations})} if few else {}


def _show(bridge: Bridge, system: SystemSettings, proposal: Proposal, terminal: Terminal) -> None:
    """What was found: the APIs, what their operations do, what could not be used, and the sign-in."""
    found = bridge.systems[system.name]
    if found.failure:
        raise SettingsError(f"{system.name}: {found.failure}")
    operations = found.operations()
    skipped = [f"{problem.subject}: {problem.reason}" for problem in skipped_of(system, bridge.tools)]
    if not operations:
        reasons = one_line("; ".join(skipped[:3]), 600) or "its documents describe none"
        raise SettingsError(f"{system.name} has no operation that can be called: {reasons}")
    terminal.say(terminal.paint(f"{system.name} at {system.site}", BOLD))
    by_api: dict[str, list[str]] = {}
    for operation in operations:
        by_api.setdefault(operation.api, []).append(operation.tier)
    shown = dict(list(by_api.items())[:_SHOWN_APIS])
    width, digits = max(map(len, shown)), len(str(max(map(len, shown.values()))))
    for api, tiers in shown.items():
        counts = ", ".join(f"{tiers.count(tier)} {tier}" for tier in ("read", "write", "destructive") if tier in tiers)
        many = f"{len(tiers):{digits}} operation{'s' if len(tiers) > 1 else ''}"
        terminal.say(f"  {api}:{' ' * (width - len(api))} {many} ({counts})")
    if len(by_api) > _SHOWN_APIS:
        terminal.say(f"  and {len(by_api) - _SHOWN_APIS} more APIs")
    if found.not_loaded:
        terminal.say(f"  and {found.not_loaded} documents that are read when they are looked for")
    for problem in skipped[:_SHOWN_PROBLEMS]:
        terminal.say(terminal.paint(_wrapped("skipped:", one_line(problem, 300)), DIM))
    if len(skipped) > _SHOWN_PROBLEMS:
        more = f"  and {len(skipped) - _SHOWN_PROBLEMS} more; `closient-mcp status` tells them"
        terminal.say(terminal.paint(more, DIM))
    terminal.say(_wrapped("calls to:", ", ".join(sorted(system.origins))))
    if isinstance(system.credential, SignIn) and (place := _sign_in_place(system.credential)) != system.site:
        terminal.say(_wrapped("sign-in:", place))
    kind = proposal.credential if isinstance(proposal.credential, str) else proposal.credential["grant"]
    terminal.say(_wrapped("credential:", f"{kind}; {proposal.because}"))


def _sign_in_place(credential: SignIn) -> str:
    profile = credential.profile
    return profile.endpoints.authorization or profile.endpoints.token or profile.issuer


def _wrapped(label: str, text: str) -> str:
    """A line of a list of facts; what follows of a long one stands below it."""
    begin = f"  {label:<11} "
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _afterwards(settings: Settings, system: SystemSettings, proposal: Proposal, terminal: Terminal) -> int:
    """What is left for the person to do; on a terminal the sign-in can follow at once."""
    if proposal.variables:
        names = ", ".join(proposal.variables)
        said = f"Set {names} where your host starts us (its `env` block), and in this terminal for the commands."
        terminal.say(textwrap.fill(said, _WIDTH, break_on_hyphens=False))
    if not isinstance(system.credential, SignIn):
        terminal.say(terminal.paint(f"`closient-mcp tools --system {system.name}` shows its tools.", GREEN))
        return 0
    if proposal.variables or not sys.stdin.isatty() or not _agrees():
        terminal.say(f"`closient-mcp login {system.name}` signs in; so does the first call that needs it.")
        return 0
    from .login import login

    return login(replace(settings, systems=(system,)), browser=True, device=False, bare=settings.bare)


def _agrees() -> bool:
    print("Sign in now? [Y/n] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print(file=sys.stderr)  # the input ended, and the line with the question should too
        return False
    return answer.strip().lower() in ("", "y", "yes")
