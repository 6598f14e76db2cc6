"""The commands that only people run; hosts start `serve`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ...sandbox.variants.table import VARIANTS
from ..hosts.table import HOSTS
from ..settings.presets.registry import NAMES

_SHELLS = ("bash", "zsh", "fish")


def add_commands(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the commands; `command` makes the parser of a command with this name and help."""
    command("demo", "run the end-to-end walkthrough against the sandbox; no account, no network")
    login = command("login", "sign in now")
    _add_system(login, "the system to sign in to (default: all that have a sign-in)")
    login.add_argument("--no-browser", action="store_true", help="print the URL, and ask for the redirected URL")
    login.add_argument("--device", action="store_true", help="print a code to enter on another device")
    logout = command("logout", "revoke the sign-in and delete it")
    _add_system(logout, "the system to sign out of (default: all)")
    logout.add_argument("--forget", action="store_true", help="delete the registration too")
    whose = logout.add_mutually_exclusive_group()
    whose.add_argument("--caller", metavar="NAME", help="instead, the sign-in of this caller of `serve --http`")
    whose.add_argument("--all-callers", action="store_true", help="instead, those of all callers of `serve --http`")
    status = command("status", "show what can be reached, how many tools that gives, and what was skipped and why")
    _add_pager(status)
    status.add_argument("--json", action="store_true", help="as JSON")
    doctor = command("doctor", "diagnose common problems, each finding with its fix")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    tools = command("tools", "list the tools that an agent sees")
    tools.add_argument("query", nargs="?", metavar="QUERY", help="only tools that match, best first")
    _add_pager(tools)
    tools.add_argument("--json", action="store_true", help="the MCP definitions, each with system and tier")
    tools.add_argument("--all", action="store_true", help="every operation, also those that are not listed to agents")
    tools.add_argument("--changed", action="store_true", help="show how the tools differ from those first seen")
    tools.add_argument("--accept", action="store_true", help="accept the tools as they are now")
    call = command("call", "call a tool as an agent would, and show the result")
    _add_pager(call)
    call.add_argument(
        "--json", action="store_true", help="the MCP result, which is also what is printed if this is not a terminal"
    )
    call.add_argument("tool", metavar="TOOL", help="a name from `tools --all`")
    call.add_argument(
        "arguments", nargs="?", default="{}", metavar="JSON", help="its arguments; - reads them from stdin"
    )
    call.add_argument("--dry-run", action="store_true", help="show the request, without its credential; send nothing")
    add = command("add", "look up a system, write its settings, offer to sign in")
    add.add_argument("name", metavar="NAME", help="the name of the system, and the prefix of its tools")
    add.add_argument(
        "url", metavar="URL", help="the URL of its site, its api-catalog or an OpenAPI document; or a file"
    )
    add.add_argument("--preset", choices=NAMES, help="the preset (default: by its URL or name)")
    add.add_argument("--base", metavar="URL", default="", help="the URL of its API, instead of its documents' servers")
    add.add_argument("--client-id", metavar="ID", help="your own OAuth client")
    add.add_argument("--redirect-uri", metavar="URI", help="the redirect URI that the client is registered with")
    add.add_argument("--account", metavar="NAME", help="the Fluent account, if the URL does not contain it")
    add.add_argument("--retailer", type=int, metavar="N", help="the Fluent retailer")
    remove = command("remove", "sign out of a system and remove it from the settings")
    remove.add_argument("name", metavar="NAME", help="the name of the system")
    install = command("install", "write the entry for this server into the configuration of a host")
    _add_host(install)
    install.add_argument("--print", action="store_true", help="print the entry instead of writing it")
    uninstall = command("uninstall", "remove the entry from the configuration of a host")
    _add_host(uninstall)
    config = command("config", "show the settings in force and their sources, or the JSON Schema of the file")
    _add_pager(config)
    config.add_argument(
        "action", choices=["show", "schema"], help="the settings, or the JSON Schema of the settings file"
    )
    sandbox = command("sandbox", "run a local Closient sandbox until stopped")
    sandbox.add_argument("--port", type=_port, metavar="N", default=8000, help="0 picks a free port (default: 8000)")
    sandbox.add_argument(
        "--variant", action="append", choices=VARIANTS, metavar="NAME", default=[], help="may be given several times"
    )
    sandbox.formatter_class = argparse.RawDescriptionHelpFormatter
    sandbox.epilog = "variants, where Closient's documentation contradicts itself:\n" + "\n".join(
        f"  {name:22}{variant.summary}" for name, variant in VARIANTS.items()
    )
    completion = command("completion", "print the completion script of a shell")
    completion.add_argument("shell", choices=_SHELLS, metavar="SHELL", help=f"one of: {', '.join(_SHELLS)}")


def _add_system(parser: argparse.ArgumentParser, help: str) -> None:
    parser.add_argument("system", nargs="?", metavar="SYSTEM", default=argparse.SUPPRESS, help=help)


def _add_host(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("host", choices=[*HOSTS], metavar="HOST", help=f"one of: {', '.join(HOSTS)}")
    parser.add_argument("--config-path", metavar="FILE", help="the host's configuration file, if it is elsewhere")


def _add_pager(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-pager", action="store_true", help="do not show long output in $PAGER")


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError
    return number
