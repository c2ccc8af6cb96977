"""Records written as tables in any form that docs/import.md allows are read back as the same (R13, R18, R20)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from compose.bulk.map_file import load_map
from compose.bulk.source import open_source
from federation.v1 import record_pb2 as pb
from tests.support.workbooks import Parts, repacked, shared_texts, strict, unchanged
from tests.support.written import MIDNIGHTS, WIDE, day_forms, in_characters, number_forms

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
DAYS = st.dates(date(1930, 1, 1), date(2099, 12, 31))
SPACES = st.sampled_from(["", "", " ", "\u00a0", "\u3000", "\t"])
NOTHING = st.sampled_from(["", " ", "无", "不详", "/", "／"])
COURTS = ["北京市朝阳区人民法院", "示例市人民法院"]
OFFENCES = [
    "盗窃罪",
    "伪造、变造国家有价证券罪",
    "侮辱国旗、国徽罪",
    "诱骗投资者买卖证券罪",
    "伪造公司、企业、事业单位、人民团体印章罪",
]


@dataclass(frozen=True)
class Judged:
    """What a row means; "" and 0 are not stated."""

    name: str
    number: str
    female: bool
    birth: str
    division: str
    court: str
    case: int
    pronounced: date
    offences: tuple[str, ...]
    conduct: date
    years: int
    months: int
    suspended: int
    fine: int
    extra: int


JUDGED = st.builds(
    Judged,
    name=st.sampled_from(["张三", "\U00020087梅", "买买提·吐尔逊", "㐀", "\u9fb4某", '引"号', "逗,号"]),
    number=st.sampled_from(["", "990101198207040120", "99010119690120013X"]),
    female=st.booleans(),
    birth=st.one_of(
        st.just(""), DAYS.map(str), DAYS.map(lambda day: f"{day:%Y-%m}"), DAYS.map(lambda day: f"{day:%Y}")
    ),
    division=st.sampled_from(["", "110105", "440300"]),
    court=st.sampled_from(COURTS),
    case=st.integers(1, 99_999),
    pronounced=DAYS,
    offences=st.lists(st.sampled_from(OFFENCES), min_size=1, max_size=3).map(tuple),
    conduct=DAYS,
    years=st.integers(1, 15),
    months=st.integers(0, 11),
    suspended=st.integers(0, 5),
    fine=st.integers(0, 99_999_999),
    extra=st.integers(0, 99_999_999),
)


def expected(judged: Judged) -> pb.Record:
    """Return the record that a row means, made without any reader."""
    record = pb.Record(record_class=pb.RECORD_CLASS_CRIMINAL, court=pb.Court(name=judged.court))
    person = record.person
    person.names.add(kind=pb.NAME_KIND_REGISTERED, text=judged.name)
    if judged.number:
        person.identifiers.add(
            type=pb.IDENTIFIER_TYPE_CITIZEN_ID, number=judged.number, verification=pb.VERIFICATION_VERIFIED
        )
    person.sex = pb.SEX_FEMALE if judged.female else pb.SEX_MALE
    person.birth_date, person.household_division = judged.birth, judged.division
    record.judgment_number.original = record.instrument.reference = f"（2019）京0105刑初{judged.case}号"
    record.pronounced_on = judged.pronounced.isoformat()
    for name in judged.offences:
        record.offences.add(name=name, conduct_from=judged.conduct.isoformat())
    record.combined_penalty.kind = pb.PENALTY_KIND_FIXED_TERM
    record.combined_penalty.months = 12 * judged.years + judged.months
    record.combined_penalty.probation_months = 12 * judged.suspended
    for yuan in (judged.fine, judged.extra):
        if yuan:
            record.supplementary_penalties.add(kind=pb.SUPPLEMENTARY_KIND_FINE, amount_yuan=yuan)
    unknown = {"execution": pb.UNKNOWN_REASON_HELD_BY_ANOTHER_AGENCY}
    if not judged.number:
        unknown["person.identifiers"] = pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE
    if not judged.birth:
        unknown["person.birth_date"] = pb.UNKNOWN_REASON_ILLEGIBLE
    if not judged.division:
        unknown["person.household_division"] = pb.UNKNOWN_REASON_NOT_STATED_IN_SOURCE
    for field, reason in unknown.items():
        record.unknowns.add(field=field, reason=reason)
    return record


def _counted(day: date) -> int:
    """Return the number by which a spreadsheet keeps a day."""
    return (day - date(1899, 12, 30)).days


class Writer:
    """Writes each value in a form that is drawn; `cells` says whether the file can hold numbers and days."""

    def __init__(self, draw: Callable[[Any], Any], *, cells: bool, since_1904: bool = False) -> None:
        self._draw = draw
        self._cells = cells
        self._since_1904 = since_1904

    def row(self, judged: Judged) -> list[Any]:
        """Return the cells of a row, by `HEADER`."""
        case = self._one(f"（2019）京0105刑初{judged.case}号", f" （2019）京0105刑初{judged.case}号 ")
        return [
            self._spaced(self._name(judged.name)),
            self._spaced(judged.number) if judged.number else self._nothing(),
            self._spaced("女" if judged.female else "男"),
            self._birth(judged.birth) if judged.birth else self._nothing(),
            self._division(judged.division) if judged.division else self._nothing(),
            self._spaced(judged.court),
            case,
            self._day(judged.pronounced),
            self._one("；", ";", "、").join(judged.offences),
            self._day(judged.conduct),
            self._penalty(judged),
            self._amount(judged.extra) if judged.extra else self._nothing(),
        ]

    def _one(self, *forms: Any) -> Any:
        return self._draw(st.sampled_from(forms))

    def _text(self, *forms: str) -> str:
        return str(self._one(*forms))

    def _spaced(self, text: str) -> str:
        return f"{self._draw(SPACES)}{text}{self._draw(SPACES)}"

    def _nothing(self) -> Any:
        return self._draw(NOTHING | st.none()) if self._cells else self._draw(NOTHING)

    def _name(self, name: str) -> str:
        if self._cells and self._draw(st.booleans()):
            name = f"{name}_x000D_"
        return self._text(name, name.replace("\u9fb4", "\ue81e").replace("\U00020087", "\ue816"))

    def _division(self, code: str) -> Any:
        return self._one(self._spaced(code), code.translate(WIDE), int(code) if self._cells else code)

    def _day(self, day: date) -> Any:
        forms: list[Any] = [
            self._spaced(self._draw(st.sampled_from(sorted(day_forms(day))))),
            f"{day.isoformat()} {self._draw(st.sampled_from(MIDNIGHTS))}",
            f"{day.year}/{day.month}/{day.day}".translate(WIDE),
        ]
        if not self._since_1904:
            forms.append(str(_counted(day)))
        if self._cells:
            counted = _counted(day) - 1462 * self._since_1904
            forms += [day, datetime(day.year, day.month, day.day)]
            forms += [counted, float(counted)] if counted >= 10_000 else []  # of four digits it may be a year
        return self._one(*forms)

    def _birth(self, birth: str) -> Any:
        year, *rest = birth.split("-")
        if len(rest) == 2:
            return self._day(date.fromisoformat(birth))
        if not rest:
            return self._one(year, f"{year}年", year.translate(WIDE), int(year) if self._cells else year)
        return self._one(birth, f"{year}/{int(rest[0])}", f"{year}.{rest[0]}", f"{year}年{int(rest[0])}月")

    def _amount(self, yuan: int) -> Any:
        text = self._draw(st.sampled_from(sorted(set(number_forms(yuan)))))
        return self._one(
            self._spaced(text),
            f"人民币{text}元整",
            f"¥{text}",
            f"{text}元".translate(WIDE),
            yuan if self._cells else text,
        )

    def _penalty(self, judged: Judged) -> str:
        term = self._length(judged.years, judged.months)
        parts = [f"{self._one('', '判处')}有期徒刑{term}"]
        if judged.suspended:
            parts.append(f"缓刑{self._length(judged.suspended, 0)}")
        if judged.fine:
            yuan = self._draw(st.sampled_from(sorted(set(number_forms(judged.fine)))))
            parts.append(f"并处罚金{self._one('', '人民币')}{yuan}元{self._one('', '整')}")
        return self._text("，", ",", "； ").join(parts) + self._text("", "。")

    def _length(self, years: int, months: int) -> str:
        one = self._one(str, in_characters)
        forms = [
            f"{one(12 * years + months)}个月",
            f"{one(years)}年" + (f"{one(months)}个月" if months else ""),
        ]
        if months == 6:
            forms += [f"{one(years)}年半", f"{years}.5年"]
        return self._text(*forms)


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
