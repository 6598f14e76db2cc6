"""What an error body says beyond its message: the members that no rule knows, in short and without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus

from ..formats.json_values import JsonObject, JsonValue
from ..formats.text import one_line, without_markup
from .headers import redacted_url

_MAX_DEPTH = 8
_MAX_LEAVES = 200
_MAX_VALUE = 200
_MAX_TOTAL = 1_200
# Shorter texts are in other texts by coincidence.
_MIN_PART = 4
_NOISE = re.compile(r"@type|\$schema|ok|success|retryable|jsonrpc|time(stamp)?|date(time)?", re.IGNORECASE)
_PHRASES = {status.phrase for status in HTTPStatus} | {"about:blank"}
_STATUS = re.compile(r"(http)?_?status(_?code)?|code", re.IGNORECASE)
_STATUS_VALUE = re.compile(r"[1-5]\d\d|error|fail(ed|ure)?", re.IGNORECASE)
_TRACE = re.compile(r"stack|trace", re.IGNORECASE)
_SECRET_NAME = re.compile(
    r"passw|passphrase|secret|token|signature|credential|api[_-]?key|private[_-]?key|authorization|cookie|jwt|assertion",
    re.IGNORECASE,
)
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")


def unshown_members(value: JsonObject, shown: Iterable[str]) -> str:
    """`name: value` of each member whose value is in none of the `shown` texts, stack traces last."""
    whole = "\n".join(one_line(text, 2_000) for text in shown if text)
    texts = {*whole.split("\n"), *map(str.strip, re.split(r"[:;()\n]", whole))}
    notes: dict[str, bool] = {}
    for path, leaf in _leaves(value):
        text = one_line(without_markup(leaf), _MAX_VALUE)
        is_known = text in texts or (len(text) >= _MIN_PART and text.rstrip("….") in whole) or _last(text) in texts
        if text and not is_known and not _is_noise(path[-1], text):
            name = ".".join(path[1:] if path[0] == "error" and len(path) > 1 else path)
            notes.setdefault(f"{one_line(name, 80)}: {_without_secrets(path, text)}", _is_trace(path))
    return _joined(sorted(notes, key=lambda note: notes[note]))


def _leaves(value: JsonValue) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path and text of each scalar, and of each list of scalars."""
    pending: list[tuple[tuple[str, ...], JsonValue]] = [((), value)]
    for _ in range(_MAX_LEAVES):
        if not pending:
            return
        path, node = pending.pop(0)
        if isinstance(node, list) and not any(isinstance(item, dict | list) for item in node):
            yield path, ", ".join(filter(None, map(_text, node[:20])))
        elif isinstance(node, dict | list):
            children = node.items() if isinstance(node, dict) else enumerate(node)
            if len(path) < _MAX_DEPTH:
                pending += [((*path, str(key)), child) for key, child in children]
        else:
            yield path, _text(node)


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)[:5_000]


def _is_noise(name: str, text: str) -> bool:
    """Whether a member only repeats the HTTP status, or says when it was."""
    if _STATUS.fullmatch(name) and _STATUS_VALUE.fullmatch(text):
        return True
    return bool(_NOISE.fullmatch(name)) or text in _PHRASES


def _last(text: str) -> str:
    """The last segment of a URL, which identifies the type of a problem (RFC 9457 §3.1.1)."""
    return text.rstrip("/").rpartition("/")[2] if text.startswith("http") else text


def _is_trace(path: tuple[str, ...]) -> bool:
    return any(_TRACE.search(name) for name in path)


def _without_secrets(path: tuple[str, ...], text: str) -> str:
    if any(_SECRET_NAME.search(name) for name in path):
        return "[hidden]"
    return redacted_url(text) if re.match(r"https?://\S+$", text) else _JWT.sub("[hidden]", text)


def _joined(notes: list[str]) -> str:
    kept: list[str] = []
    for note in notes:
        if sum(map(len, kept)) + len(note) > _MAX_TOTAL:
            return "; ".join([*kept, f"and {len(notes) - len(kept)} more"])
        kept.append(note)
    return "; ".join(kept)
