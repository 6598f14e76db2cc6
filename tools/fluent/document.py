"""The OpenAPI document for Fluent Commerce, shipped here because the vendor publishes none."""

from __future__ import annotations

from pathlib import Path

DOCUMENT = Path(__file__).with_name("fluent.json")
