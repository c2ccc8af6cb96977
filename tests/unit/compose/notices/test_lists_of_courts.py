"""A court's own list of judgments is read as any table: each column once, each row as it stands (R31)."""

from __future__ import annotations

from pathlib import Path

import pytest

from compose.notices.reconcile_cli import read_list
from federation.errors import InvalidRequest

NUMBER = "（2019）京0105刑初123号"


def listed(folder: Path, text: str) -> list[tuple[str, str, int]]:
    file = folder / "list.csv"
    file.write_text(text, "utf-8")
    return [(each.number, each.final_on, each.persons) for each in read_list(file)]


@pytest.mark.parametrize(
    "heading", ["判决书号,案号,生效日期", "number,生效日期,final_on", "案号,number,生效日期"]
)
def test_one_thing_in_two_columns_is_refused(tmp_path: Path, heading: str) -> None:
    """Which of the two numbers would be meant is not for a program to choose."""
    with pytest.raises(InvalidRequest, match="by two columns"):
        listed(tmp_path, f"{heading}\n{NUMBER},2019-06-16,2019-06-16\n")


def test_a_judgment_of_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="a judgment of nobody"):
        listed(tmp_path, f"案号,生效日期,人数\n{NUMBER},2019-06-16,0\n")


def test_columns_of_others_and_empty_ones_at_the_end_do_not_matter(tmp_path: Path) -> None:
    text = f"案号,备注,生效日期,人数,,\n{NUMBER},x,二0一九年六月壹拾陆日,两,,\n{NUMBER},,20190616,,,\n"
    assert listed(tmp_path, text) == [(NUMBER, "2019-06-16", 2), (NUMBER, "2019-06-16", 1)]
