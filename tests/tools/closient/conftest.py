"""The tools for Closient, without a credential at `service`, and with an API key in the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from ...fakes.service import Sandbox, Service
from .calling import Tools


@pytest.fixture
async def tools(service: Service) -> AsyncIterator[Tools]:
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        yield Tools(service.url, client)


@pytest.fixture
async def shop(sandbox: Sandbox) -> AsyncIterator[Tools]:
    async with httpx2.AsyncClient(trust_env=False, verify=False, headers={"X-API-Key": sandbox.api_key}) as client:
        yield Tools(sandbox.url, client)
