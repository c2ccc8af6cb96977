"""Records written as tables in any form that docs/import.md allows are read back as the same (R13, R18, R20)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from compose.bulk.map_file import load_map
from compose.bulk.source import open_source
from tests.support.judged_rows import COURTS, JUDGED, Judged, Writer, expected
from tests.support.workbooks import Parts, repacked, shared_texts, strict, unchanged

MAP = """
empty_words = ["无", "不详", "／"]
[format]
%s
[constants]
record_class = "CRIMINAL"
[unknown]
"execution" = "HELD_BY_ANOTHER_AGENCY"
[columns."姓名"]
to = "person.names[0].text"
with = { "person.names[0].kind" = "REGISTERED" }
[columns."证号"]
to = "person.identifiers[0].number"
with = { "person.identifiers[0].type" = "CITIZEN_ID", "person.identifiers[0].verification" = "VERIFIED" }
empty = "NOT_STATED_IN_SOURCE"
[columns."性别"]
to = "person.sex"
values = { "男" = "MALE", "女" = "FEMALE" }
[columns."生日"]
to = "person.birth_date"
empty = "ILLEGIBLE"
[columns."户籍"]
to = "person.household_division"
empty = "NOT_STATED_IN_SOURCE"
[columns."法院"]
to = "court.name"
[columns."案号"]
to = ["judgment_number.original", "instrument.reference"]
[columns."宣判"]
to = "pronounced_on"
[columns."罪名"]
to = "offences[0].name"
split = "、"
[columns."犯罪"]
to = "offences[*].conduct_from"
[columns."刑罚"]
to = "combined_penalty"
[columns."附加罚金"]
to = "supplementary_penalties[3].amount_yuan"
with = { "supplementary_penalties[3].kind" = "FINE" }
"""


HEADER = ["姓名", "证号", "性别", "生日", "户籍", "法院", "案号", "宣判", "罪名", "犯罪", "刑罚", "附加罚金"]


#: Without shrinking, which takes minutes here; a failure shows its draws.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]


ENCODINGS = ["utf-8", "utf-8-sig", "gb18030"]


def check(file: Path, folder: Path, form: str, meant: list[Judged]) -> None:
    map_file = folder / "map.toml"
    map_file.write_text(MAP % form, "utf-8")
    items = list(open_source(file, load_map(map_file)).items())
    assert [item.faults for item in items] == [[] for _ in meant]
    assert [item.record for item in items] == [expected(judged) for judged in meant]


once = settings(
    max_examples=25,
    phases=PHASES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


SOME = st.lists(JUDGED, min_size=1, max_size=4)


@once
@given(SOME, st.data())
def test_records_come_back_from_csv(tmp_path: Path, meant: list[Judged], data: st.DataObject) -> None:
    encoding = data.draw(st.sampled_from(ENCODINGS))
    delimiter = data.draw(st.sampled_from([",", ";", "\t"]))
    out = io.StringIO(newline="")
    quoted = data.draw(st.booleans())
    ending = data.draw(st.sampled_from(["\r\n", "\n"]))
    writer = csv.writer(
        out,
        delimiter=delimiter,
        quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
        lineterminator=ending,
    )
    writer.writerow(HEADER)
    cells = Writer(data.draw, cells=False)
    writer.writerows(cells.row(judged) for judged in meant)
    file = tmp_path / "t.csv"
    file.write_bytes(out.getvalue().encode(encoding))
    check(file, tmp_path, f"delimiter = {json.dumps(delimiter)}", meant)


@once
@given(SOME, st.data())
def test_records_come_back_from_json_lines(tmp_path: Path, meant: list[Judged], data: st.DataObject) -> None:
    cells = Writer(data.draw, cells=False)
    lines = [json.dumps(dict(zip(HEADER, cells.row(judged), strict=True))) for judged in meant]
    file = tmp_path / "t.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    check(file, tmp_path, "", meant)


@once
@given(SOME, st.data())
def test_records_come_back_from_workbooks(tmp_path: Path, meant: list[Judged], data: st.DataObject) -> None:
    since_1904 = data.draw(st.booleans())
    book = openpyxl.Workbook()
    if since_1904:
        book.epoch = CALENDAR_MAC_1904
    sheet: Any = book.active
    sheet.append(HEADER)
    cells = Writer(data.draw, cells=True, since_1904=since_1904)
    for judged in meant:
        sheet.append(cells.row(judged))
    if len({judged.court for judged in meant}) == 1 and len(meant) > 1 and data.draw(st.booleans()):
        column = HEADER.index("法院") + 1
        sheet.merge_cells(start_row=2, end_row=len(meant) + 1, start_column=column, end_column=column)
    packed = io.BytesIO()
    book.save(packed)
    change: Callable[[Parts], Parts] = data.draw(st.sampled_from([unchanged, shared_texts, strict]))
    file = tmp_path / "t.xlsx"
    file.write_bytes(repacked(packed.getvalue(), change))
    check(file, tmp_path, "", meant)


@pytest.mark.parametrize("change", [unchanged, shared_texts, strict])
def test_a_workbook_of_many_rows_comes_back(tmp_path: Path, change: Callable[[Parts], Parts]) -> None:
    one = Judged(
        "张三",
        "",
        False,
        "1990",
        "",
        COURTS[0],
        1,
        date(2019, 6, 3),
        ("盗窃罪",),
        date(2019, 1, 2),
        3,
        0,
        0,
        0,
        0,
    )
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(HEADER)
    for _ in range(300):
        sheet.append(["张三", "", "男", 1990, None, COURTS[0], "（2019）京0105刑初1号", one.pronounced, "盗窃罪",
                      "2019-01-02", "有期徒刑三年", None])  # fmt: skip
    packed = io.BytesIO()
    book.save(packed)
    file = tmp_path / "t.xlsx"
    file.write_bytes(repacked(packed.getvalue(), change))
    check(file, tmp_path, "", [one] * 300)
