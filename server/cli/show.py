"""`status`, `tools` and `call`: the agent's view, on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

from ...tools.caller import Caller, caller
from ...tools.errors import ToolError
from ...tools.formats.json_values import InvalidJsonError, JsonObject, JsonValue, as_object, parse_json
from ...tools.formats.text import counted, map_text
from ...tools.http.preview import PreviewSender, RequestPreview
from ...tools.http.sender import Sender
from ...tools.schema.argument_errors import unknown_arguments
from ...tools.toolset.tool import Tool
from ..bridge.composition import Bridge, open_bridge
from ..bridge.report import unknown_apis
from ..process.logs import start_log
from ..process.signals import end_on_signals
from ..serving.calls import call_tool, unknown_tool
from ..serving.user_channel import UserChannel
from ..settings.model import USAGE_ERROR, Settings, UsageError
from .terminal import BOLD, GREEN, MAGENTA, RED, Terminal

# So that calls in a script don't fetch the documents each time.
_FRESH_SECONDS = 3600.0
_TIER_STYLE = {"read": "", "create": GREEN, "update": MAGENTA, "destructive": RED}


def status(settings: Settings, *, as_json: bool) -> int:
    """Print the state of every system; the exit code is 1 if one cannot be reached."""
    from .status import status_of

    async def run() -> int:
        async with _loaded(settings) as bridge:
            if as_json:
                _print_json(status_of(bridge))
            else:
                _print_status(bridge)
            if code := _report_unknown_apis(bridge):
                return code
            return 1 if any(connection.system.unreachable for connection in bridge.connections.values()) else 0

    return anyio.run(run)


def tools(
    settings: Settings, query: str | None, *, as_json: bool, everything: bool, changed: bool, accept: bool
) -> int:
    """Print the tools that an agent sees, or all, or their changes; the exit code is 1 if a system failed."""

    async def run() -> int:
        async with _loaded(settings) as bridge:
            if changed or accept:
                _show_changed(bridge, query or "", accept=accept, as_json=as_json)
                return _report_failures(bridge)
            shown = bridge.tools.all() if everything else bridge.tools.listed()
            if query:
                from ...tools.toolset.ranking import ToolIndex

                shown = [found.tool for found in ToolIndex(shown).search(query)]
            if as_json:
                definitions: list[JsonValue] = [
                    {**tool.definition(), "system": tool.system, "tier": tool.tier} for tool in shown
                ]
                _print_json(definitions)
            else:
                _print_tools(shown, settings)
            return _report_unknown_apis(bridge) or _report_failures(bridge)

    return anyio.run(run)


def _show_changed(bridge: Bridge, query: str, *, accept: bool, as_json: bool) -> None:
    from .changed_tools import changed_json, print_changed

    if accept:
        for connection in bridge.connections.values():
            connection.baseline.accept()
    if as_json:
        _print_json(changed_json(bridge, query))
    else:
        terminal = Terminal(sys.stdout)
        with terminal.paged(bridge.settings):
            print_changed(bridge, query, terminal)


def call(settings: Settings, name: str, arguments: str, *, as_json: bool, dry_run: bool) -> int:
    """Call one tool and print the result; the exit code is 0 success, 1 tool error, 2 usage error.

    The result is laid out on a terminal, elsewhere or with `as_json` it is that of `tools/call`. With `dry_run`, print
    the request that the call would send first.
    """
    output = Terminal(sys.stdout)
    as_json = as_json or not output.is_terminal
    try:
        values = parse_json(sys.stdin.read() if arguments == "-" else arguments)
    except InvalidJsonError as error:
        raise UsageError(f"the arguments are {error}") from None
    if not isinstance(values, dict):
        raise UsageError('invalid arguments: expected a JSON object, such as {"query": "trail mix"}')

    end_on_signals()

    async def run() -> int:
        redaction = start_log(settings.log_level, settings.log_file)
        async with open_bridge(settings, redaction, PreviewSender if dry_run else Sender) as bridge:
            await _load_for(bridge, name)
            if code := _report_unknown_apis(bridge):
                return code
            tool = bridge.tools.find(name)
            if tool is None:
                Terminal(sys.stderr).say(f"closient-mcp: {redaction.hide(unknown_tool(bridge.tools, name))}")
                return _report_failures(bridge) or USAGE_ERROR
            if unknown := unknown_arguments(tool.input_schema, values):
                raise UsageError(f"{name}: {redaction.hide('; '.join(unknown))}")
            if dry_run:
                return await _preview(bridge, tool, values, output, as_json=as_json)
            errors = Terminal(sys.stderr)

            async def report(message: str) -> None:
                errors.say(message)

            caller.set(Caller(report=report))
            result = await call_tool(
                bridge, tool, values, UserChannel(report, progress_shown=True, keeps_running=False)
            )
            if as_json:
                _print_json(result)
            else:
                from .layout import print_result

                with output.paged(settings):
                    print_result(result, output, errors)
            return 1 if result["isError"] else 0

    return anyio.run(run)


async def _preview(bridge: Bridge, tool: Tool, arguments: JsonObject, output: Terminal, *, as_json: bool) -> int:
    """Print the request of a call; a tool that needs none is called."""
    hide = bridge.calls.redaction.hide
    try:
        result = await bridge.calls.call(tool, arguments)
    except RequestPreview as preview:
        request = as_object(map_text(preview.as_json(), hide))
        if as_json:
            _print_json(request)
        else:
            from .layout import laid_out

            output.show(laid_out(request, output.width))
        return 0
    except ToolError as error:
        Terminal(sys.stderr).say((f"closient-mcp: {hide(error.message)}", RED), f" {hide(error.next_step)}".rstrip())
        return 1
    Terminal(sys.stderr).say(f"closient-mcp: {tool.name} sends no request; this is its result:")
    print(result.text)
    return 0


@asynccontextmanager
async def _loaded(settings: Settings) -> AsyncGenerator[Bridge]:
    async with open_bridge(settings, start_log(settings.log_level, settings.log_file)) as bridge:
        await _load(bridge)
        yield bridge


async def _load(bridge: Bridge) -> None:
    with Terminal(sys.stderr).progress("Reading the documents") as progress:
        await bridge.loader.load(progress, revalidate=True)


async def _load_for(bridge: Bridge, name: str) -> None:
    """Load what is needed to find a tool, and to check the setting `expose` as far as documents are cached."""
    if bridge.settings.exposure.mode == "apis":
        await bridge.loader.load_cached(max_age=_FRESH_SECONDS)
    finds = name.endswith(("_operation", "_operations"))
    if bridge.tools.find(name) is None or finds:
        warm = await bridge.loader.load_cached(max_age=_FRESH_SECONDS)
        # A known tool needs no other system.
        if bridge.tools.find(name) is None or (finds and not warm):
            await _load(bridge)
            await bridge.loader.load_matching("", name=name)


def _report_unknown_apis(bridge: Bridge) -> int:
    """Print the unknown APIs of `expose`; the exit code is a usage error if all are unknown."""
    unknown = unknown_apis(bridge.settings, bridge.tools)
    for problem in unknown:
        Terminal(sys.stderr).say(f"closient-mcp: {problem.subject}: {problem.reason}")
    return USAGE_ERROR if unknown and len(unknown) == len(bridge.settings.exposure.apis) else 0


def _report_failures(bridge: Bridge) -> int:
    systems = [connection.system for connection in bridge.connections.values()]
    failed = [system for system in systems if system.failure]
    for system in failed:
        Terminal(sys.stderr).say(f"closient-mcp: {system.name}: {system.failure}")
    for stale in [stale for system in systems for stale in system.stale()]:
        Terminal(sys.stderr).say(f"closient-mcp: {stale.url} is from {stale.timestamp}, because {stale.reason}")
    return 1 if failed else 0


def _print_json(value: JsonObject | list[JsonValue]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def _print_status(bridge: Bridge) -> None:
    from .status import status_lines

    terminal = Terminal(sys.stdout)
    with terminal.paged(bridge.settings):
        for line in status_lines(bridge):
            terminal.say((line, "" if line.startswith(" ") else BOLD))


def _print_tools(shown: list[Tool], settings: Settings) -> None:
    terminal = Terminal(sys.stdout)
    rows = [((tool.name, BOLD), (tool.tier, _TIER_STYLE[tool.tier]), tool.title) for tool in shown]
    with terminal.paged(settings):
        terminal.table(("name", "tier", "title"), rows)
        if terminal.is_terminal:
            terminal.say(counted(len(shown), "tool"))
