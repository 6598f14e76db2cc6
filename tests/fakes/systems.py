"""A real system over a service on loopback, and what came of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from closient_mcp.tools.catalog.discovery import DocumentSource
from closient_mcp.tools.http.fetcher import Fetcher
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.systems.system import System

from .service import Service, document, operation


@asynccontextmanager
async def opened(
    service: Service, way: DocumentSource | None = None, *, origins: tuple[str, ...] = (), pins: tuple[str, ...] = ()
) -> AsyncGenerator[System]:
    """A system that nothing has been read of yet; without a way in, the service's well-known catalog."""
    bound = frozenset({service.url, *origins})
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        where = way or DocumentSource(catalog=f"{service.url}/.well-known/api-catalog")
        sender = Sender(client, bound, "acme")
        yield System("acme", where, ("acme",), sender, Fetcher(client, bound), pins=pins)


async def loaded(service: Service, way: DocumentSource | None = None, *, origins: tuple[str, ...] = ()) -> System:
    """The system after its start."""
    async with opened(service, way, origins=origins) as system:
        await system.load()
        return system


def api(*operations: str, **members: Any) -> dict[str, Any]:
    """An OpenAPI document with these operations, each on a path of its own."""
    return document({f"/{name}": {"get": operation(operationId=f"get_{name}")} for name in operations}, **members)


def names(system: System) -> list[str]:
    """The names of all operations, in order."""
    return sorted(operation.name for operation in system.operations())


def skipped(system: System) -> dict[str, str]:
    """What was skipped: the reason by the last part of what it is about."""
    return {problem.subject.rsplit("/", 1)[-1]: problem.reason for problem in system.skipped()}
