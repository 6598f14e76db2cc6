"""The command line: runs the function of each command."""

from __future__ import annotations

import argparse
import errno
import gc
import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ...auth import background
from ..process.signals import LAST_SECONDS
from ..settings.loading import invalid_settings, load_settings, load_valid_settings
from ..settings.model import USAGE_ERROR, Options, Settings, SettingsError, UsageError
from .entry import importing
from .parser import command_line, words_of

if TYPE_CHECKING:
    from ..serving.replay import Replay

_OUTPUT_ERRORS = (errno.EPIPE, errno.ENOSPC, errno.EIO)


def main(arguments: Sequence[str] | None = None, replay: Replay | None = None) -> int:
    """Run one command and return the exit code: 0 success, 1 failure, 2 usage error; `replay` is for `serve`."""
    _open_streams()
    try:
        try:
            return _dispatch(arguments, replay)
        finally:
            sys.stdout.flush()  # so that a failure to write is reported here
    except SettingsError as error:
        _print_error(str(error))
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


def _dispatch(arguments: Sequence[str] | None, replay: Replay | None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    try:
        given = command_line(words).parse_args(words)
    except UsageError as error:
        if "serve" not in words or "--http" in words or sys.stdin.isatty():
            raise
        from ..serving.stdio import serve

        return serve(invalid_settings(os.environ, (str(error),)), replay)
    if given.command is None and sys.stdin.isatty():
        from ..serving.stdio import explain

        return explain()
    if run := _COMMANDS.get(given.command or ""):
        return run(given)
    if given.command == "config" and given.action == "schema":
        from .config import schema

        return schema()
    # A host shows what its server answers, but not what it prints; a user at a terminal sees what is printed.
    by_host = given.command in (None, "serve") and getattr(given, "http", None) is None and not sys.stdin.isatty()
    load = load_settings if given.command == "config" else load_valid_settings
    settings = load(_options(given), os.environ)
    if getattr(given, "no_pager", False):
        settings = replace(settings, pager="")
    if not by_host:
        _report_problems(settings)
    return _run(given, settings, replay)


def _report_problems(settings: Settings) -> None:
    """Print what is wrong with systems that are left out.

    Raises:
        SettingsError: no system is left.
    """
    if settings.problems and not settings.systems:
        raise SettingsError(settings.problems[0])
    for problem in settings.problems:
        _print_error(problem)


def _print_error(message: str) -> None:
    # Here, because a host waits for `serve`.
    from .terminal import Terminal

    Terminal(sys.stderr).say(f"closient-mcp: {message}")


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


def _run(given: argparse.Namespace, settings: Settings, replay: Replay | None) -> int:
    # Each command imports only what it needs: a host waits for `serve`.
    match given.command:
        case "demo":
            from .demo import demo

            return demo(settings)
        case "status" | "tools" | "call":
            with importing():
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
            return call(settings, given.tool, given.arguments, as_json=given.json, dry_run=given.dry_run)
        case "login" | "logout":
            from .login import login, logout, logout_callers

            if given.command == "login":
                return login(settings, browser=not given.no_browser, device=given.device)
            if given.caller is not None or given.all_callers:
                return logout_callers(settings, given.caller, forget=given.forget)
            return logout(settings, forget=given.forget)
        case "config":
            from .config import show

            return show(settings)
        case "serve" if given.http is not None:
            from ..serving.streamable_http import serve_http

            return serve_http(settings, given.http)
        case _:
            with importing():
                from ..serving.stdio import serve
            gc.freeze()
            return serve(settings, replay)


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


def _doctor(given: argparse.Namespace) -> int:
    from ..hosts.paths import Machine
    from .doctor import doctor

    def load(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
        words = arguments[arguments.index("serve") :] if "serve" in arguments else ["serve"]
        try:
            return load_valid_settings(_options(command_line(words).parse_args(words)), environment)
        except UsageError as error:
            return invalid_settings(environment, (str(error),))

    settings = load_valid_settings(_options(given), os.environ)
    return doctor(settings, Machine(os.environ, sys.platform, Path.cwd()), load, as_json=given.json)


def _completion(given: argparse.Namespace) -> int:
    from .completion import completion

    return completion(command_line(), given.shell)


def _help(given: argparse.Namespace) -> int:
    command_line().parse_args([*([given.topic] if given.topic else []), "--help"])
    return 0


def _remove(given: argparse.Namespace) -> int:
    from .remove import remove

    options = _options(given)
    others = load_settings(options, os.environ, without=frozenset({given.name}))
    return remove(others, given.name, lambda: load_settings(replace(options, system=given.name), os.environ))


def _install(given: argparse.Namespace) -> int:
    from ..hosts.errors import HostError
    from ..hosts.paths import Machine
    from .install import install, installation_of, uninstall

    options = _options(given)
    installation = installation_of(given.host, Machine(os.environ, sys.platform, Path.cwd()), given.config_path)
    try:
        if given.command == "uninstall":
            return uninstall(installation)
        load = partial(load_valid_settings, options)
        return install(installation, words_of(options), load, only_print=given.print)
    except HostError as error:
        _print_error(str(error))
        return 1


def _sandbox(given: argparse.Namespace) -> int:
    from ...sandbox.serving import serve

    return serve(given.port, given.variant)


def _options(given: argparse.Namespace) -> Options:
    values = vars(given)
    return Options(**{name: values[name] for name in Options.__dataclass_fields__ if name in values})


# Those that load the settings in a way of their own, or need none.
_COMMANDS = {
    "add": _add,
    "completion": _completion,
    "doctor": _doctor,
    "help": _help,
    "install": _install,
    "remove": _remove,
    "sandbox": _sandbox,
    "uninstall": _install,
}
