"""How a system's tools differ from those first seen: a service must not change them unnoticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ..formats.json_values import JsonObject
from ..formats.text import clean
from ..openapi.operation import Operation

ChangeKind: TypeAlias = Literal["added", "removed", "title", "description", "schema", "tier", "url"]
_COMPARED: tuple[ChangeKind, ...] = ("title", "description", "schema", "tier", "url")


@dataclass(frozen=True, slots=True)
class ToolSnapshot:
    """A tool as it was first seen; `added` if the other tools of its API had been seen before."""

    api: str
    title: str
    description: str
    schema: JsonObject
    tier: str
    url: str
    added: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of one tool: its value before and now."""

    tool: str
    kind: ChangeKind
    before: str = ""
    after: str = ""

    @property
    def mark(self) -> str:
        """A digest that identifies this change, also among later changes of the same tool."""
        content = json.dumps([self.tool, self.kind, self.before, self.after])
        return hashlib.sha256(content.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The tools of one system as they were first seen.

    `complete` if all of its documents had been read by then; `reported` are the marks of the changes that were
    reported, `program` is the version that read the documents.
    """

    tools: Mapping[str, ToolSnapshot]
    complete: bool = False
    reported: frozenset[str] = frozenset()
    program: str = ""

    def is_new(self, name: str, api: str) -> bool:
        """Whether a tool was added since: the documents of its API had been read without it."""
        return name not in self.tools and (self.complete or any(tool.api == api for tool in self.tools.values()))


def take_snapshot(operation: Operation) -> ToolSnapshot:
    """The parts of an operation that are compared."""
    return ToolSnapshot(
        api=operation.api,
        title=operation.title,
        description=operation.description,
        schema=operation.input_schema,
        tier=operation.tier,
        url=clean(f"{operation.method} {operation.base}{operation.path}"),
    )


def changes(baseline: Baseline, operations: Iterable[Operation], read: frozenset[str], *, whole: bool) -> list[Change]:
    """The differences from the baseline, sorted by tool name.

    `read` are the APIs whose documents were read now, `whole` says that these are all. A tool counts as removed only
    if its document was read without it, or is no longer listed.
    """
    now = {operation.name: take_snapshot(operation) for operation in operations}
    found: list[Change] = []
    for name in sorted({*now, *baseline.tools}):
        before, after = baseline.tools.get(name), now.get(name)
        if after is None:
            if before and (whole or before.api in read):
                found.append(Change(name, "removed", before=before.url))
            continue
        if before.added if before else baseline.is_new(name, after.api):
            found.append(Change(name, "added", after=after.url))
        found += _differences(name, before, after) if before else []
    return found


def extended(baseline: Baseline, operations: Iterable[Operation], *, whole: bool) -> Baseline:
    """The baseline with the tools that it lacks; the others stay as they were."""
    new = {
        operation.name: replace(take_snapshot(operation), added=baseline.is_new(operation.name, operation.api))
        for operation in operations
        if operation.name not in baseline.tools
    }
    return replace(baseline, tools={**baseline.tools, **new}, complete=baseline.complete or whole)


def accepted(
    baseline: Baseline, operations: Iterable[Operation], read: frozenset[str], *, whole: bool, program: str
) -> Baseline:
    """The baseline as if all tools were first seen now."""
    now = list(operations)
    gone = {change.tool for change in changes(baseline, now, read, whole=whole) if change.kind == "removed"}
    kept = {name: replace(tool, added=False) for name, tool in baseline.tools.items() if name not in gone}
    tools = {**kept, **{operation.name: take_snapshot(operation) for operation in now}}
    return Baseline(tools, baseline.complete or whole, program=program)


def _differences(name: str, before: ToolSnapshot, after: ToolSnapshot) -> list[Change]:
    return [
        Change(name, kind, _as_text(getattr(before, kind)), _as_text(getattr(after, kind)))
        for kind in _COMPARED
        if getattr(before, kind) != getattr(after, kind)
    ]


def _as_text(value: str | JsonObject) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
