"""Text for people: styles, wrapped lines, tables and progress on a terminal, plain text elsewhere."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

from ...tools.formats.text import clean
from ...tools.systems.system import Progress
from .pager import page

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from ..settings.model import Settings

# Those that can be read on white and on black with the colours of common terminals: yellow and cyan cannot on white,
# blue cannot on black, dim text on neither in some. Green is pale on white, so no whole sentence is green.
BOLD, GREEN, RED, MAGENTA = "bold", "green", "red", "magenta"

# Between the columns of a table.
GAP = "  "
# A column is not made narrower than this.
_LEAST = 12

# Text, or text with its style.
Part: TypeAlias = str | tuple[str, str]


class Terminal:
    """Writes to a stream; colours follow NO_COLOR, FORCE_COLOR and TERM, the width follows the terminal or COLUMNS.

    Text may come from a service: control characters are removed, and nothing in it is read as markup.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.is_terminal = stream.isatty()

    @cached_property
    def _console(self) -> Console:
        # Here, because a script that calls a tool needs none of it.
        from rich.console import Console

        # Where NO_COLOR is set, bold and dim text is left out too.
        system: Literal["auto"] | None = None if Console().no_color else "auto"
        return Console(file=self._stream, color_system=system, markup=False, emoji=False, highlight=False)

    @property
    def width(self) -> int:
        """The number of columns."""
        return self._console.width

    def say(self, *parts: Part, hang: int | None = None) -> None:
        """Print text; on a terminal, lines that are too long are wrapped between words, never inside a URL.

        Further lines of an indented line are indented by two more columns; `hang` sets how many.
        """
        for line in joined(*parts).split("\n", allow_blank=True):
            for shown in self._wrapped(line, hang) if self.is_terminal else [line]:
                self._console.print(shown, soft_wrap=True)

    def _wrapped(self, line: Text, hang: int | None) -> list[Text]:
        if line.cell_len <= self.width:
            return [line]
        indent = len(line.plain) - len(line.plain.lstrip())
        hang = (indent + 2 if indent else 0) if hang is None else hang
        first, rest = line.divide([hang]) if hang > indent else (line[:indent], line[indent:])
        lines = list(rest.divide(_breaks(rest.plain, self.width - hang)))
        for part in lines:
            part.rstrip()
        return [first + lines[0], *(joined(" " * hang) + further for further in lines[1:])]

    def show(self, content: RenderableType) -> None:
        """Print a table or another layout."""
        self._console.print(content)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Part]]) -> None:
        """Print a table that fits the width; elsewhere, lines of values separated by tabs, without a header."""
        if self.is_terminal:
            self.show(table(columns, rows, self.width))
            return
        for row in rows:
            print("\t".join(_cell(cell).plain for cell in row), file=self._stream)

    @contextmanager
    def progress(self, what: str) -> Generator[Progress]:
        """Show that something goes on, and how far it is; only on a terminal, where it is removed in the end."""
        if not self.is_terminal or self._console.is_dumb_terminal:
            yield lambda done, total, current: None
            return
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
        from rich.progress import Progress as Display
        from rich.table import Column

        text = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
        columns = (SpinnerColumn(), BarColumn(bar_width=24), MofNCompleteColumn(), text)
        with Display(*columns, console=self._console, transient=True) as display:
            task = display.add_task(what, total=None)

            def report(done: int, total: int, current: str) -> None:
                display.update(task, completed=done, total=total, description=clean(current))

            yield report

    @contextmanager
    def paged(self, settings: Settings) -> Generator[None]:
        """Show what is printed meanwhile in the user's pager, if this is a terminal."""
        if not self.is_terminal or not settings.pager:
            yield
            return
        with self._console.capture() as captured:
            yield
        text = captured.get()
        if not page(text, settings.pager, settings.child_environment):
            self._stream.write(text)
            self._stream.flush()


def _breaks(text: str, width: int) -> list[int]:
    """Where to break a line between words."""
    from rich.cells import cell_len

    breaks: list[int] = []
    column = 0
    for word in re.finditer(r"\S+\s*", text):
        if column and column + cell_len(word[0].rstrip()) > width:
            breaks.append(word.start())
            column = 0
        column += cell_len(word[0])
    return breaks


def joined(*parts: Part) -> Text:
    """Parts as one text, without control characters."""
    from rich.text import Text

    return Text.assemble(*(clean(part) if isinstance(part, str) else (clean(part[0]), part[1]) for part in parts))


def table(columns: Sequence[str], rows: Sequence[Sequence[Part]], width: int) -> Text:
    """A table whose cells are cut with an ellipsis where it is wider than `width`, the first column last."""
    lines = [[joined(name.upper()) for name in columns], *([_cell(cell) for cell in row] for row in rows)]
    widths = [max(cell.cell_len for cell in column) for column in zip(*lines, strict=True)]
    _fit(widths, width - len(GAP) * (len(columns) - 1))
    for cells in lines:
        for cell, size in zip(cells, widths, strict=True):
            cell.truncate(size, overflow="ellipsis", pad=True)
    shown = [joined(GAP).join(cells) for cells in lines]
    for line in shown:
        line.rstrip()
    text = joined("\n").join(shown)
    text.no_wrap = True
    return text


def _fit(widths: list[int], available: int) -> None:
    """Make columns narrower, the widest first, until they fit."""
    while sum(widths) > available and max(widths) > _LEAST:
        others = [width for width in widths[1:] if width > _LEAST]
        widths[widths.index(max(others), 1) if others else 0] -= 1


def _cell(part: Part) -> Text:
    text, style = (part, "") if isinstance(part, str) else part
    return joined((" ".join(text.split()), style))


def restorer() -> Callable[[], None]:
    """A function that restores the terminal to its current state, echo included."""
    if os.name != "posix" or not sys.stdin.isatty():
        return lambda: None
    import termios

    number = sys.stdin.fileno()
    state = termios.tcgetattr(number)

    def restore() -> None:
        with suppress(OSError, termios.error):  # the terminal may be closed
            if os.tcgetpgrp(number) == os.getpgrp():  # a background process would be stopped
                termios.tcsetattr(number, termios.TCSADRAIN, state)

    return restore
