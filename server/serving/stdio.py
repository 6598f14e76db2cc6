"""`closient-mcp serve`: MCP over stdio."""

from __future__ import annotations

import sys

import anyio
from mcp.server.stdio import stdio_server

from ...auth.secrets.redaction import Redaction
from ..bridge.composition import open_bridge
from ..logs import start_log
from ..settings.model import Settings
from ..signals import end_on_signals
from .protocol import McpBridge


def serve(settings: Settings) -> int:
    """Serve until the host closes our input."""
    redaction = Redaction()
    start_log(settings.log_level, settings.log_file, redaction)
    end_on_signals()
    anyio.run(_serve_stdio, settings, redaction)
    return 0


async def _serve_stdio(settings: Settings, redaction: Redaction) -> None:
    async with open_bridge(settings, redaction) as bridge:
        server = McpBridge(bridge).server()
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())


def explain() -> int:
    """What to say to a person who starts us on a terminal, where no host will ever speak."""
    print(
        "closient-mcp is an MCP server: a host such as Claude Desktop, Cursor or VS Code starts it and talks to it.\n"
        "Put this into your host's configuration:\n\n"
        '  {"mcpServers": {"closient": {"command": "closient-mcp", "args": ["serve"]}}}\n\n'
        "Here in the terminal, try:\n"
        "  closient-mcp demo            the whole thing at work, no account, no network\n"
        "  closient-mcp login           sign in now instead of at the first call that needs it\n"
        "  closient-mcp status          what can be reached, and which tools that gives\n"
        '  closient-mcp call validate_gtin \'{"gtin": "09506000134352"}\'\n'
        "  closient-mcp --help          everything else",
        file=sys.stderr,
    )
    return 0
