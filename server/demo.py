"""`closient-mcp demo`: the main job end to end, with no account and no network."""

from __future__ import annotations

import shlex
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from subprocess import PIPE
from typing import TYPE_CHECKING

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream

from ..tools.json_values import JsonObject, NotJson, as_list, as_object, as_text, parse_json, to_text
from .terminal import BOLD, CYAN, DIM, GREEN, RED, Terminal

if TYPE_CHECKING:
    from mcp import Client

_PLACE = {"latitude": 48.4284, "longitude": -123.3656, "radius_km": 25}
_SECONDS_TO_START = 60


class DemoFailed(Exception):
    """A step did not give what it should."""


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """Where the sandbox listens, and a key that it accepts."""

    address: str
    api_key: str


def demo(*, bare: bool) -> int:
    """Show the whole thing at work; 0 if every step gave what it should."""
    terminal = Terminal(sys.stdout, bare=bare)
    if find_spec("django") is None:
        terminal.say("The demo needs the sandbox: pip install 'closient-mcp[sandbox]'")
        return 1
    try:
        anyio.run(_show, terminal)
    except DemoFailed as error:
        terminal.say(f"\n{terminal.paint('The demo failed:', RED)} {error}")
        return 1
    return 0


async def _show(terminal: Terminal) -> None:
    terminal.say(f"{terminal.paint('closient-mcp demo', BOLD)}: no account, no network, nothing left behind")
    _step(terminal, "A Closient of our own, on this machine", ["sandbox", "--port", "0"])
    async with _sandbox(terminal) as sandbox:
        terminal.say(f"  it listens at {sandbox.address}")
        await _show_status(terminal, sandbox)
        await _show_session(terminal, sandbox)
    terminal.say(f"\n{terminal.paint('Done.', GREEN)} mcp.json has the entry that puts this into your own MCP host.")


async def _show_status(terminal: Terminal, sandbox: RunningSandbox) -> None:
    _step(terminal, "Read its api-catalog and the OpenAPI documents listed there", ["status"])
    output = await anyio.run_process(
        [*_PROGRAM, "status", "--json", "--site", sandbox.address], env=_environment(sandbox), check=False
    )
    state = _object(output.stdout.decode())
    closient = as_object(as_object(state.get("systems")).get("closient"))
    if not closient.get("operations"):
        raise DemoFailed(f"no operations were read: {closient.get('failure')}")
    terminal.say(
        f"  {closient.get('apis')} APIs, {closient.get('descriptions')} descriptions, "
        f"{closient.get('operations')} operations, {state.get('listed')} tools for the agent"
    )


async def _show_session(terminal: Terminal, sandbox: RunningSandbox) -> None:
    from mcp import Client, StdioServerParameters

    command = ["serve", "--site", sandbox.address]
    _step(terminal, "Start our server over stdio, as an MCP host does", command)
    entry = StdioServerParameters(
        command=_PROGRAM[0], args=[*_PROGRAM[1:], *command], env={"CLOSIENT_API_KEY": sandbox.api_key}
    )
    async with Client(entry) as client:
        tools = (await client.list_tools()).tools
        terminal.say(f"  protocol {client.protocol_version}, {len(tools)} tools")
        found = await _call(
            terminal, client, "search_products", {"query": "organic peanut butter", **_PLACE, "limit": 3}
        )
        items = [as_object(item) for item in as_list(found.get("items"))]
        if not items:
            raise DemoFailed("the search near Victoria found nothing")
        for item in items:
            terminal.say(f"  {_offer_line(item)}")
        gtin = as_text(items[0].get("gtin"))
        product = await _call(terminal, client, "lookup_product", {"gtin": gtin})
        terminal.say(f"  {product.get('name')} by {product.get('brand')}, {product.get('size')}")
        resolved = await _call(terminal, client, "resolve_gtin", {"gtin": gtin})
        for link in [as_object(link) for link in as_list(resolved.get("links"))][:3]:
            terminal.say(f"  {link.get('link_type')}: {link.get('href')}")
        _step(terminal, "And one tool that was generated from an OpenAPI document, with the API key")
        whoami = next((tool.name for tool in tools if tool.name.endswith("whoami")), "account_whoami")
        caller = await _call(terminal, client, whoami, {})
        terminal.say(f"  {to_text(caller)[:160]}")


_PROGRAM = [sys.executable, "-m", "closient_mcp.server"]


def _step(terminal: Terminal, title: str, command: Sequence[str] = ()) -> None:
    terminal.say(f"\n{terminal.paint('▸', CYAN)} {terminal.paint(title, BOLD)}")
    if command:
        terminal.say(terminal.paint(f"  $ {shlex.join(['closient-mcp', *command])}", DIM))


async def _call(terminal: Terminal, client: Client, tool: str, arguments: JsonObject) -> JsonObject:
    """Call a tool as a host does, and show the call."""
    terminal.say(f"\n  {terminal.paint(tool, CYAN)} {terminal.paint(to_text(arguments), DIM)}")
    result = await client.call_tool(tool, arguments)
    text = next((block.text for block in result.content if block.type == "text"), "")
    if result.is_error:
        raise DemoFailed(f"{tool}: {text}")
    return _object(text)


def _object(text: str) -> JsonObject:
    try:
        return as_object(parse_json(text))
    except NotJson as error:
        raise DemoFailed(f"what came back is {error}") from None


def _offer_line(item: JsonObject) -> str:
    price, store = as_object(item.get("price")), as_object(item.get("store"))
    money = f"{price.get('amount')} {price.get('currency')}"
    return f"{item.get('distance_km')} km  {money}  {item.get('stock_status')}  {item.get('name')}, {store.get('name')}"


def _environment(sandbox: RunningSandbox) -> dict[str, str]:
    from mcp.client.stdio import get_default_environment

    return {**get_default_environment(), "CLOSIENT_API_KEY": sandbox.api_key}


@asynccontextmanager
async def _sandbox(terminal: Terminal) -> AsyncGenerator[RunningSandbox]:
    """A sandbox in a process of its own, which ends when its input does, so even if we are killed."""
    command = [sys.executable, "-m", "closient_mcp.sandbox", "--port", "0", "--json", "--until-eof"]
    async with await anyio.open_process(command, stdin=PIPE, stdout=PIPE, stderr=None) as process:
        assert process.stdin and process.stdout
        try:
            with anyio.fail_after(_SECONDS_TO_START):
                line = await BufferedByteReceiveStream(process.stdout).receive_until(b"\n", 65_536)
        except (TimeoutError, anyio.IncompleteRead, anyio.EndOfStream):
            raise DemoFailed("the sandbox did not start") from None
        told = _object(line.decode())
        yield RunningSandbox(as_text(told.get("address")), as_text(told.get("api_key")))
        await process.stdin.aclose()
