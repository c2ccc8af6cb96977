"""A figure that counts rows counts them: SQLAlchemy gives the sum of a comparison the type of the comparison."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PARTS = ("federation", "server", "node", "gateway")


def boolean_sums(source: str) -> Iterator[int]:
    """Yield the lines on which `func.sum` is given a condition: its result is read as True, however many."""
    for found in ast.walk(ast.parse(source)):
        summed = isinstance(found, ast.Call) and ast.unparse(found.func) == "func.sum"
        if summed and any(isinstance(each, ast.Compare | ast.BoolOp) for each in found.args):  # type: ignore[attr-defined]
            yield found.lineno  # type: ignore[attr-defined]


def test_the_check_finds_a_sum_of_conditions() -> None:
    assert list(boolean_sums("late = func.sum(table.c.late_days > 0)")) == [1]
    assert not list(boolean_sums("late = func.count(case((table.c.late_days > 0, 1)))"))


def test_r25_no_figure_is_the_sum_of_a_condition() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for part in _PARTS
        for path in sorted((ROOT / part).rglob("*.py"))
        for line in boolean_sums(path.read_text("utf-8"))
    ]
    assert not found
