"""The hosts that we can be installed into: where each has its configuration, and how an entry in it looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# The name of our entry in every host.
ENTRY = "closient"
# A file in the current folder, which no known host reads.
PLAIN = "mcp-json"


@dataclass(frozen=True, slots=True)
class Location:
    """A configuration file, in a folder that is there if this variant of the host is installed.

    `folder` begins with the name of a root of `paths.py` in braces and may have `*` in a part.
    """

    folder: str
    file: str


@dataclass(frozen=True, slots=True)
class Host:
    """A program that starts MCP servers.

    `locations` are by `sys.platform`, those to prefer first; the last is used if none of their folders is there.
    `servers` is the key of the table of servers, `members` is what a new entry has in addition to its command, and
    `environment` the key of its variables. With `command_is_list`, the command and its arguments are one list.
    `inherits`: it gives servers its own whole environment; others give a few variables only, or are not known to
    give more. `is_app`: it is started from the desktop, and not known to use the PATH of a shell.
    `start_seconds` is how long it waits for a server to start, if that is known.
    """

    name: str
    title: str
    locations: Mapping[str, tuple[Location, ...]]
    reload: str
    servers: str = "mcpServers"
    syntax: Literal["json", "toml"] = "json"
    members: Mapping[str, object] = field(default_factory=dict[str, object])
    environment: str = "env"
    command_is_list: bool = False
    inherits: bool = False
    is_app: bool = False
    start_seconds: float | None = None


def _everywhere(*locations: Location) -> Mapping[str, tuple[Location, ...]]:
    return {"darwin": locations, "win32": locations, "linux": locations}


_DESKTOP = "claude_desktop_config.json"
_OPENCODE = "{config}/opencode"
_ALL = (
    Host(
        "claude-desktop",
        "Claude Desktop",
        {
            "darwin": (Location("{home}/Library/Application Support/Claude", _DESKTOP),),
            "win32": (
                # The installer of the web site and the Store both install a package, which sees a folder of its own.
                Location("{localappdata}/Packages/Claude_*", f"LocalCache/Roaming/Claude/{_DESKTOP}"),
                Location("{appdata}/Claude", _DESKTOP),
            ),
            "linux": (Location("{config}/Claude", _DESKTOP),),
        },
        "Quit Claude Desktop completely, not only its window, and start it again.",
        is_app=True,
        start_seconds=60,
    ),
    Host(
        "claude-code",
        "Claude Code",
        _everywhere(Location("{claude}", ".claude.json")),
        "Start `claude` again, or enter /mcp in it.",
        members={"type": "stdio"},
        inherits=True,
        start_seconds=30,
    ),
    Host(
        "cursor",
        "Cursor",
        _everywhere(Location("{home}/.cursor", "mcp.json")),
        "Restart Cursor. Its settings, under MCP or under Customize, MCPs, show whether the server is enabled.",
        is_app=True,
    ),
    Host(
        "vscode",
        "VS Code",
        {
            "darwin": (Location("{home}/Library/Application Support/Code/User", "mcp.json"),),
            "win32": (Location("{appdata}/Code/User", "mcp.json"),),
            "linux": (Location("{config}/Code/User", "mcp.json"),),
        },
        "Run the command `MCP: List Servers` in VS Code and start the server.",
        servers="servers",
        members={"type": "stdio"},
        inherits=True,
    ),
    Host(
        "codex",
        "Codex",
        _everywhere(Location("{codex}", "config.toml")),
        "Start `codex` again.",
        servers="mcp_servers",
        syntax="toml",
        start_seconds=10,
    ),
    Host(
        "gemini-cli",
        "Gemini CLI",
        _everywhere(Location("{home}/.gemini", "settings.json")),
        "Start `gemini` again. In a folder that it does not trust, all servers are off.",
        inherits=True,
    ),
    Host(
        "copilot-cli",
        "Copilot CLI",
        _everywhere(Location("{copilot}", "mcp-config.json")),
        "Start `copilot` again.",
        members={"type": "local", "tools": ["*"]},
    ),
    Host(
        "opencode",
        "opencode",
        _everywhere(Location(_OPENCODE, "opencode.jsonc"), Location(_OPENCODE, "opencode.json")),
        "Start `opencode` again.",
        servers="mcp",
        members={"type": "local"},
        environment="environment",
        command_is_list=True,
        inherits=True,
    ),
    Host(
        "zed",
        "Zed",
        {
            "darwin": (Location("{home}/.config/zed", "settings.json"),),
            "win32": (Location("{appdata}/Zed", "settings.json"),),
            "linux": (Location("{config}/zed", "settings.json"),),
        },
        "Zed reads its settings at once; its Agent settings show the server.",
        servers="context_servers",
        inherits=True,
    ),
    Host(
        PLAIN,
        "a plain mcp.json",
        _everywhere(Location("{here}", "mcp.json")),
        "Restart the host that reads this file.",
    ),
)
HOSTS: Mapping[str, Host] = {host.name: host for host in _ALL}
