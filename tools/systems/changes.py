"""What differs from the tools that a person first saw: a service may not quietly become another one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ..formats.json_values import JsonObject
from ..openapi.operations import Operation

ChangeKind: TypeAlias = Literal["added", "removed", "title", "description", "schema", "tier", "url"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A tool as it was first seen; `added` says that the others of its system had been seen before."""

    api: str
    title: str
    description: str
    schema: JsonObject
    tier: str
    url: str
    added: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One difference of one tool: what it was, and what it is now."""

    tool: str
    kind: ChangeKind
    before: str = ""
    after: str = ""

    @property
    def mark(self) -> str:
        """A digest that tells this change from every other, also from a further one of the same tool."""
        told = json.dumps([self.tool, self.kind, self.before, self.after])
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The tools of one system as they were first seen.

    `complete` says that all of its documents had been read by then; `told` are the marks of changes already reported,
    `program` the version that read the documents.
    """

    tools: Mapping[str, Seen]
    complete: bool = False
    told: frozenset[str] = frozenset()
    program: str = ""


def seen_now(operation: Operation) -> Seen:
    """An operation as a tool, as far as a change of it matters."""
    return Seen(
        api=operation.api,
        title=operation.title,
        description=operation.description,
        schema=operation.input_schema,
        tier=operation.tier,
        url=f"{operation.method} {operation.base}{operation.path}",
    )


def changes(baseline: Baseline, operations: Iterable[Operation], read: frozenset[str], *, whole: bool) -> list[Change]:
    """What differs from the baseline, in the order of the tools' names.

    `read` are the APIs whose documents were read now, `whole` that these are all there are: a tool is gone only if
    its document was read without it, or is listed no longer.
    """
    now = {operation.name: seen_now(operation) for operation in operations}
    apis = _apis(baseline)
    found: list[Change] = []
    for name in sorted({*now, *baseline.tools}):
        before, after = baseline.tools.get(name), now.get(name)
        if before is None:
            assert after
            if baseline.complete or after.api in apis:
                found.append(Change(name, "added", after=after.url))
        elif after is None:
            if whole or before.api in read:
                found.append(Change(name, "removed", before=before.url))
        else:
            if before.added:
                found.append(Change(name, "added", after=after.url))
            found += _differences(name, before, after)
    return found


def extended(baseline: Baseline, operations: Iterable[Operation], *, whole: bool) -> Baseline:
    """The baseline with the tools that are seen for the first time; those that it has stay as they were."""
    tools, apis = dict(baseline.tools), _apis(baseline)
    for operation in operations:
        if operation.name not in tools:
            news = baseline.complete or operation.api in apis
            tools[operation.name] = replace(seen_now(operation), added=news)
    return replace(baseline, tools=tools, complete=baseline.complete or whole)


def accepted(
    baseline: Baseline, operations: Iterable[Operation], read: frozenset[str], *, whole: bool, program: str
) -> Baseline:
    """The baseline as if everything were seen for the first time now."""
    now = list(operations)
    gone = {change.tool for change in changes(baseline, now, read, whole=whole) if change.kind == "removed"}
    kept = {name: replace(seen, added=False) for name, seen in baseline.tools.items() if name not in gone}
    tools = {**kept, **{operation.name: seen_now(operation) for operation in now}}
    return Baseline(tools, baseline.complete or whole, program=program)


def _apis(baseline: Baseline) -> frozenset[str]:
    """The APIs whose documents were read before: a tool of theirs that is not in the baseline was added since."""
    return frozenset(seen.api for seen in baseline.tools.values())


def _differences(name: str, before: Seen, after: Seen) -> list[Change]:
    both: dict[ChangeKind, tuple[str, str]] = {
        "title": (before.title, after.title),
        "description": (before.description, after.description),
        "schema": ("", "") if before.schema == after.schema else (_told(before.schema), _told(after.schema)),
        "tier": (before.tier, after.tier),
        "url": (before.url, after.url),
    }
    return [Change(name, kind, *values) for kind, values in both.items() if values[0] != values[1]]


def _told(schema: JsonObject) -> str:
    return json.dumps(schema, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
