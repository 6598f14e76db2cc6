"""Server-sent events (WHATWG HTML §9.2)."""

from __future__ import annotations

import re

from .json_text import compact
from .json_values import InvalidJsonError, parse_json, to_text
from .text import clean

_MAX_EVENTS = 1_000


def read_events(text: str) -> tuple[str, int]:
    """The complete events as a JSON array, and their number.

    An event with no `event` or `id` is represented by its data alone; JSON data stays JSON.
    """
    events: list[str] = []
    fields: dict[str, str] = {}
    data: list[str] = []
    for line in re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")):
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name in ("event", "id"):
                fields[name] = value
            continue
        if data:
            events.append(_to_json(fields, "\n".join(data)))
            if len(events) == _MAX_EVENTS:
                break
        fields, data = {}, []
    return f"[{','.join(events)}]", len(events)


def _to_json(fields: dict[str, str], data: str) -> str:
    try:
        parse_json(data)
    except InvalidJsonError:
        written = to_text(clean(data))
    else:
        written = compact(data)
    if not fields:
        return written
    members = [f"{to_text(name)}:{to_text(clean(value))}" for name, value in fields.items()]
    return f'{{{",".join(members)},"data":{written}}}'
