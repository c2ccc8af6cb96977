"""A court's own list is read by its headings, and a heading that is read stands once (R27)."""

from __future__ import annotations

from pathlib import Path

import pytest

from compose.notices.reconcile_cli import read_list
from federation.errors import InvalidRequest

ROW = "（2012）朝刑初字第1号,2012-03-01"


def test_a_heading_that_is_read_stands_once_and_others_do_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"判决书号,生效日期,备注,备注\n{ROW},甲,乙\n", "utf-8")
    (listed,) = read_list(file)
    assert (listed.number, listed.final_on) == ("（2012）朝刑初字第1号", "2012-03-01")
    file.write_text(f"判决书号,生效日期,判决书号\n{ROW},（2012）朝刑初字第2号\n", "utf-8")
    with pytest.raises(InvalidRequest, match="names the column 判决书号 twice"):
        list(read_list(file))
