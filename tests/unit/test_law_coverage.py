"""docs/law.md has every requirement and every reading once, and cites only tests that exist."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| ([RA]\d+) \|")
MET = {"yes", "partly", "not yet"}
#: Met by what is not there.
NOTHING_TO_SHOW = {"A21", "A23"}


def rows() -> list[list[str]]:
    """Return the cells of every row about a requirement or reading."""
    lines = (ROOT / "docs" / "law.md").read_text("utf-8").splitlines()
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if ROW.match(line)]


def test_every_requirement_and_every_reading_has_one_row() -> None:
    expected = [f"R{n}" for n in range(1, 69)] + [f"A{n}" for n in range(1, 28)]
    assert Counter(row[0] for row in rows()) == Counter(expected)


def test_every_row_says_whether_it_is_met_and_where() -> None:
    for number, requirement, met, where, shown in rows():
        assert met in MET, number
        assert requirement, number
        assert where, number
        assert met != "yes" or number in NOTHING_TO_SHOW or "`test_" in shown, number


def test_every_test_that_is_cited_exists() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    exist = set(re.findall(r"^\s*def (test_\w+)\(", sources, re.MULTILINE))
    cited = {name for row in rows() for name in re.findall(r"`(test_\w+)`", row[4])}
    assert not cited - exist, "docs/law.md cites tests that do not exist"
