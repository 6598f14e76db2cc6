"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about a subject; `fix` says what to do, and is empty if nothing is wrong."""

    level: Level
    subject: str
    message: str
    fix: str = ""
