"""The pages of the hosts, generated from the table of hosts and from what is known about each."""

from __future__ import annotations

import json
import re
from string import Template

import pytest

from closient_mcp.server.hosts.configuration import entry_of
from closient_mcp.server.hosts.launch import Launch
from closient_mcp.server.hosts.table import ENTRY, HOSTS, PLAIN, Host, Location
from closient_mcp.server.settings.toml_text import table_text

from ..fakes.pages import DOCS, check_generated, table

_PLATFORMS = {"darwin": "macOS", "linux": "Linux", "win32": "Windows"}
# The folders that locations begin with, and the variables that move them.
_ROOTS = {"home": "~", "here": ".", "appdata": "%APPDATA%", "localappdata": "%LOCALAPPDATA%", "config": "~/.config",
          "claude": "~", "codex": "~/.codex", "copilot": "~/.copilot"}  # fmt: skip
_MOVED_BY = {"config": "XDG_CONFIG_HOME", "claude": "CLAUDE_CONFIG_DIR", "codex": "CODEX_HOME",
             "copilot": "COPILOT_HOME"}  # fmt: skip
_COMMAND = "/home/you/.local/bin/closient-mcp"

# What the table of hosts doesn't have: a file for one project, and what the host shows of a server without tools, where
# the reason is, and a note.
_PROJECT = {
    "claude-code": (".mcp.json", " Claude Code asks you to approve it."),
    "vscode": (".vscode/mcp.json", ""),
    "gemini-cli": (".gemini/settings.json", ""),
    "copilot-cli": (".mcp.json", ""),
    "opencode": ("opencode.json", ""),
}
_MISSING = "nothing; the tools are missing"
_SHOWS = {
    "claude-desktop": (
        "`Server disconnected`",
        "`mcp-server-closient.log`, on macOS in `~/Library/Logs/Claude/`, on Windows in `%APPDATA%\\Claude\\logs`",
        "",
    ),
    "claude-code": (
        "`✘ Failed to connect`",
        "its log after `Server stderr:`, on Linux in `~/.cache/claude-cli-nodejs/`, under the folder of your project "
        "and `mcp-logs-closient`",
        "",
    ),
    "cursor": (
        "the server as failed or disabled in its settings",
        "its Output panel (Ctrl+Shift+U), under *MCP Logs*",
        "Cursor 3 may leave a new server disabled: enable it in the settings, under *Customize, MCPs*. Older versions "
        "give the agent only the first 40 tools of all servers together: [list "
        "fewer](../troubleshooting.md#my-host-has-too-many-tools).",
    ),
    "vscode": (
        "an error in the Chat view",
        "the server's output: command `MCP: List Servers`, the server, *Show Output*",
        "",
    ),
    "codex": (_MISSING, "", "If the time for the start is too short, set `startup_timeout_sec = 30` in the entry."),
    "gemini-cli": (
        "`✗ … Disconnected`",
        "",
        "If it shows `Disabled`, it does not trust the folder: all servers are off there.",
    ),
    "copilot-cli": (_MISSING, "its log in `~/.copilot/logs/`, after `last stderr:`", ""),
    "opencode": (
        "`failed: MCP error -32000: Connection closed`",
        "",
        "It shows `Executable not found in $PATH` if the command is not there.",
    ),
    "zed": ("no green dot beside the server in its Agent settings", "its log, which `zed: open log` opens", ""),
    PLAIN: ("nothing or `Connection closed`, in many hosts", "", ""),
}
_MORE = {
    "claude-desktop": """\
## Without a terminal

Claude Desktop also opens the bundle (`.mcpb`) that `make bundle` writes to `dist` in a clone of the repository. It asks
for an API key (leave it empty to sign in with the browser), the site, and whether the server may only read. Claude
Desktop runs it with uv, which installs what it needs at the first start.
""",
}
_PACKAGE = """\
On Windows, the installer and the Store both install a package, which reads the first file. Only older installations
read the second. The first is used if its folder is there; `install` prints the other. If there are several packages,
choose with `--config-path`.
"""
_FOR_A_PROJECT = Template("""\
For one project only:$note

```sh
closient-mcp install $name --config-path $file
```
""")
_INHERITS = """\
$title gives the server its own environment. Variables that are set where you start it, such as `HTTPS_PROXY` or the
variable of a secret, reach the server."""
_GIVES_FEW = """\
It gives the server a few variables only, or is not known to give more. `install` therefore writes the variables for
[proxies and certificates](../network.md) that are set in your terminal into the entry. Set the variables of your
secrets in its `$key`, or refer to secrets in [the settings](../recipes.md#keep-an-api-key-in-a-password-manager)."""
_PAGE = Template("""\
# $title

```sh
closient-mcp install $name
```

It writes the entry, starts it once as the host would, and shows what it answered. Then:

$reload

To look at the entry without writing it, or to remove it:

```sh
closient-mcp install $name --print
closient-mcp uninstall $name
```

## The entry

$file

$moved

$package

$entry

The key is `$key`. The command has its full path, because hosts often have another `PATH` than your shell. Comments and
other entries stay as they are.

$project

$more

## What the server gets

$environment

$waits

## If there are no tools

$shows

`closient-mcp doctor` starts the entry as the host would, and reports what is wrong. See
[My host shows no tools](../troubleshooting.md#my-host-shows-no-tools).
""")


def _file(location: Location, *, windows: bool = False) -> str:
    root, _, rest = location.folder.partition("/")
    parts = [_ROOTS[root.strip("{}")], *filter(None, [rest]), location.file]
    return f"`{'/'.join(parts)}`".replace("/", "\\" if windows else "/")


def _files(host: Host) -> list[tuple[str, str]]:
    """The files by platform; one line if they are the same everywhere."""
    files = {
        platform: " or ".join(_file(location, windows=platform == "win32") for location in host.locations[platform])
        for platform in _PLATFORMS
    }
    if host.locations["darwin"] == host.locations["win32"]:
        return [("everywhere", files["linux"])]
    return [(title, files[platform]) for platform, title in _PLATFORMS.items()]


def _where(host: Host) -> str:
    files = _files(host)
    return f"It is in {files[0][1]}.\n" if len(files) == 1 else table(("", "file"), iter(files))


def _moved_by(host: Host) -> list[str]:
    roots = {location.folder.partition("/")[0].strip("{}") for location in host.locations["linux"]}
    return [f"`{_MOVED_BY[root]}` replaces `{_ROOTS[root]}`." for root in sorted(roots & set(_MOVED_BY))]


def _entry(host: Host) -> str:
    entry = {**host.members, **entry_of(host, Launch(_COMMAND, ("serve",), {}))}
    if host.syntax == "toml":
        return f"```toml\n{table_text(f'{host.servers}.{ENTRY}', entry).rstrip()}\n```\n"
    return f"```json\n{json.dumps({host.servers: {ENTRY: entry}}, indent=2)}\n```\n"


def _title(host: Host) -> str:
    return "Other hosts" if host.name == PLAIN else host.title


def _shown(host: Host) -> str:
    """What is known, in sentences."""
    shows, log, note = _SHOWS.get(host.name, ("", "", ""))
    return " ".join(filter(None, [shows and f"It shows {shows}.", log and f"The reason is in {log}.", note]))


def _page(host: Host) -> str:
    """The page of a host; a paragraph for which nothing is known is left out."""
    project, note = _PROJECT.get(host.name, ("", ""))
    seconds = host.start_seconds
    has_package = any("*" in location.folder for location in host.locations["win32"])
    text = _PAGE.substitute(
        title=_title(host),
        name=host.name,
        reload=host.reload,
        file=_where(host),
        moved=" ".join(_moved_by(host)),
        package=_PACKAGE if has_package else "",
        entry=_entry(host),
        key=host.servers,
        project=_FOR_A_PROJECT.substitute(note=note, name=host.name, file=project) if project else "",
        more=_MORE.get(host.name, ""),
        environment=Template(_INHERITS if host.inherits else _GIVES_FEW).substitute(
            title=host.title, key=host.environment
        ),
        waits=f"{host.title} waits {seconds:.0f} seconds for the server to start." if seconds else "",
        shows=_shown(host),
    )
    return re.sub(r"\n{3,}", "\n\n", text)


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
def test_the_page_of_a_host_is_generated_from_the_table(host: Host) -> None:
    check_generated(DOCS / "hosts" / f"{host.name}.md", _page(host))


def test_the_list_of_hosts_is_generated_from_the_table() -> None:
    rows = (
        (
            f"[{_title(host)}](hosts/{host.name}.md)",
            f"`{host.name}`",
            "<br>".join(file if title == "everywhere" else f"{title}: {file}" for title, file in _files(host)),
            f"{host.start_seconds:.0f} s" if host.start_seconds else "unknown",
        )
        for host in HOSTS.values()
    )
    check_generated(DOCS / "hosts.md", table(("host", "HOST", "file", "waits for a start"), rows))


def test_what_hosts_show_of_a_server_without_tools_is_in_the_troubleshooting() -> None:
    rows = (
        (f"[{_title(host)}](hosts/{host.name}.md)", shows, log or "nothing that we know of")
        for host, (shows, log, _) in ((HOSTS[name], shown) for name, shown in _SHOWS.items())
    )
    check_generated(DOCS / "troubleshooting.md", table(("host", "shows", "the reason is in"), rows))


def test_every_note_is_about_a_host() -> None:
    assert {*_PROJECT, *_SHOWS, *_MORE} <= set(HOSTS)
