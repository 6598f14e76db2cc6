"""Whom a request is from, and which tools are theirs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from mcp.server.context import ServerRequestContext

from ...tools.caller import Caller
from ..bridge.composition import Bridge
from ..bridge.tool_table import ToolTable

if TYPE_CHECKING:
    from ..callers.identity import Identity


def tools_for(bridge: Bridge, ctx: ServerRequestContext[Any, Any]) -> ToolTable:
    """The tools that the caller of a request may use."""
    identity = _identity(bridge, ctx)
    if identity is None:
        return bridge.tools
    from ..callers.access import access_of

    access = access_of(identity, bridge.settings.http.access)
    return bridge.tools if access is None else bridge.restricted(access)


def name_of(bridge: Bridge, ctx: ServerRequestContext[Any, Any]) -> str:
    """The caller: whom the token belongs to, else the session.

    It is '' over stdio, and for clients of 2026-07-28 that do not authenticate, which have no sessions.
    """
    if identity := _identity(bridge, ctx):
        return identity.subject
    return "" if ctx.request is None else str(ctx.request.headers.get("mcp-session-id", ""))


def caller_of(bridge: Bridge, ctx: ServerRequestContext[Any, Any], report: Callable[[str], Awaitable[None]]) -> Caller:
    """Whom a call is made for; if callers cannot be distinguished, each connection takes turns of its own."""
    identity, name = _identity(bridge, ctx), name_of(bridge, ctx)
    id = identity.id if identity else name
    return Caller(id, report, id or ("" if ctx.request is None else str(ctx.request.client)), name)


def _identity(bridge: Bridge, ctx: ServerRequestContext[Any, Any]) -> Identity | None:
    if ctx.request is None:
        return None
    from ..callers.identity import SCOPE_KEY

    identity: Identity | None = ctx.request.scope.get(SCOPE_KEY)
    if identity is None and bridge.settings.http.auth:
        raise PermissionError("the request was not authenticated")  # a bug: nothing may reach this place without
    return identity
