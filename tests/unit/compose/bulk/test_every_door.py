"""The same text means the same value, or is the same fault, at every door for what people wrote (R18, R20, R28)."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from compose.apply.roster_file import read_roster
from compose.bulk.map_file import load_map
from compose.bulk.source import open_source
from compose.notices.reconcile_cli import read_list
from compose.shared.options import BIRTH, DAY
from federation.errors import InvalidRequest
from federation.v1 import record_pb2 as pb

#: A kind of value -> the field of a record that holds one.
FIELDS: dict[str, str] = {
    "day": "final_on",
    "birth date": "person.birth_date",
    "name": "person.names[0].text",
    "document": "person.identifiers[0].number",
    "division": "person.household_division",
    "case number": "judgment_number.original",
    "amount": "supplementary_penalties[0].amount_yuan",
    "months": "combined_penalty.months",
    "penalty": "combined_penalty",
    "offence": "offences[0].name",
}
NOTHING = ['="己"', "#N/A", "NULL", "'x", "1.2E+17", "张\ufffd", "张\ue000"]
TEXTS: dict[str, list[str]] = {
    "day": ["2012-03-05", "２０１２年３月５日", "二〇一二年三月廿五日", "2012/3/5 0:00", "2012/3/5 8:00", "5/3/2012",
            "12-3-5", *NOTHING],
    "birth date": ["1990", "1990年5月", "一九九〇年", "1990.1", "1990-02-30", "1990.05", *NOTHING],
    "name": ["张三", " 张 三 ", "\ue81e梅", "戊_x000D_", "不详", "同上", "〃", "？", "买买提·吐尔逊", *NOTHING],
    "document": ["E1234567", " e1234567 ", "无", "-", *NOTHING],
    "division": ["110105", "１１０１０５", " 110105 ", "1101", "11010a", *NOTHING],
    "case number": ["（2019）京0105刑初123号", "(2019)京0105刑初123号", "不详", *NOTHING],
    "amount": ["5000", "5千", "一万二千元", "一万二元", "1.2万元", "壹万贰仟元整", "¥5,000", "5 000", "五六千",
               *NOTHING],
    "months": ["18", "十八", "一年半", "18个月", "叁年", "三年半六个月", "五个月十五日", *NOTHING],
    "penalty": ["有期徒刑叁年,并处罚金5千元", "拘役半年", "有期徒刑三年,罚金一万二元", "有期徒刑若干", *NOTHING],
    "offence": ["盗窃罪", "伪造、变造国家有价证券罪", "盗窃罪、诈骗罪", "不详", *NOTHING],
}  # fmt: skip
Outcome = tuple[str, str]


def import_of(kind: str, text: str, folder: Path, suffix: str) -> Outcome:
    """Return the value that an import of a table reads, or its fault."""
    file, map_file = folder / f"t{suffix}", folder / "map.toml"
    map_file.write_text(f'[columns."栏"]\nto = "{FIELDS[kind]}"\n', "utf-8")
    if suffix == ".csv":
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([["栏"], [text]])
    elif suffix == ".jsonl":
        file.write_text(json.dumps({"栏": text}) + "\n", "utf-8")
    else:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet["A1"] = "栏"
        sheet["A2"].value = text
        sheet["A2"].data_type = "s"
        book.save(file)
    (item,) = open_source(file, load_map(map_file)).items()
    if item.record is None:
        return "fault", item.faults[0].message
    return "value", value_in(item.record, kind)


def value_in(record: pb.Record, kind: str) -> str:
    penalty = record.combined_penalty
    return {
        "day": lambda: record.final_on,
        "birth date": lambda: record.person.birth_date,
        "name": lambda: record.person.names[0].text,
        "document": lambda: record.person.identifiers[0].number,
        "division": lambda: record.person.household_division,
        "case number": lambda: record.judgment_number.original,
        "amount": lambda: str(record.supplementary_penalties[0].amount_yuan),
        "months": lambda: str(penalty.months),
        "penalty": lambda: f"{penalty.kind} {penalty.months} {record.supplementary_penalties}",
        "offence": lambda: record.offences[0].name,
    }[kind]()


def roster(kind: str, text: str, folder: Path) -> Outcome:
    """Return the value that a roster has, or its fault."""
    file = folder / "roster.csv"
    cells = {"name": "张三", "id_type": "passport", "id_number": "E1234567", "birth_date": "1990-01-02"}
    column = {"name": "name", "document": "id_number", "day": "birth_date"}[kind]
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([list(cells), list((cells | {column: text}).values())])
    read = read_roster(file)
    if read.bad:
        assert {bad.field for bad in read.bad} == {column}
        return "fault", read.bad[0].message
    (person,) = read.persons
    return "value", {"name": person.name, "document": person.identifiers[0].number, "day": person.birth_date}[
        kind
    ]


def court_list(kind: str, text: str, folder: Path) -> Outcome:
    """Return the value that a court's list has, or its fault."""
    file = folder / "list.csv"
    cells = {"number": "（2019）京0105刑初123号", "final_on": "2012-03-05"}
    column = {"case number": "number", "day": "final_on"}[kind]
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([list(cells), list((cells | {column: text}).values())])
    try:
        (listed,) = read_list(file)
    except InvalidRequest as error:
        return "fault", error.violations[0].message
    return "value", {"case number": listed.number, "day": listed.final_on}[kind]


def option(kind: str, text: str, folder: Path) -> Outcome:
    """Return the value of an option of a command, or its fault."""
    try:
        return "value", (BIRTH if kind == "birth date" else DAY).convert(text, None, None)
    except InvalidRequest as error:
        return "fault", error.violations[0].message


Door = Callable[[str, str, Path], Outcome]
TABLES: dict[str, Door] = {
    suffix: lambda kind, text, folder, suffix=suffix: import_of(kind, text, folder, suffix)  # type: ignore[misc]
    for suffix in (".csv", ".jsonl", ".xlsx")
}
OTHERS: dict[str, dict[str, Door]] = {
    "day": {"roster": roster, "list": court_list, "option": option},
    "birth date": {"option": option},
    "name": {"roster": roster},
    "document": {"roster": roster},
    "case number": {"list": court_list},
}


@pytest.mark.parametrize("kind", FIELDS)
def test_the_same_text_is_the_same_value_or_the_same_fault_at_every_door(tmp_path: Path, kind: str) -> None:
    kinds = set[str]()
    for text in TEXTS[kind]:
        outcomes = {
            name: door(kind, text, tmp_path) for name, door in (TABLES | OTHERS.get(kind, {})).items()
        }
        assert len(set(outcomes.values())) == 1, (text, outcomes)
        kinds.add(outcomes[".csv"][0])
    assert kinds == {"value", "fault"}
