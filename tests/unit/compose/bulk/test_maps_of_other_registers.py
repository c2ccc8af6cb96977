"""A table of another register is mapped by the columns that count; all others are left out by one word (R13)."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from compose.bulk.map_file import load_map
from compose.bulk.source import SourceRow, open_source
from federation.errors import InvalidRequest
from tests.support.records import Someone
from tests.support.tables import MAP, row

ONLY_LISTED = MAP.read_text("utf-8")
OTHERS = ONLY_LISTED.replace('ignore = ["序号", "备注"]', 'ignore = "*"')
#: Columns of the other register that no field of a record knows: twice the same, and one without a heading.
FURTHER = ["备注", "经办", "", "经办"]


def items(folder: Path, map_text: str, header: list[str], *rows: list[str]) -> list[SourceRow]:
    table, chosen = folder / "t.csv", folder / "map.toml"
    table.write_text("\n".join(",".join(f'"{cell}"' for cell in line) for line in (header, *rows)), "utf-8")
    chosen.write_text(map_text, "utf-8")
    return list(open_source(table, load_map(chosen)).items())


def filled() -> tuple[list[str], list[str]]:
    cells = row(Someone())
    return [*cells, *FURTHER], [*cells.values(), "注", "甲", "乙", "丙"]


@pytest.mark.parametrize("ignore", ['ignore = "*"', 'ignore = ["*"]', 'ignore = ["序号", "*"]'])
def test_all_other_columns_are_left_out_by_one_word(tmp_path: Path, ignore: str) -> None:
    header, cells = filled()
    chosen = ONLY_LISTED.replace('ignore = ["序号", "备注"]', ignore)
    (item,) = items(tmp_path, chosen, header, cells)
    assert item.record is not None, item.faults
    assert item.record.person.names[0].text == cells[header.index("姓名")]
    assert list(item.kept["cells"].values()) == cells, "quarantine would lose no cell"


def test_a_heading_of_ignored_columns_may_be_repeated(tmp_path: Path) -> None:
    cells = row(Someone())
    (item,) = items(tmp_path, ONLY_LISTED, [*cells, "备注", "备注"], [*cells.values(), "甲", "乙"])
    assert item.record is not None, item.faults


def test_a_row_in_quarantine_with_repeated_headings_is_imported_with_the_same_map(tmp_path: Path) -> None:
    header, cells = filled()
    cells[header.index("出生日期")] = "初一"
    (item,) = items(tmp_path, OTHERS, header, cells)
    assert [each.field for each in item.faults] == ["出生日期"]
    mended = json.loads(json.dumps(item.kept))
    mended["cells"]["出生日期"] = "1980-01-01"
    mended["cells"]["公民身份号码"] = ""
    file = tmp_path / "t.jsonl"
    file.write_text(json.dumps(mended), "utf-8")
    (again,) = open_source(file, load_map(tmp_path / "map.toml")).items()
    assert again.record is not None, again.faults


@pytest.mark.parametrize(
    ("map_text", "header", "says"),
    [
        (OTHERS, {"曾用名": "姓名"}, "names the mapped column '姓名' twice: rename one"),
        (ONLY_LISTED, {"曾用名": "序号"}, "columns.曾用名: the file has no such column"),
        (ONLY_LISTED, {"曾用名": "绰号"}, 'list it in `ignore` so that it is left out ("*" for all others)'),
        (ONLY_LISTED, {"序号": " "}, 'set `ignore = "*"` in the map'),
        (OTHERS, {"性别": "性別"}, "columns.性别: the file has no such column"),
    ],
)
def test_nothing_that_is_mapped_is_lost_by_a_heading(
    tmp_path: Path, map_text: str, header: dict[str, str], says: str
) -> None:
    cells = row(Someone())
    with pytest.raises(InvalidRequest) as caught:
        items(tmp_path, map_text, [header.get(name, name) for name in cells], list(cells.values()))
    assert says in str(caught.value)


def test_a_formula_in_an_ignored_column_spoils_no_row(tmp_path: Path) -> None:
    book, cells = openpyxl.Workbook(), row(Someone())
    sheet = book.active
    assert sheet is not None
    sheet.append(["合计", "合计", *cells])
    sheet.append(["=1+1", "=1+2", *cells.values()])
    sheet.append(["", "", *(row(Someone()) | {"姓名": "=A1"}).values()])
    book.save(tmp_path / "t.xlsx")
    (tmp_path / "map.toml").write_text(OTHERS, "utf-8")
    first, second = open_source(tmp_path / "t.xlsx", load_map(tmp_path / "map.toml")).items()
    assert first.record is not None, first.faults
    assert [(each.field, each.rule) for each in second.faults] == [("姓名", "FORMULA")]


@pytest.mark.parametrize(
    "wrong",
    ['[unknown]\n"verdict" = "ILLEGIBLE"', '[columns.a]\nto = "verdict"\nempty = "ILLEGIBLE"'],
)
def test_r13_a_refusal_names_the_fields_that_may_be_unknown(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "map.toml").write_text(wrong, "utf-8")
    with pytest.raises(InvalidRequest) as caught:
        load_map(tmp_path / "map.toml")
    for field in ("final_on", "combined_penalty", "execution", "offences[*].conduct_from"):
        assert field in str(caught.value)
    assert "person.names" not in str(caught.value)
