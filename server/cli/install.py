"""`closient-mcp install` and `uninstall`: our entry in the configuration of a host."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from ..hosts.configuration import Configuration, entry_of, read_configuration, write_configuration
from ..hosts.launch import SECRETS, Launch, holds_password, host_environment, network_variables, own_launch
from ..hosts.paths import Machine, configurations
from ..hosts.start import DEFAULT_SECONDS, NotStarted, start
from ..hosts.table import ENTRY, HOSTS, Host
from ..settings.model import Settings
from ..settings.toml_text import table_text
from .terminal import GREEN, MAGENTA, RED, Terminal

# The settings in force in an environment.
Load = Callable[[Mapping[str, str]], Settings]


@dataclass(frozen=True, slots=True)
class Installation:
    """A host, the machine, and the file to use if it is not the host's own."""

    host: Host
    machine: Machine
    file: Path | None

    def read(self) -> tuple[Configuration, list[Path]]:
        """The configuration, and other files that another version of the host may read."""
        path, *others = [self.file] if self.file else configurations(self.host, self.machine)
        return read_configuration(self.host, path), [other for other in others if other.exists()]


def install(installation: Installation, arguments: Sequence[str], load: Load, *, only_print: bool) -> int:
    """Write our entry and start it once; the exit code is 0 if it answered."""
    terminal = Terminal(sys.stderr)
    host = installation.host
    launch = own_launch(host, installation.machine, arguments)
    if only_print:
        print(_document(host, launch))
        return 0
    before, others = installation.read()
    text = before.with_launch(launch)
    if text == before.text:
        terminal.say(f"{host.title} already has this entry: {before.path}")
    else:
        backup = write_configuration(before, text)
        terminal.say(("Written", GREEN), f" to {before.path}")
        if backup:
            terminal.say(f"  The file as it was before is {backup}")
    for other in others:
        terminal.say(f"  Not changed: {other}. {host.title} uses only one of the two files.")
    for warning in _unwritten_secrets(installation):
        terminal.say((f"  {warning}", MAGENTA))
    written = read_configuration(host, before.path).launch()
    assert written
    code = _try(installation, written, load, terminal)
    terminal.say(f"  {host.reload}")
    return code


def uninstall(installation: Installation) -> int:
    """Remove our entry; the exit code is 0 if it is gone."""
    terminal = Terminal(sys.stderr)
    before, others = installation.read()
    original = before.original()
    text = before.without_entry() if original is None else original
    if text == before.text:
        terminal.say(f"{installation.host.title} has no entry {ENTRY}: {before.path}")
    else:
        backup = write_configuration(before, text)
        terminal.say(("Removed", GREEN), f" from {before.path}")
        terminal.say(f"  The file as it was before is {backup}")
        terminal.say(f"  {installation.host.reload}")
    for other in others:
        terminal.say(f"  Not changed: {other}")
    return 0


def _try(installation: Installation, launch: Launch, load: Load, terminal: Terminal) -> int:
    """Start the written entry in the environment that the host gives."""
    host = installation.host
    environment = host_environment(host, installation.machine, launch)
    problems = load(environment).problems
    for problem in problems:
        terminal.say((f"  Invalid settings: {problem}", RED))
    answer = anyio.run(start, launch, environment, host.start_seconds or DEFAULT_SECONDS)
    if isinstance(answer, NotStarted):
        terminal.say((f"  Test start failed: {answer.reason}.", RED))
        return 1
    tools = "" if answer.tools is None else f", {answer.tools} tools"
    terminal.say(f"  Test start: {answer.server} answered in {answer.seconds:.1f} s{tools}.")
    return 1 if problems else 0


def _unwritten_secrets(installation: Installation) -> list[str]:
    """What is set in this terminal and not written, because it is a secret."""
    environ = installation.machine.environ
    secrets = [name for name in SECRETS if environ.get(name, "").strip()]
    lines = [
        f"{name} is not written, because it is a secret; docs/settings.md describes how the settings refer to it."
        for name in secrets
    ]
    proxies = [name for name in network_variables(environ) if holds_password(environ[name])]
    return lines + [f"{name} is not written, because it holds a password." for name in proxies]


def _document(host: Host, launch: Launch) -> str:
    """A whole configuration file with our entry only."""
    entry = {**host.members, **entry_of(host, launch)}
    if host.syntax == "toml":
        return table_text(f"{host.servers}.{ENTRY}", entry).rstrip()
    return json.dumps({host.servers: {ENTRY: entry}}, indent=2, ensure_ascii=False)


def installation_of(name: str, machine: Machine, file: str | None) -> Installation:
    """The installation in the arguments of the command."""
    return Installation(HOSTS[name], machine, Path(file).expanduser().absolute() if file else None)
