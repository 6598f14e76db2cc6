"""The command line: options, and the function of each command."""

from __future__ import annotations

import argparse
import errno
import gc
import io
import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn, cast

from ...auth import background
from ...sandbox.variants.table import VARIANTS
from ...tools.formats.suggestions import did_you_mean
from ..process.signals import LAST_SECONDS
from ..settings.loading import invalid_settings, load_settings, load_valid_settings
from ..settings.model import USAGE_ERROR, Options, Settings, SettingsError, UsageError
from ..settings.presets.registry import NAMES

_OUTPUT_ERRORS = (errno.EPIPE, errno.ENOSPC, errno.EIO)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 success, 1 failure, 2 usage error."""
    _open_streams()
    try:
        try:
            return _dispatch(arguments)
        finally:
            sys.stdout.flush()  # so that a failure to write is reported here
    except SettingsError as error:
        print(f"closient-mcp: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        return 130
    except (OSError, ExceptionGroup) as error:
        if (failed := _output_error(error)) is None:
            raise
        # Discard what is still buffered, or the interpreter fails on it again while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(failed, BrokenPipeError):  # the reader closed our output, as `head` does
            return 0
        print(f"closient-mcp: cannot write: {failed.strerror}", file=sys.stderr)
        return 1
    finally:
        # Before the interpreter shuts down: afterwards no thread can be started, so no host name is resolved.
        background.finish(LAST_SECONDS)


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


def _dispatch(arguments: Sequence[str] | None) -> int:
    try:
        given = _parser().parse_args(arguments)
    except UsageError as error:
        words = sys.argv[1:] if arguments is None else arguments
        if "serve" not in words or "--http" in words or sys.stdin.isatty():
            raise
        from ..serving.stdio import serve

        return serve(invalid_settings(os.environ, (str(error),)))
    if given.command is None and sys.stdin.isatty():
        from ..serving.stdio import explain

        return explain()
    if given.command == "sandbox":
        return _sandbox(given)
    if given.command == "config" and given.action == "schema":
        from .config import schema

        return schema()
    if given.command == "add":
        return _add(given)
    # A host shows what its server answers, but not what it prints; a user at a terminal sees what is printed.
    by_host = given.command in (None, "serve") and getattr(given, "http", None) is None and not sys.stdin.isatty()
    load = load_settings if given.command == "config" else load_valid_settings
    settings = load(_options(given), os.environ)
    if not by_host:
        _report_problems(settings)
    return _run(given, settings)


def _report_problems(settings: Settings) -> None:
    """Print what is wrong with systems that are left out.

    Raises:
        SettingsError: no system is left.
    """
    if settings.problems and not settings.systems:
        raise SettingsError(settings.problems[0])
    for problem in settings.problems:
        print(f"closient-mcp: {problem}", file=sys.stderr)


def _output_error(error: BaseException) -> OSError | None:
    """The failure to write that an error is, or that all errors of a group are."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        found = [_output_error(inner) for inner in group.exceptions]
        return found[0] if all(found) else None
    return error if isinstance(error, OSError) and error.errno in _OUTPUT_ERRORS else None


def _open_streams() -> None:
    """Replace closed standard streams, and escape characters that the encoding does not have."""
    # Open for the life of the process.
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run(given: argparse.Namespace, settings: Settings) -> int:
    # Each command imports only what it needs: a host waits for `serve`.
    match given.command:
        case "demo":
            from .demo import demo

            return demo(settings)
        case "status" | "tools" | "call":
            from .show import call, status, tools

            if given.command == "status":
                return status(settings, as_json=given.json)
            if given.command == "tools":
                return tools(
                    settings,
                    given.query,
                    as_json=given.json,
                    everything=given.all,
                    changed=given.changed,
                    accept=given.accept,
                )
            return call(settings, given.tool, given.arguments)
        case "login" | "logout":
            from .login import login, logout

            if given.command == "login":
                return login(settings, browser=not given.no_browser, device=given.device)
            return logout(settings, forget=given.forget)
        case "config":
            from .config import show

            return show(settings)
        case "serve" if given.http is not None:
            from ..serving.streamable_http import serve_http

            return serve_http(settings, given.http)
        case _:
            # Imported modules stay, so the collector need not scan them: an eighth of the start time.
            gc.disable()
            from ..serving.stdio import serve

            gc.freeze()
            gc.enable()
            return serve(settings)


def _add(given: argparse.Namespace) -> int:
    from ..settings.proposals import AddRequest
    from .add import add

    options = _options(given)
    request = AddRequest(**{name: getattr(given, name) for name in AddRequest.__dataclass_fields__})
    # Here a named file need not exist yet.
    named = options.config or os.environ.get("CLOSIENT_MCP_CONFIG", "").strip()
    exists = not named or Path(named).expanduser().exists()
    settings = load_settings(options, os.environ, None if exists else "")
    alone = replace(options, system=given.name)
    return add(settings, request, lambda text: load_settings(alone, os.environ, text))


def _sandbox(given: argparse.Namespace) -> int:
    from ...sandbox.serving import serve

    return serve(given.port, given.variant)


def _options(given: argparse.Namespace) -> Options:
    values = vars(given)
    return Options(**{name: values[name] for name in Options.__dataclass_fields__ if name in values})


def _add_system(parser: argparse.ArgumentParser, help: str) -> None:
    parser.add_argument("system", nargs="?", metavar="SYSTEM", default=argparse.SUPPRESS, help=help)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError
    return number


def _parser() -> argparse.ArgumentParser:
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
        description="An MCP server that turns an api-catalog into tools and calls the APIs for your agent.",
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"closient-mcp {version('closient-mcp')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, help: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help, description=help, parents=[common])

    serve = command("serve", "serve MCP over stdio, as a host starts it, or over HTTP")
    serve.add_argument("--http", metavar="[HOST:]PORT", help="Streamable HTTP on this machine; 0 picks a port")
    command("demo", "run the end-to-end walkthrough against the sandbox; no account, no network")
    login = command("login", "sign in now")
    _add_system(login, "the system to sign in to (default: all that have a sign-in)")
    login.add_argument("--no-browser", action="store_true", help="print the URL, and ask for the redirected URL")
    login.add_argument("--device", action="store_true", help="print a code to enter on another device")
    logout = command("logout", "revoke the sign-in and delete it")
    _add_system(logout, "the system to sign out of (default: all)")
    logout.add_argument("--forget", action="store_true", help="delete the registration too")
    status = command("status", "show what can be reached, how many tools that gives, and what was skipped and why")
    status.add_argument("--json", action="store_true", help="as JSON")
    tools = command("tools", "list the tools that an agent sees")
    tools.add_argument("query", nargs="?", metavar="QUERY", help="only tools that match, best first")
    tools.add_argument("--json", action="store_true", help="the MCP definitions, each with system and tier")
    tools.add_argument("--all", action="store_true", help="every operation, also those that are not listed to agents")
    tools.add_argument("--changed", action="store_true", help="show how the tools differ from those first seen")
    tools.add_argument("--accept", action="store_true", help="accept the tools as they are now")
    call = command("call", "call a tool as an agent would, and print the result as JSON")
    call.add_argument("tool", metavar="TOOL", help="a name from `tools --all`")
    call.add_argument(
        "arguments", nargs="?", default="{}", metavar="JSON", help="its arguments; - reads them from stdin"
    )
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
    config = command("config", "show the settings in force and their sources, or the JSON Schema of the file")
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
    parser.commands = commands.choices
    return parser
