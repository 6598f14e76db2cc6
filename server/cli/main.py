"""The command line: what can be asked for, and who answers."""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import cast

from ...auth import background
from ..settings.loading import load_settings
from ..settings.model import MISUSE, Options, Settings, SettingsError

_LAST_SECONDS = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code: 0 well, 1 the command reports a failure, 2 misuse."""
    _open_streams()
    given = _parser().parse_args(arguments)
    if given.command is None and sys.stdin.isatty():
        from ..serving.stdio import explain

        return explain()
    if given.command == "sandbox":
        return _sandbox(given)
    if given.command == "config" and given.what == "schema":
        from .config import schema

        return schema()
    try:
        code = _add(given) if given.command == "add" else _run(given, load_settings(_options(given), os.environ))
        sys.stdout.flush()  # here, where it can still be told that nobody reads it
        return code
    except SettingsError as error:
        print(f"closient-mcp: {error}", file=sys.stderr)
        return MISUSE
    except KeyboardInterrupt:
        return 130
    except (BrokenPipeError, ExceptionGroup) as error:
        if not _is_broken_pipe(error):
            raise
        # The reader of our output left, as `head` and hosts do; what is still in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        # Here, where threads can still be started: without them no name is looked up and nothing is tried again.
        background.finish(_LAST_SECONDS)


def _is_broken_pipe(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return all(_is_broken_pipe(inner) for inner in group.exceptions)
    return isinstance(error, BrokenPipeError)


def _open_streams() -> None:
    """Streams that can be used whatever they were started with: closed ones lead nowhere, narrow ones escape."""
    # Opened for the life of the process.
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run(given: argparse.Namespace, settings: Settings) -> int:
    # Each command imports what it needs and no more: a host waits for `serve`.
    match given.command:
        case "demo":
            from .demo import demo

            return demo(browser=settings.browser, bare=settings.bare)
        case "status" | "tools" | "call":
            from .show import call, status, tools

            if given.command == "status":
                return status(settings, as_json=given.json, bare=settings.bare)
            if given.command == "tools":
                return tools(
                    settings,
                    given.query,
                    as_json=given.json,
                    everything=given.all,
                    changed=given.changed,
                    accept=given.accept,
                    bare=settings.bare,
                )
            return call(settings, given.tool, given.arguments, bare=settings.bare)
        case "login" | "logout":
            from .login import login, logout

            if given.command == "login":
                return login(settings, browser=not given.no_browser, device=given.device, bare=settings.bare)
            return logout(settings, forget=given.forget, bare=settings.bare)
        case "config":
            from .config import show

            return show(settings)
        case "serve" if given.http is not None:
            from ..serving.http import serve_http

            return serve_http(settings, given.http)
        case _:
            # What is imported stays, so the collector need not look through it: an eighth of a start.
            gc.disable()
            from ..serving.stdio import serve

            gc.freeze()
            gc.enable()
            return serve(settings)


def _add(given: argparse.Namespace) -> int:
    from .add import Request, add
    from .proposal import Given

    options = _options(given)
    credential = Given(given.client_id, given.redirect_uri)
    request = Request(given.name, given.url, given.preset, given.base or "", given.account, given.retailer, credential)
    # A file that is named need not be there yet.
    named = options.config or os.environ.get("CLOSIENT_MCP_CONFIG", "").strip()
    there = not named or Path(named).expanduser().exists()
    settings = load_settings(options, os.environ, None if there else "")
    alone = replace(options, system=given.name)
    return add(settings, request, lambda text: load_settings(alone, os.environ, text))


def _sandbox(given: argparse.Namespace) -> int:
    from ...sandbox.serving import serve

    return serve(given.port)


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
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("common options")
    group.add_argument("--config", metavar="FILE", help="the settings file (default: closient-mcp.toml in our folder)")
    group.add_argument("--site", metavar="SITE", help="production (default), testing, local, or a URL")
    group.add_argument("--system", metavar="NAME", help="only this system")
    group.add_argument(
        "--expose", metavar="MODE", help="auto (default), core, all, or a list of APIs (search,products)"
    )
    group.add_argument("--read-only", action="store_true", help="only operations that read")
    group.add_argument("--log-level", metavar="LEVEL", help="debug, info, warning (default) or error")
    group.add_argument("--log-file", metavar="FILE", help="log to this file instead of stderr")

    parser = argparse.ArgumentParser(
        prog="closient-mcp",
        description="An MCP server that turns an api-catalog into tools and calls the APIs for your agent.",
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"closient-mcp {version('closient-mcp')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, help: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help, description=help, parents=[common])

    serve = command("serve", "serve MCP over stdio, as hosts start it, or over HTTP")
    serve.add_argument("--http", metavar="[HOST:]PORT", help="Streamable HTTP on this machine; 0 picks a port")
    command("demo", "the main job end to end against the sandbox; no account, no network")
    login = command("login", "sign in now")
    _add_system(login, "the system to sign in to; all that want it, unless named")
    login.add_argument("--no-browser", action="store_true", help="print the URL, and take the redirected one back")
    login.add_argument("--device", action="store_true", help="print a code to enter on another device")
    logout = command("logout", "revoke the sign-in at the server and drop it")
    _add_system(logout, "the system to sign out of; all, unless named")
    logout.add_argument("--forget", action="store_true", help="drop the registration too")
    status = command("status", "what can be reached, which tools that gives, what was skipped and why")
    status.add_argument("--json", action="store_true", help="as JSON")
    tools = command("tools", "what an agent would see")
    tools.add_argument("query", nargs="?", metavar="QUERY", help="only tools that these words find, best first")
    tools.add_argument("--json", action="store_true", help="the MCP definitions, each with system and tier")
    tools.add_argument("--all", action="store_true", help="every operation, listed to agents or not")
    tools.add_argument("--changed", action="store_true", help="what differs from what was first seen")
    tools.add_argument("--accept", action="store_true", help="take the tools as they are now for what was first seen")
    call = command("call", "call a tool as an agent would, and print the result's JSON")
    call.add_argument("tool", metavar="TOOL", help="any name that `tools --all` shows")
    call.add_argument(
        "arguments", nargs="?", default="{}", metavar="JSON", help="its arguments; - reads them from stdin"
    )
    add = command("add", "look a system up, write its settings, offer to sign in")
    add.add_argument("name", metavar="NAME", help="what to call it; its tools' names begin with that")
    add.add_argument("url", metavar="URL", help="of its site, its api-catalog or an OpenAPI document; or a file")
    add.add_argument("--preset", choices=["closient", "close", "fluent"], help="what kind of system it is")
    add.add_argument("--base", metavar="ADDRESS", help="where its API is, whatever its documents say")
    add.add_argument("--client-id", metavar="ID", help="a client of your own to sign in as")
    add.add_argument("--redirect-uri", metavar="URI", help="as that client is registered with")
    add.add_argument("--account", metavar="NAME", help="Fluent's account, where the URL does not say it")
    add.add_argument("--retailer", type=int, metavar="N", help="Fluent's retailer")
    config = command("config", "the settings in force, and where each came from")
    config.add_argument("what", choices=["show", "schema"], help="show them, or the JSON Schema of the settings file")
    sandbox = command("sandbox", "run a Closient of your own on this machine until stopped")
    sandbox.add_argument("--port", type=_port, metavar="N", default=8000, help="0 picks a free one (default: 8000)")
    return parser
