"""The options and commands of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from ...sandbox.variants.table import VARIANTS
from ...tools.formats.suggestions import did_you_mean
from ..hosts.table import HOSTS
from ..settings.model import Options, UsageError
from ..settings.presets.registry import NAMES

_SHELLS = ("bash", "zsh", "fish")


class _Parser(argparse.ArgumentParser):
    """Names the nearest option, command or choice for an unknown one, which argparse does not."""

    commands: Collection[str] = ()

    def error(self, message: str) -> NoReturn:
        """Raise UsageError, so that a host is answered like a user at a terminal."""
        raise UsageError(f"{message}{'' if message.endswith('?') else '.'} See `{self.prog} --help`.")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] (overloads)
        """Parse arguments; an unknown option is an error here, where the options of the command are known."""
        words = sys.argv[1:] if args is None else list(args)
        for word in words:
            if word == "--" or word in self.commands:
                break
            name = word.partition("=")[0]
            if name.startswith("--") and not any(option.startswith(name) for option in self._option_string_actions):
                self.error(f"unknown option {name}{did_you_mean(name, self._option_string_actions)}")
        return super().parse_known_args(words, namespace)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = list(map(str, action.choices))
            meant = did_you_mean(str(value), choices) or f" (choose from {', '.join(choices)})"
            raise argparse.ArgumentError(action, f"invalid choice: {value!r}{meant}")


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


def command_line() -> argparse.ArgumentParser:
    """The parser of the whole command line; it raises UsageError."""
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("common options")
    group.add_argument(
        "--config", metavar="FILE", help="the settings file (default: closient-mcp.toml in CLOSIENT_MCP_HOME)"
    )
    group.add_argument("--site", metavar="SITE", help="production (default), testing, local, or a URL")
    group.add_argument("--system", metavar="NAME", help="only this system")
    group.add_argument(
        "--expose", metavar="MODE", help="auto (default), core, all, or a list of APIs (search,products)"
    )
    group.add_argument(
        "--allow", metavar="TIER", help="the highest tier offered: read, create, update or destructive (default)"
    )
    group.add_argument("--read-only", action="store_true", help="the same as --allow read")
    group.add_argument("--log-level", metavar="LEVEL", help="debug, info, warning (default) or error")
    group.add_argument("--log-file", metavar="FILE", help="log to this file instead of stderr")

    parser = _Parser(
        prog="closient-mcp",
        description="An MCP server that turns OpenAPI documents into tools and calls the APIs for your agent.",
        parents=[common],
    )
    parser.add_argument("-V", "--version", action="version", version=f"closient-mcp {version('closient-mcp')}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")

    def command(name: str, help: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help, description=help, parents=[common])

    serve = command("serve", "serve MCP over stdio, as a host starts it, or over HTTP")
    serve.add_argument("--http", metavar="[HOST:]PORT", help="Streamable HTTP; 0 picks a port; or unix:PATH")
    command("demo", "run the end-to-end walkthrough against the sandbox; no account, no network")
    login = command("login", "sign in now")
    _add_system(login, "the system to sign in to (default: all that have a sign-in)")
    login.add_argument("--no-browser", action="store_true", help="print the URL, and ask for the redirected URL")
    login.add_argument("--device", action="store_true", help="print a code to enter on another device")
    logout = command("logout", "revoke the sign-in and delete it")
    _add_system(logout, "the system to sign out of (default: all)")
    logout.add_argument("--forget", action="store_true", help="delete the registration too")
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
    manual = command("help", "show the commands, or the options of one command")
    manual.add_argument("topic", nargs="?", choices=[*commands.choices], metavar="COMMAND", help="the command")
    parser.commands = commands.choices
    return parser


def words_of(options: Options) -> list[str]:
    """Options as words of a command line, which mean the same in any folder."""
    words: list[str] = []
    for name in Options.__dataclass_fields__:
        value = getattr(options, name)
        option = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(option)
        elif value:
            is_path = name in ("config", "log_file")
            words += [option, str(Path(value).expanduser().absolute()) if is_path else value]
    return words
