"""A roster's rows that are set aside open in a spreadsheet as text, and are read again as they were."""

import csv
from pathlib import Path

import pytest

from compose.apply.roster_file import read_roster, write_aside
from compose.shared.spreadsheet import defused, restored

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "＝cmd|' /C calc'!A0", "\t=1", "\r=1"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_becomes_text_and_comes_back(cell: str) -> None:
    assert defused(cell)[0] == "'"
    assert restored(defused(cell)) == cell


@pytest.mark.parametrize("cell", ["张三", "", "'引号", "1+1", "1990-01-01", "'", "''=1"])
def test_any_other_cell_stays(cell: str) -> None:
    assert restored(defused(cell)) == defused(cell) == cell


def test_rows_set_aside_carry_out_nothing_and_can_be_handed_in_again(tmp_path: Path) -> None:
    given, aside = tmp_path / "roster.csv", tmp_path / "aside.csv"
    with given.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["name", "id_number"], ["=HYPERLINK(1)", "x"], ["@张三", "-2"]])
    first = read_roster(given)
    assert first.bad_lines == [2, 3]
    write_aside(first, aside)
    with aside.open(encoding="utf-8-sig", newline="") as file:
        for row in list(csv.reader(file))[1:]:
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row), row
    again = read_roster(aside)
    assert [row.cells[:2] for row in again.bad] == [row.cells[:2] for row in first.bad]
