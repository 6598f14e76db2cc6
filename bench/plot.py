"""Bars as an SVG that follows the light or dark scheme of its reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .pairs import Spread

_WIDTH, _ROW, _LEFT, _RIGHT, _TOP = 720, 30, 230, 90, 40
_STYLE = """\
<style>
text { font: 14px system-ui, sans-serif; fill: #1c1e21 }
.title { font-weight: 600 }
.bar { fill: #b6bcc4 }
.ours { fill: #2f6fd0 }
line { stroke: #1c1e21; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e6ea }
  .bar { fill: #59606a }
  .ours { fill: #6ea8ff }
  line { stroke: #e4e6ea }
}
</style>
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, as long as the median, with a line from the lower to the upper quartile; `text` is its value."""

    label: str
    spread: Spread
    text: str
    is_ours: bool = False


def bars(title: str, shown: Sequence[Bar]) -> str:
    """A plot of one bar or more, from zero."""
    height = _TOP + _ROW * len(shown) + 8
    scale = (_WIDTH - _LEFT - _RIGHT) / (max(bar.spread.upper for bar in shown) or 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">\n',
        f"<title>{escape(title)}</title>\n{_STYLE}",
        f'<text class="title" x="0" y="18">{escape(title)}</text>\n',
        *(_bar(bar, _TOP + _ROW * number, scale) for number, bar in enumerate(shown)),
        "</svg>\n",
    ]
    return "".join(parts)


def _bar(bar: Bar, top: int, scale: float) -> str:
    middle = top + _ROW // 2
    end, lower, upper = (
        f"{_LEFT + scale * value:.1f}" for value in (bar.spread.median, bar.spread.lower, bar.spread.upper)
    )
    kind = "bar ours" if bar.is_ours else "bar"
    return (
        f'<text x="{_LEFT - 12}" y="{middle + 5}" text-anchor="end">{escape(bar.label)}</text>\n'
        f'<rect class="{kind}" x="{_LEFT}" y="{top + 5}" width="{float(end) - _LEFT:.1f}" height="{_ROW - 10}"/>\n'
        f'<line x1="{lower}" y1="{middle}" x2="{upper}" y2="{middle}"/>\n'
        f'<text x="{float(upper) + 8:.1f}" y="{middle + 5}">{escape(bar.text)}</text>\n'
    )
