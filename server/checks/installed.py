"""Checks each host that has our entry: the entry is started as that host would start it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

from ..hosts.configuration import read_configuration
from ..hosts.errors import HostError
from ..hosts.launch import Launch, has_placeholder, holds_password, host_environment, network_variables
from ..hosts.paths import Machine, configurations
from ..hosts.start import DEFAULT_SECONDS, NotStarted, start
from ..hosts.table import HOSTS, PLAIN, Host
from ..settings.model import Settings
from .finding import Finding

# The settings that a server would have with these arguments and this environment.
Load = Callable[[Sequence[str], Mapping[str, str]], Settings]


async def check_hosts(machine: Machine, load: Load) -> AsyncIterator[Finding]:
    """All hosts that have our entry."""
    installed = 0
    for host in [host for name, host in HOSTS.items() if name != PLAIN]:
        try:
            launch = read_configuration(host, configurations(host, machine)[0]).launch()
        except HostError as error:
            yield Finding("error", host.title, str(error), "Correct that file.")
            continue
        if launch is not None:
            installed += 1
            for finding in _variables(host, machine, launch):
                yield finding
            yield await _start(host, machine, launch, load)
    if not installed:
        yield Finding("warning", "hosts", "no host has the entry", "`closient-mcp install HOST` writes it.")


def _variables(host: Host, machine: Machine, launch: Launch) -> Iterator[Finding]:
    """What is set in this terminal for the network, and missing where the host starts us."""
    given = host_environment(host, machine, launch)
    for name in network_variables(machine.environ):
        if name in given:
            continue
        fix = f"`closient-mcp install {host.name}` writes it into the entry."
        if holds_password(machine.environ[name]):
            fix = "It holds a password, so set it in the entry yourself, or use a proxy without one."
        yield Finding("warning", host.title, f"does not pass on {name}, which is set in this terminal", fix)


async def _start(host: Host, machine: Machine, launch: Launch, load: Load) -> Finding:
    if has_placeholder(launch):
        return Finding("ok", host.title, "not started: only the host can fill in the placeholders of its entry")
    environment = host_environment(host, machine, launch)
    if problems := load(launch.arguments, environment).problems:
        return Finding("error", host.title, f"its entry has invalid settings: {problems[0]}", "Correct the entry.")
    limit = host.start_seconds
    answer = await start(launch, environment, limit or DEFAULT_SECONDS)
    if isinstance(answer, NotStarted):
        fix = f"`closient-mcp install {host.name}` writes the entry again."
        return Finding("error", host.title, f"did not start: {answer.reason}", fix)
    took = f"answered in {answer.seconds:.1f} s"
    if limit and answer.seconds > limit / 2:
        fix = "Start it again: later starts use the cache. If it stays slow, raise the host's limit for starts."
        return Finding("warning", host.title, f"{took}; it waits {limit:.0f} s at most", fix)
    return Finding("ok", host.title, f"{took}{f' of {limit:.0f} s' if limit else ''}")
