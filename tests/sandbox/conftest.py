"""Clients of the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from ..fakes.person import http_client
from ..fakes.service import Sandbox


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    """A client with an API key."""
    with http_client(sandbox, {"X-API-Key": sandbox.api_key}) as client:
        yield client


@pytest.fixture
def organization(http: httpx2.Client) -> str:
    """The organization that the key belongs to."""
    found: str = http.get("/account/api/v1/organizations").json()["data"][0]["id"]
    return found


@pytest.fixture
def anonymous(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    """A client without a credential."""
    with http_client(sandbox) as client:
        yield client
