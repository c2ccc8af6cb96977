"""Cells of files for spreadsheets: what an outsider wrote is text there, never a formula that is carried out."""

from __future__ import annotations

from typing import Final

#: What a spreadsheet takes for the beginning of a formula; tabs and line ends may hide one behind them.
_BEGINS: Final = tuple("=+-@＝＋－＠\t\r\n")
_MARK: Final = "'"


def defused(cell: str) -> str:
    """Return the cell with an apostrophe before what a spreadsheet would take for a formula; `restored` removes it."""
    return _MARK + cell if cell.startswith(_BEGINS) else cell


def restored(cell: str) -> str:
    """Return the cell as it was before `defused`."""
    return cell[1:] if cell.startswith(_MARK) and cell[1:].startswith(_BEGINS) else cell
