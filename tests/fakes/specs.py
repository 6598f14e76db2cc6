"""Real descriptions, where the folder that holds them is on this machine, read as a system reads its own."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx2
import pytest

from closient_mcp.tools.catalog.discovery import DocumentSource
from closient_mcp.tools.formats.json_values import JsonObject
from closient_mcp.tools.http.fetcher import Fetcher
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.openapi.document import read_document
from closient_mcp.tools.systems.loading import LoadedDocument
from closient_mcp.tools.systems.system import System

# Real documents are not part of the project; those who have some name their folder.
SPECS = Path(os.environ["OPENAPI_DOCUMENTS"]) if os.environ.get("OPENAPI_DOCUMENTS") else None
BASE = "https://api.example.com"


@dataclass(frozen=True)
class Spec:
    """One real document: as it is, and what came of it."""

    name: str
    document: JsonObject
    description: LoadedDocument


def spec_files() -> list[Path]:
    """The documents, in order."""
    return sorted(path for path in SPECS.glob("*.*") if path.suffix in (".json", ".yaml", ".yml")) if SPECS else []


def spec_parameters() -> list[object]:
    """The names of the documents as parameters of a test; where there are none, one that is skipped."""
    if names := [path.name for path in spec_files()]:
        return [pytest.param(name, id=name) for name in names]
    return [pytest.param("", marks=pytest.mark.skip("OPENAPI_DOCUMENTS is not set to a folder of real documents"))]


@cache
def all_specs() -> dict[str, Spec]:
    """Every document by its name, all of one system; read once in a process."""
    system = asyncio.run(_loaded([path.as_uri() for path in spec_files()]))
    return {
        path.name: Spec(path.name, read_document(path.read_bytes()), system.documents[path.as_uri()])
        for path in spec_files()
    }


async def _loaded(urls: list[str]) -> System:
    origins = frozenset({BASE})
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        way = DocumentSource(document_urls=tuple(urls), base=BASE)
        system = System("acme", way, ("acme",), Sender(client, origins, "acme"), Fetcher(client, origins))
        await system.load()
        return system
