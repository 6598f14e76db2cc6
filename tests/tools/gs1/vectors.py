from __future__ import annotations

import json
from typing import Any

import pytest

from ...fakes.paths import VECTORS

_GS1 = json.loads((VECTORS / "gs1.json").read_text(encoding="utf-8"))["vectors"]


def vectors(kind: str) -> list[Any]:
    return [pytest.param(v["input"], v["expect"], id=v["id"]) for v in _GS1 if v["kind"] == kind]
