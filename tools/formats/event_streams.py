"""Server-sent events (WHATWG HTML §9.2), as far as they have come."""

from __future__ import annotations

import re

from .json_text import compact
from .json_values import InvalidJsonError, parse_json, to_text
from .text import clean

_MOST_EVENTS = 1_000


def read_events(text: str) -> tuple[str, int]:
    """The events of a stream as a JSON list, and how many there are; an event that is cut at the end is left out.

    An event that is no more than its data is that data; JSON in it is JSON in the list.
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
            events.append(_event(fields, "\n".join(data)))
            if len(events) == _MOST_EVENTS:
                break
        fields, data = {}, []
    return f"[{','.join(events)}]", len(events)


def _event(fields: dict[str, str], data: str) -> str:
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
