"""The options and commands of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ...tools.formats.suggestions import did_you_mean
from ..settings.model import Options, UsageError
from ..settings.version import VERSION


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


def command_line(words: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """The parser of the whole command line, or of as much of it as these words need; it raises UsageError."""
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
    parser.add_argument("-V", "--version", action="version", version=f"closient-mcp {VERSION}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")

    known = {"serve": ("serve MCP over stdio, as a host starts it, or over HTTP", _serve)}
    # A host waits for `serve`, which needs none of the others.
    if words is None or words[:1] not in ([], ["serve"]):
        from .management_commands import COMMANDS

        known |= COMMANDS
    # Making the parsers of all takes 5 ms.
    for name in words[:1] if words and words[0] in known else known:
        text, add_arguments = known[name]
        add_arguments(commands.add_parser(name, help=text, description=text, parents=[common]))
    parser.commands = commands.choices
    return parser


def _serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--http", metavar="[HOST:]PORT", help="Streamable HTTP; 0 picks a port; or unix:PATH")


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
