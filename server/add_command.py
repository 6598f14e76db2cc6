"""`closient-mcp add`: look a system up, show what it offers and wants, write its settings, offer to sign in."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import anyio

from ..auth.secrets import Redaction
from ..tools.addresses import BadAddress, origin_of
from ..tools.fetching import Fetcher
from .bridge import Bridge, open_bridge
from .clients import anonymous_client
from .config_writing import add_table, system_table
from .logs import start_log
from .probing import authorization_server, probe
from .proposal import Given, Proposal, for_close, for_fluent, propose
from .settings import Settings, SettingsError, SignIn, SystemSettings
from .terminal import BOLD, DIM, GREEN, Terminal, stderr_terminal

_FLUENT_HOST = re.compile(r"([a-z0-9-]+)\.(sandbox\.)?api\.fluentretail\.com")
_SHOWN_APIS = 30

# The settings as they would be with this text for a file, and of them the system that is being added.
Reload = Callable[[str], Settings]


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line says: the system's name and address, and what only a person can know."""

    name: str
    address: str
    preset: str | None = None
    account: str | None = None
    retailer: int | None = None
    given: Given = field(default_factory=Given)


def add(settings: Settings, request: Request, reload: Reload) -> int:
    """Look up, show, write; 0 if the system was added."""
    terminal = stderr_terminal(bare=settings.bare)
    redaction = Redaction()
    start_log(settings.log_level, settings.log_file, redaction)
    before = settings.config.read_text(encoding="utf-8-sig") if settings.config.exists() else ""
    if any(system.name == request.name for system in settings.systems) and request.name in before:
        raise SettingsError(f"{settings.config} has a system {request.name} already; change it there, or take it out.")

    async def run() -> tuple[str, SystemSettings, Proposal]:
        way, proposal = await _looked_up(request)
        table = system_table(request.name, {**way, "credential": proposal.credential})
        (system,) = reload(f"{before}\n\n{table}").systems
        async with open_bridge(replace(settings, systems=(system,)), redaction) as bridge:
            await bridge.load(terminal.bar)
            _show(bridge, system, proposal, terminal)
        return table, system, proposal

    table, system, proposal = anyio.run(run)
    add_table(settings.config, table, first=not re.search(r"^\s*\[systems\b", before, re.MULTILINE))
    terminal.say(f"\nWritten to {settings.config}:\n\n{table}")
    return _afterwards(settings, system, proposal, terminal)


async def _looked_up(request: Request) -> tuple[Mapping[str, object], Proposal]:
    """The settings of the way in, and the credential that it takes."""
    preset = request.preset or _preset_of(request)
    if preset == "close":
        site = {} if urlsplit(request.address).hostname == "api.close.com" else {"site": _origin(request.address)}
        return {"preset": "close", **site}, for_close(request.name, request.given)
    if preset == "fluent":
        return _fluent(request), for_fluent(request.name)
    if preset == "closient":
        credential = Proposal({"grant": "authorization_code"}, "Closient lets us register ourselves")
        return {"preset": "closient", "site": request.address}, credential
    return await _own(request)


def _preset_of(request: Request) -> str:
    """The preset that a name or an address stands for."""
    host = urlsplit(request.address).hostname or ""
    if host == "api.close.com":
        return "close"
    if _FLUENT_HOST.fullmatch(host):
        return "fluent"
    if host in ("www.closient.com", "www.closient.dev"):
        return "closient"
    return request.name if request.name in ("close", "fluent") else ""


def _fluent(request: Request) -> dict[str, object]:
    host = _FLUENT_HOST.fullmatch(urlsplit(request.address).hostname or "")
    account = request.account or (host[1] if host else None)
    if account is None:
        raise SettingsError(f"{request.address} does not say which account: say --account.")
    way: dict[str, object] = {"preset": "fluent", "account": account}
    if host:
        way["environment"] = "sandbox" if host[2] else "production"
    else:
        way["base"] = _origin(request.address)
    if request.retailer is not None:
        way["retailer"] = request.retailer
    return way


async def _own(request: Request) -> tuple[Mapping[str, object], Proposal]:
    address = request.address if "://" in request.address else "https://localhost"
    origins = frozenset({_origin(address)})
    async with anonymous_client(address) as client:
        found = await probe(request.address, Fetcher(client, origins))
    home = found.way.get("base") or (address if "://" in request.address else "")
    server = await authorization_server(_origin(home)) if home else None
    proposal = propose(
        request.name,
        request.given,
        found.schemes,
        discovered=server is not None,
        registers=server is not None and server.registration_endpoint is not None,
    )
    return found.way, proposal


def _show(bridge: Bridge, system: SystemSettings, proposal: Proposal, terminal: Terminal) -> None:
    """What was found: the APIs, what their operations do, what could not be used, and the sign-in."""
    found = bridge.systems[system.name]
    if found.failure:
        raise SettingsError(f"{system.name}: {found.failure}. Nothing was written.")
    operations = found.operations()
    if not operations:
        reasons = "; ".join(f"{problem.subject}: {problem.reason}" for problem in bridge.skipped(system.name)[:3])
        raise SettingsError(f"{system.name} offers no operation that can be called ({reasons}). Nothing was written.")
    terminal.say(terminal.paint(f"{system.name} at {system.site}", BOLD))
    by_api: dict[str, list[str]] = {}
    for operation in operations:
        by_api.setdefault(operation.api, []).append(operation.tier)
    for api, tiers in list(by_api.items())[:_SHOWN_APIS]:
        counts = ", ".join(f"{tiers.count(tier)} {tier}" for tier in ("read", "write", "destructive") if tier in tiers)
        terminal.say(f"  {api}: {len(tiers)} operations ({counts})")
    if len(by_api) > _SHOWN_APIS:
        terminal.say(f"  and {len(by_api) - _SHOWN_APIS} more APIs")
    skipped = bridge.skipped(system.name)
    for problem in skipped[:5]:
        terminal.say(terminal.paint(f"  skipped: {problem.subject}: {problem.reason}", DIM))
    if len(skipped) > 5:
        terminal.say(terminal.paint(f"  and {len(skipped) - 5} more skipped; see `closient-mcp status`", DIM))
    terminal.say(f"  calls go to {', '.join(sorted(system.origins))}")
    kind = proposal.credential if isinstance(proposal.credential, str) else proposal.credential["grant"]
    terminal.say(f"  credential: {kind}; {proposal.because}")


def _afterwards(settings: Settings, system: SystemSettings, proposal: Proposal, terminal: Terminal) -> int:
    """What is left for the person to do; on a terminal the sign-in can follow at once."""
    if proposal.variables:
        names = ", ".join(proposal.variables)
        terminal.say(f"Set {names} where your host starts us (its `env` block), and in this terminal for the commands.")
    if not isinstance(system.credential, SignIn):
        terminal.say(terminal.paint(f"`closient-mcp tools --system {system.name}` shows its tools.", GREEN))
        return 0
    if proposal.variables or not sys.stdin.isatty():
        terminal.say(f"`closient-mcp login {system.name}` signs in; so does the first call that needs it.")
        return 0
    answer = input("Sign in now? [Y/n] ").strip().lower()
    if answer not in ("", "y", "yes"):
        return 0
    from .login_commands import login

    return login(replace(settings, systems=(system,)), browser=True, bare=settings.bare)


def _origin(address: str) -> str:
    try:
        return origin_of(address)
    except BadAddress as error:
        raise SettingsError(f"{error}.") from None
