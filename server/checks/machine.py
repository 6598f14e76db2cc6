"""Checks the settings, the permissions of our files, and the network's variables; nothing is sent."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...auth.oauth.http import certificates
from ..hosts.launch import network_variables
from ..settings.model import Settings
from .finding import Finding

_OTHERS = 0o077


def check_settings(settings: Settings) -> Iterator[Finding]:
    """The settings file, and the settings in force."""
    for problem in settings.problems:
        yield Finding("error", "settings", problem, f"Correct it; the settings file is {settings.config}.")
    for warning in settings.warnings:
        yield Finding("warning", "settings", warning, "`closient-mcp config show` shows where each setting comes from.")
    if not settings.problems:
        where = str(settings.config) if settings.config.exists() else "no file, the defaults are used"
        names = ", ".join(system.name for system in settings.systems)
        yield Finding("ok", "settings", f"{where}; systems: {names}")


def check_files(settings: Settings) -> Iterator[Finding]:
    """Who can read the stored sign-ins."""
    folder = settings.home / "credentials"
    if not folder.is_dir():
        yield Finding("ok", "files", f"no sign-ins are stored in {settings.home}")
        return
    paths = [folder, *sorted(folder.glob("*.json"))]
    if not os.access(folder, os.W_OK):
        yield Finding("error", "files", f"{folder} cannot be written", f"Make it yours: chown -R \"$USER\" '{folder}'")
    exposed = [path for path in paths if os.name == "posix" and path.stat().st_mode & _OTHERS]
    for path in exposed:
        mode = "700" if path.is_dir() else "600"
        yield Finding("error", "files", f"other users can open {path}", f"chmod {mode} '{path}'")
    if not exposed:
        yield Finding("ok", "files", f"only you can read the sign-ins in {folder}")


def check_network(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Proxies and certificates that are set in this terminal."""
    names = network_variables(environ)
    for name in names:
        if name.startswith("SSL_") and not Path(environ[name]).exists():
            message = f"{name} is set to {environ[name]}, which does not exist"
            yield Finding("error", "network", message, f"Correct or unset {name}.")
    try:
        certificates()
    except (OSError, ValueError) as error:
        fix = "Correct SSL_CERT_FILE and SSL_CERT_DIR."
        yield Finding("error", "network", f"the certificates cannot be loaded: {error}", fix)
    else:
        yield Finding("ok", "network", f"this terminal sets {', '.join(names) or 'no proxy and no certificates'}")
