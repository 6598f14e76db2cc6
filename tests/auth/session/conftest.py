"""A sign-in that is in use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ...fakes.service import Service
from ...fakes.signed_in_home import Home, no_refresh_is_left


@pytest.fixture
def home(service: Service, tmp_path: Path) -> Iterator[Home]:
    made = Home(service, tmp_path / "credentials")
    yield made
    made.may_answer.set()
    assert no_refresh_is_left()
