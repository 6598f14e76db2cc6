"""Reading several products in one call: what isn't found and what failed is listed apart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from ..errors import ToolError, UpstreamError
from ..formats.json_values import JsonObject, JsonValue
from ..formats.text import one_line
from .codes import Asked, read_asked


@dataclass(frozen=True, slots=True)
class Several:
    """The products in the order in which they were asked for; `asked` are the codes of those found.

    `repeated` are codes of a product that had been asked for before with another lot.
    """

    products: list[JsonObject] = field(default_factory=list[JsonObject])
    asked: list[Asked] = field(default_factory=list[Asked])
    repeated: list[Asked] = field(default_factory=list[Asked])
    not_found: list[JsonValue] = field(default_factory=list[JsonValue])
    failed: list[JsonValue] = field(default_factory=list[JsonValue])


async def read_several(
    written: Sequence[JsonValue], read: Callable[[JsonValue, Asked], Awaitable[JsonObject]]
) -> Several:
    """Read each product once; `read` takes the code as it was written and as it was read."""
    several = Several()
    lots: dict[str, str] = {}
    for code in written:
        try:
            asked = read_asked({"gtin": code})
            if asked.gtin in lots:
                if asked.lot not in ("", lots[asked.gtin]):
                    several.repeated.append(asked)
                continue
            lots[asked.gtin] = asked.lot
            several.products.append(await read(code, asked))
            several.asked.append(asked)
        except ToolError as error:
            if isinstance(error, UpstreamError) and error.status == 404:
                several.not_found.append(str(error.details["gtin"]))
            else:
                reason = f"{error.message} {error.next_step}".strip()
                several.failed.append({"gtin": one_line(str(code), 80), "error": reason})
    return several
