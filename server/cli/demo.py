"""`closient-mcp demo`: an end-to-end walkthrough, with no account and no network."""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING

import anyio
import httpx2
from anyio.streams.buffered import BufferedByteReceiveStream

from ...tools.formats.json_values import InvalidJsonError, JsonObject, as_list, as_object, as_text, parse_json, to_text
from ..hosts.table import HOSTS
from ..settings.model import Settings
from .terminal import BOLD, GREEN, RED, Terminal

if TYPE_CHECKING:
    from mcp import Client

_PROGRAM = [sys.executable, "-m", "closient_mcp.server"]
_SIMULATED_BROWSER = shlex.join([sys.executable, "-m", "closient_mcp.server.cli.demo_browser", "%s"])
_SEARCH: JsonObject = {
    "query": "organic peanut butter",
    "latitude": 48.4284,
    "longitude": -123.3656,
    "radius_km": 25,
    "limit": 3,
}
_WHOAMI: JsonObject = {"name": "account_whoami"}
_SECONDS_TO_START = 60
_TRIES_TO_SIGN_IN = 4
_STEPS = 6


_SANDBOX_MISSING = (
    "The demo needs the sandbox, which is not installed. Install it with `uv tool install 'closient-mcp[sandbox]'`, "
    "`pipx install --force 'closient-mcp[sandbox]'` or `pip install 'closient-mcp[sandbox]'`."
)


class DemoError(Exception):
    """A step had an unexpected result."""


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """The sandbox's URL, an API key that it accepts, and our folder for the demo."""

    url: str
    api_key: str
    home: str

    def count(self, method: str, path: str) -> int:
        """The number of requests for a path."""
        log = parse_json(httpx2.get(f"{self.url}/__sandbox__/log", trust_env=False).content)
        return sum(as_object(entry).get("method") == method and as_object(entry).get("path") == path
                   for entry in as_list(log))  # fmt: skip


def demo(settings: Settings) -> int:
    """Run the walkthrough; the exit code is 0 if every step succeeded."""
    terminal = Terminal(sys.stdout)
    if find_spec("django") is None:
        terminal.say(_SANDBOX_MISSING)
        return 1
    try:
        anyio.run(_show, terminal, settings.browser if sys.stdout.isatty() else None)
    except DemoError as error:
        terminal.say(("\nThe demo failed:", RED), f" {error}")
        return 1
    return 0


async def _show(terminal: Terminal, browser: str | None) -> None:
    terminal.say(("closient-mcp demo", BOLD), ": no account; no network once installed; nothing left behind")
    _step(terminal, 1, "A local Closient sandbox", ["sandbox", "--port", "0"])
    # A temporary folder, so that the user's settings and sign-ins are neither read nor changed.
    with tempfile.TemporaryDirectory(prefix="closient-mcp-demo-") as home:
        async with _sandbox(home) as sandbox:
            terminal.say(f"  listening at {sandbox.url}")
            await _show_status(terminal, sandbox)
            await _show_tools(terminal, sandbox)
            await _show_sign_in(terminal, sandbox, browser)
            await _show_second_start(terminal, sandbox)
    program = Path(sys.executable).with_name("closient-mcp")
    terminal.say(("\nDone.", GREEN), f" To put this into your own host: {program} install HOST")
    terminal.say(f"HOST is one of: {', '.join(HOSTS)}")


async def _show_status(terminal: Terminal, sandbox: RunningSandbox) -> None:
    from mcp.client.stdio import get_default_environment

    command = ["status", "--site", sandbox.url]
    _step(terminal, 2, "Read its api-catalog and the OpenAPI documents listed there", command)
    environment = {**get_default_environment(), "CLOSIENT_MCP_HOME": sandbox.home}
    output = await anyio.run_process([*_PROGRAM, *command, "--json"], env=environment, check=False)
    state = _object(output.stdout.decode())
    closient = as_object(as_object(state.get("systems")).get("closient"))
    if not closient.get("operations"):
        raise DemoError(f"no operations were read: {closient.get('failure')}")
    terminal.say(
        f"  {closient.get('apis')} APIs, {closient.get('documents')} documents, "
        f"{closient.get('operations')} operations, {state.get('listed')} tools for the agent"
    )


async def _show_tools(terminal: Terminal, sandbox: RunningSandbox) -> None:
    _step(terminal, 3, "Start our server over stdio, as an MCP host does", ["serve", "--site", sandbox.url])
    async with _host(sandbox, CLOSIENT_API_KEY=sandbox.api_key) as client:
        tools = (await client.list_tools()).tools
        terminal.say(f"  protocol {client.protocol_version}, {len(tools)} tools")
        products = await _search(terminal, client)
        gtin = as_text(products[0].get("gtin"))
        product = await _call(terminal, client, "lookup_product", {"gtin": gtin})
        terminal.say(f"  {product.get('name')} by {product.get('brand')}, {product.get('size')}")
        resolved = await _call(terminal, client, "resolve_gtin", {"gtin": gtin})
        for link in [as_object(link) for link in as_list(resolved.get("links"))][:3]:
            terminal.say(f"  {link.get('link_type')}: {link.get('href')}")
        _step(terminal, 4, "An operation that is not listed as a tool, with an API key")
        found = await _call(terminal, client, "find_operations", {"query": "the caller's own identity", "limit": 1})
        for operation in [as_object(operation) for operation in as_list(found.get("operations"))]:
            terminal.say(f"  {operation.get('name')}: {operation.get('does')}")
        caller = await _call(terminal, client, "read_operation", _WHOAMI)
        names = [as_text(as_object(organization).get("name")) for organization in as_list(caller.get("organizations"))]
        terminal.say(f"  the key belongs to {', '.join(names)}")


async def _show_sign_in(terminal: Terminal, sandbox: RunningSandbox, browser: str | None) -> None:
    _step(terminal, 5, "The same without a key: the first call that needs it signs the user in")
    if browser:
        terminal.say("  your browser opens; sign in as alice with the password sandbox, and allow access")
    else:
        terminal.say("  there is no browser here, so the demo signs in and allows access as alice")
    async with _host(sandbox, BROWSER=browser or _SIMULATED_BROWSER) as client:
        await _call_until_signed_in(terminal, client)
        terminal.say("\n  and the first search again, now as alice:")
        await _search(terminal, client)
    registrations, sign_ins = sandbox.count("POST", "/oauth/register/"), sandbox.count("POST", "/oauth/authorize/")
    terminal.say(f"\n  {registrations} registration, {sign_ins} sign-in")
    if (registrations, sign_ins) != (1, 1):
        raise DemoError("expected one of each")


async def _show_second_start(terminal: Terminal, sandbox: RunningSandbox) -> None:
    _step(terminal, 6, "A second start is signed in already, with the stored sign-in")
    async with _host(sandbox, BROWSER=_SIMULATED_BROWSER) as client:
        caller = await _call(terminal, client, "read_operation", _WHOAMI)
    terminal.say(f"  {caller.get('email')}, with {sandbox.count('POST', '/oauth/authorize/')} sign-in in all")
    if sandbox.count("POST", "/oauth/authorize/") != 1:
        raise DemoError("expected no second sign-in")


async def _call_until_signed_in(terminal: Terminal, client: Client) -> None:
    """Repeat the call until the user has signed in, as an agent does."""
    for _ in range(_TRIES_TO_SIGN_IN - 1):
        try:
            caller = await _call(terminal, client, "read_operation", _WHOAMI)
        except DemoError as error:
            if "finish signing in" not in str(error).lower():
                raise
            terminal.say(f"  {error}")
        else:
            terminal.say(f"  {caller.get('email')}")
            return
    raise DemoError("not signed in after several tries")


async def _search(terminal: Terminal, client: Client) -> list[JsonObject]:
    result = await _call(terminal, client, "search_products", _SEARCH)
    items = [as_object(item) for item in as_list(result.get("items"))]
    if not items:
        raise DemoError("the search near Victoria found nothing")
    for item in items:
        terminal.say(f"  {_offer_line(item)}")
    return items


def _step(terminal: Terminal, number: int, title: str, command: Sequence[str] = ()) -> None:
    terminal.say((f"\n▸ {number}/{_STEPS} {title}", BOLD))
    if command:
        terminal.say(f"  $ {shlex.join(['closient-mcp', *command])}")


async def _call(terminal: Terminal, client: Client, tool: str, arguments: JsonObject) -> JsonObject:
    """Call a tool as a host does, and print the call."""
    terminal.say((f"\n  {tool}", BOLD), f" {to_text(arguments)}")
    result = await client.call_tool(tool, arguments)
    text = next((block.text for block in result.content if block.type == "text"), "")
    if result.is_error:
        raise DemoError(f"{tool}: {text}")
    return _object(text)


def _object(text: str) -> JsonObject:
    try:
        return as_object(parse_json(text))
    except InvalidJsonError as error:
        raise DemoError(f"invalid response: {error}") from None


def _offer_line(item: JsonObject) -> str:
    price, store = as_object(item.get("price")), as_object(item.get("store"))
    money = f"{price.get('amount')} {price.get('currency')}"
    return f"{item.get('distance_km')} km  {money}  {item.get('stock_status')}  {item.get('name')}, {store.get('name')}"


@asynccontextmanager
async def _host(sandbox: RunningSandbox, **environment: str) -> AsyncGenerator[Client]:
    """Our server as a host starts it: a process with a minimal environment."""
    from mcp import Client, StdioServerParameters

    arguments = [*_PROGRAM[1:], "serve", "--site", sandbox.url]
    environment = {"CLOSIENT_MCP_HOME": sandbox.home, **environment}
    async with Client(StdioServerParameters(command=_PROGRAM[0], args=arguments, env=environment)) as client:
        yield client


@asynccontextmanager
async def _sandbox(home: str) -> AsyncGenerator[RunningSandbox]:
    """A sandbox process; it ends with its input, so even if we are killed."""
    command = [sys.executable, "-m", "closient_mcp.sandbox", "--port", "0", "--json", "--until-eof"]
    async with await anyio.open_process(command, stdin=PIPE, stdout=PIPE, stderr=None) as process:
        assert process.stdin
        assert process.stdout
        try:
            with anyio.fail_after(_SECONDS_TO_START):
                line = await BufferedByteReceiveStream(process.stdout).receive_until(b"\n", 65_536)
        except (TimeoutError, anyio.IncompleteRead, anyio.EndOfStream):
            raise DemoError("the sandbox did not start") from None
        started = _object(line.decode())
        yield RunningSandbox(as_text(started.get("url")), as_text(started.get("api_key")), home)
        await process.stdin.aclose()
