"""Tables as agencies keep them: the columns of docs/import-example, filled for synthetic persons."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from tests.support.records import COURT, Someone, case_number

EXAMPLE = Path(__file__).parents[2] / "docs" / "import-example"
MAP, REGISTER = EXAMPLE / "map.toml", EXAMPLE / "register.csv"
HEADER = REGISTER.read_text("utf-8").splitlines()[0].split(",")


def row(someone: Someone, number: str = "", **values: str) -> dict[str, str]:
    """Return a row that can be entered; `values` gives other cells by their column."""
    cells = dict.fromkeys(HEADER, "")
    cells |= {
        "姓名": someone.name,
        "公民身份号码": someone.number,
        "性别": "男",
        "出生日期": f"{someone.born.year}年{someone.born.month}月{someone.born.day}日",
        "户籍地代码": "110105",
        "公诉机关": "北京市朝阳区人民检察院",
        "审判法院": COURT,
        "判决书号": number or case_number(),
        "宣判日期": "2019年6月3日",
        "生效日期": "20190616",
        "裁判结果": "有罪",
        "罪名": "盗窃罪",
        "犯罪日期": "2019/1/10",
        "决定执行的刑罚": "有期徒刑三年,并处罚金五千元",
        "刑满日期": "2022-06-20",
    }
    return cells | values


def as_csv(rows: Iterable[dict[str, str]], encoding: str = "utf-8") -> bytes:
    """Return a CSV file with the header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADER, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)
