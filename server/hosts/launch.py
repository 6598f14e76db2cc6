"""How a host starts our server: the command, its arguments, and the environment that it gives."""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .errors import HostError
from .paths import Machine
from .table import Host

_SETTINGS = (
    "CLOSIENT_SITE", "CLOSIENT_MCP_HOME", "CLOSIENT_MCP_CONFIG", "CLOSIENT_MCP_EXPOSE", "CLOSIENT_MCP_ALLOW",
    "CLOSIENT_MCP_READ_ONLY",
)  # fmt: skip
SECRETS = ("CLOSIENT_API_KEY", "CLOSIENT_CLIENT_ID", "CLOSIENT_CLIENT_SECRET")
NETWORK = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
# The environment variables that the MCP SDKs give to a server by default.
_DEFAULT_VARIABLES = {
    "win32": (
        "APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE", "SYSTEMDRIVE",
        "SYSTEMROOT", "TEMP", "USERNAME", "USERPROFILE",
    ),
    "": ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"),
}  # fmt: skip
# The PATH of programs that are started from the Dock.
_DOCK_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"


@dataclass(frozen=True, slots=True)
class Launch:
    """A command with its arguments and the variables that its entry sets."""

    command: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]


def own_launch(host: Host, machine: Machine, arguments: Sequence[str]) -> Launch:
    """The launch of this installation, with the absolute path of its command and with no secret.

    Raises:
        HostError: this installation will not last.
    """
    scripts = Path(sysconfig.get_path("scripts"))
    # uv and pipx mark every environment as a cache; only what is around this one shows whether it will last.
    if any((folder / "CACHEDIR.TAG").exists() for folder in scripts.parent.parents):
        raise HostError(
            f"This closient-mcp is in a cache ({scripts}), which may be emptied at any time. Install it first: "
            "`uv tool install closient-mcp` or `pipx install closient-mcp`."
        )
    command = scripts / ("closient-mcp.exe" if machine.platform == "win32" else "closient-mcp")
    variables = _variables(host, machine.environ)
    if command.is_file():
        return Launch(str(command), ("serve", *arguments), variables)
    return Launch(sys.executable, ("-m", "closient_mcp.server", "serve", *arguments), variables)


def _variables(host: Host, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that the host would not pass on: our settings, and those of the network."""
    wanted = dict.fromkeys(_SETTINGS, True) | dict.fromkeys(network_variables(environ), not host.inherits)
    values = {name: environ.get(name, "").strip() for name, needed in wanted.items() if needed}
    return {name: value for name, value in values.items() if value and not holds_password(value)}


def network_variables(environ: Mapping[str, str]) -> list[str]:
    """The variables for proxies and certificates that are set; for proxies also in lower case."""
    names = [*NETWORK, *(name.lower() for name in NETWORK if name.endswith("_PROXY"))]
    return [name for name in names if environ.get(name, "").strip()]


def holds_password(value: str) -> bool:
    """Whether a value is a URL with user information."""
    try:
        return "@" in urlsplit(value).netloc
    except ValueError:
        return True


def host_environment(host: Host, machine: Machine, launch: Launch) -> dict[str, str]:
    """The environment in which the host starts a server."""
    environ = machine.environ
    if host.inherits:
        return {**environ, **launch.environment}
    few = {
        name: environ[name]
        for name in _DEFAULT_VARIABLES.get(machine.platform, _DEFAULT_VARIABLES[""])
        if name in environ
    }
    if host.is_app and machine.platform == "darwin":
        few["PATH"] = _DOCK_PATH
    return {**few, **launch.environment}


def has_placeholder(launch: Launch) -> bool:
    """Whether only the host can fill in a part of the launch, such as `${workspaceFolder}`."""
    parts = (launch.command, *launch.arguments, *launch.environment.values())
    return any(re.search(r"\$\{|\{env:|\{file:", part) for part in parts)
