"""Tables, panels and lines on a terminal, drawn by rich, which here treats every text as a value, never as markup.

No other module of `compose` imports rich or writes to a terminal; `test_printing.py` checks this. Every text is shown
by `federation.values.characters.visible`. Only `marked` reads markup, and only in templates of the program.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TextIO

import rich.console
import rich.panel
import rich.progress
import rich.table
from rich.console import RenderableType
from rich.highlighter import ReprHighlighter
from rich.progress import BarColumn, TaskProgressColumn, TimeElapsedColumn
from rich.status import Status
from rich.text import Text

from certs.printing import echo, echo_block, echo_json, encodable, json_text, write_json, write_text
from federation.values.characters import visible

__all__ = [
    "BarColumn",
    "Console",
    "Panel",
    "ProgressBar",
    "Table",
    "TaskProgressColumn",
    "Text",
    "TimeElapsedColumn",
    "echo",
    "echo_block",
    "echo_json",
    "grid",
    "json_text",
    "lines",
    "listing",
    "marked",
    "progress_text",
    "styled",
    "write_json",
    "write_text",
]

#: Stands for a value while the markup of a template is read; no template holds it.
_PLACE = "\ue000"
#: Columns that are drawn even on a terminal that says it has fewer, or none: values would be left out.
_NARROWEST = 40


def styled(value: object, style: str = "") -> Text:
    """Return a value in a style, such as "bold red"."""
    return value.copy() if isinstance(value, Text) else Text(_shown(str(value)), style=style)


def lines(values: Iterable[object]) -> Text:
    """Return values one below the other, each on one line whatever it contains."""
    return Text("\n").join([styled(value) for value in values])


def marked(template: str, *values: object) -> Text:
    """Return a template of the program, in rich's markup, with each {} replaced by a value.

    Values are shown unchanged, in the style of their place. Raises `ValueError` if there are too few or too many.
    """
    parts = template.split("{}")
    if len(parts) != len(values) + 1 or _PLACE in template:
        raise ValueError(f"{template!r} has {len(parts) - 1} places for {len(values)} values")
    read = Text.from_markup(_PLACE.join(encodable(part, sys.stdout) for part in parts), emoji=False)
    places = [at for at, c in enumerate(read.plain) if c == _PLACE]
    made, left = Text(), list(values)
    for piece in read.divide(sorted({at + end for at in places for end in (0, 1)})):
        if piece.plain != _PLACE:
            made.append_text(piece)
            continue
        value = styled(left.pop(0))
        whole = Text(value.plain)
        for span in piece.spans:
            whole.stylize(span.style)
        whole.stylize(value.style)
        whole.spans.extend(value.spans)
        made.append_text(whole)
    return made


def _shown(text: str) -> str:
    return encodable(visible(text), sys.stdout)


def _part(part: object) -> Any:
    """Return a part for a table or console: a text becomes a value, an object that rich can draw stays unchanged."""
    if part is None or isinstance(part, Text):
        return part
    return Text(_shown(part)) if isinstance(part, str) else part


class Console(rich.console.Console):
    """A terminal that reads no markup: a text is a value."""

    def __init__(
        self,
        *,
        stderr: bool = False,
        file: TextIO | None = None,
        width: int | None = None,
        quiet: bool = False,
    ) -> None:
        super().__init__(stderr=stderr, file=file, width=width, quiet=quiet, markup=False, emoji=False)
        if width is None and self.width < _NARROWEST:
            self.width = _NARROWEST

    def print(self, *objects: Any, **options: Any) -> None:
        """Print values, each on one line, or what `marked` and `lines` return, tables and panels."""
        highlight = options.pop("highlight", True)
        parts = []
        for each in objects:
            part = styled(each) if isinstance(each, str) else each
            if isinstance(part, Text) and highlight:
                coloured = ReprHighlighter()(Text(part.plain))
                coloured.style = part.style
                coloured.spans.extend(part.spans)
                part = coloured
            parts.append(part)
        super().print(*parts, highlight=False, **options)

    def rule(self, title: Any = "", **options: Any) -> None:
        """Draw a line across with a title in it."""
        super().rule(_part(title), **options)

    def status(self, status: RenderableType, **options: Any) -> Status:
        """Show a line stating what the program waits for."""
        return super().status(_part(status), **options)


class Table(rich.table.Table):
    """A table whose headings, title and cells are values; `lines` makes a cell of several lines."""

    def __init__(self, *headings: str, title: Any = None, **options: Any) -> None:
        heading = Text(_shown(title), style="table.title") if isinstance(title, str) else title
        super().__init__(title=heading, **options)
        for each in headings:
            self.add_column(each)

    def add_column(self, header: Any = "", **options: Any) -> None:  # type: ignore[override]
        """Add a column under a heading; a cell that is too wide folds, since half of an id or a digest is of no use."""
        super().add_column(_part(header), **({"overflow": "fold"} | options))

    def add_row(self, *cells: Any, **options: Any) -> None:
        """Add a row; a cell is a text, a number's text, or what `marked`, `styled` and `lines` return."""
        super().add_row(*map(_part, cells), **options)


def listing(title: str, *headings: str, whole: Collection[str] = ()) -> Table:
    """Return a table without rows under a title, "" for none; cells fold, and those of the columns `whole` do not."""
    table = Table(title=title or None, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading in whole)
    return table


def grid() -> Table:
    """Return a table of two columns without lines: what each value is, and the value, which folds."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    return table


class Panel(rich.panel.Panel):
    """A frame around a text of several lines, whose line feeds are its own."""

    def __init__(self, text: Any, *, title: str | None = None, **options: Any) -> None:
        inside = lines(text.split("\n")) if isinstance(text, str) else text
        super().__init__(inside, title=_part(title), **options)


def progress_text(form: str) -> rich.progress.TextColumn:
    """Return a column of a progress bar by its form, such as "{task.completed} rows"; a value in it is no markup."""
    return rich.progress.TextColumn(form, markup=False)


class ProgressBar(rich.progress.Progress):
    """A progress bar; `quiet` for programs."""

    def __init__(
        self, *columns: Any, console: Console | None = None, transient: bool = False, disable: bool = False
    ) -> None:
        named: Sequence[Any] = columns or (
            rich.progress.TextColumn("{task.description}", style="progress.description", markup=False),
            *self.get_default_columns()[1:],
        )
        super().__init__(*named, console=console or Console(), transient=transient, disable=disable)

    def add_task(self, description: str, **options: Any) -> rich.progress.TaskID:  # type: ignore[override]
        """Add a bar under its name."""
        return super().add_task(_shown(description), **options)
