"""The commands that only people run; hosts start `serve`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

from ...sandbox.variants.table import VARIANTS
from ..hosts.table import HOSTS
from ..settings.presets.registry import NAMES

_SHELLS = ("bash", "zsh", "fish")


def _demo(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def _login(parser: argparse.ArgumentParser) -> None:
    _add_system(parser, "the system to sign in to (default: all that have a sign-in)")
    parser.add_argument("--no-browser", action="store_true", help="print the URL, and ask for the redirected URL")
    parser.add_argument("--device", action="store_true", help="print a code to enter on another device")


def _logout(parser: argparse.ArgumentParser) -> None:
    _add_system(parser, "the system to sign out of (default: all)")
    parser.add_argument("--forget", action="store_true", help="delete the registration too")
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--caller", metavar="NAME", help="instead, the sign-in of this caller of `serve --http`")
    whose.add_argument("--all-callers", action="store_true", help="instead, those of all callers of `serve --http`")


def _status(parser: argparse.ArgumentParser) -> None:
    _add_pager(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


def _tools(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", nargs="?", metavar="QUERY", help="only tools that match, best first")
    _add_pager(parser)
    parser.add_argument("--json", action="store_true", help="the MCP definitions, each with system and tier")
    parser.add_argument("--all", action="store_true", help="every operation, also those that are not listed to agents")
    parser.add_argument("--changed", action="store_true", help="show how the tools differ from those first seen")
    parser.add_argument("--accept", action="store_true", help="accept the tools as they are now")


def _call(parser: argparse.ArgumentParser) -> None:
    _add_pager(parser)
    parser.add_argument(
        "--json", action="store_true", help="the MCP result, which is also what is printed if this is not a terminal"
    )
    parser.add_argument("tool", metavar="TOOL", help="a name from `tools --all`")
    parser.add_argument(
        "arguments", nargs="?", default="{}", metavar="JSON", help="its arguments; - reads them from stdin"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the request, without its credential; send nothing")


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the name of the system, and the prefix of its tools")
    parser.add_argument(
        "url", metavar="URL", help="the URL of its site, its api-catalog or an OpenAPI document; or a file"
    )
    parser.add_argument("--preset", choices=NAMES, help="the preset (default: by its URL or name)")
    parser.add_argument(
        "--base", metavar="URL", default="", help="the URL of its API, instead of its documents' servers"
    )
    parser.add_argument("--client-id", metavar="ID", help="your own OAuth client")
    parser.add_argument("--redirect-uri", metavar="URI", help="the redirect URI that the client is registered with")
    parser.add_argument("--account", metavar="NAME", help="the Fluent account, if the URL does not contain it")
    parser.add_argument("--retailer", type=int, metavar="N", help="the Fluent retailer")


def _remove(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the name of the system")


def _install(parser: argparse.ArgumentParser) -> None:
    _add_host(parser)
    parser.add_argument("--print", action="store_true", help="print the entry instead of writing it")


def _config(parser: argparse.ArgumentParser) -> None:
    _add_pager(parser)
    parser.add_argument(
        "action", choices=["show", "schema"], help="the settings, or the JSON Schema of the settings file"
    )


def _sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, metavar="N", default=8000, help="0 picks a free port (default: 8000)")
    parser.add_argument(
        "--variant", action="append", choices=VARIANTS, metavar="NAME", default=[], help="may be given several times"
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "variants, where Closient's documentation contradicts itself:\n" + "\n".join(
        f"  {name:22}{variant.summary}" for name, variant in VARIANTS.items()
    )


def _completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=_SHELLS, metavar="SHELL", help=f"one of: {', '.join(_SHELLS)}")


def _help(parser: argparse.ArgumentParser) -> None:
    topics = ["serve", *COMMANDS]
    parser.add_argument("topic", nargs="?", choices=topics, metavar="COMMAND", help="the command")


def _add_system(parser: argparse.ArgumentParser, help: str) -> None:
    parser.add_argument("system", nargs="?", metavar="SYSTEM", default=argparse.SUPPRESS, help=help)


def _add_host(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("host", choices=[*HOSTS], metavar="HOST", help=f"one of: {', '.join(HOSTS)}")
    parser.add_argument("--config-path", metavar="FILE", help="the host's configuration file, if it is elsewhere")


def _add_pager(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-pager", action="store_true", help="do not show long output in $PAGER")


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a port: expected a number from 0 to 65535")
    return int(text)


# The help of each, and what adds its options and arguments.
COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "demo": ("run the end-to-end walkthrough against the sandbox; no account, no network", _demo),
    "login": ("sign in now", _login),
    "logout": ("revoke the sign-in and delete it", _logout),
    "status": ("show what can be reached, how many tools that gives, and what was skipped and why", _status),
    "doctor": ("diagnose common problems, each finding with its fix", _doctor),
    "tools": ("list the tools that an agent sees", _tools),
    "call": ("call a tool as an agent would, and show the result", _call),
    "add": ("look up a system, write its settings, offer to sign in", _add),
    "remove": ("sign out of a system and remove it from the settings", _remove),
    "install": ("write the entry for this server into the configuration of a host", _install),
    "uninstall": ("remove the entry from the configuration of a host", _add_host),
    "config": ("show the settings in force and their sources, or the JSON Schema of the file", _config),
    "sandbox": ("run a local Closient sandbox until stopped", _sandbox),
    "completion": ("print the completion script of a shell", _completion),
    "help": ("show the commands, or the options of one command", _help),
}
