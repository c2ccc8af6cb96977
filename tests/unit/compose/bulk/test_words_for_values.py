"""Amounts and terms in words, and texts that are no value: read as what they are, or named as a fault (R18, R20)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from compose.apply.roster_file import read_roster
from compose.bulk.cells import (
    as_amount,
    as_date,
    as_days,
    as_months,
    as_text,
    as_words,
    one_offence,
)
from compose.bulk.chinese import length, number, plain
from compose.bulk.map_file import load_map
from compose.bulk.sentences import as_sentence
from compose.bulk.source import SourceRow, open_source
from compose.notices.reconcile_cli import read_list
from federation.errors import InvalidRequest
from federation.record.validate import admit
from federation.values.names import check_name
from federation.values.no_value import no_name
from tests.support.records import Someone, record
from tests.support.tables import MAP, as_csv, row


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("一万二千", 12_000), ("一万零二", 10_002), ("两万", 20_000), ("〇", 0), ("零", 0), ("廿", 20), ("卅五", 35),
        ("壹", 1), ("拾", 10), ("壹拾贰", 12), ("叁拾陆", 36), ("壹万贰仟", 12_000), ("陸萬", 60_000), ("5千", 5_000),
        ("5仟", 5_000), ("1.2万", 12_000), ("1.5千", 1_500), ("1万5千", 15_000), ("1万零500", 10_500), ("3百", 300),
        ("１，２００", 1_200), ("1.5亿", 150_000_000), ("一亿二千万", 120_000_000), ("5百万", 5_000_000),
        ("3千零50", 3_050),
    ],
)  # fmt: skip
def test_a_number_in_words_is_read_as_what_it_is(text: str, value: int) -> None:
    assert number(plain(text)) == value
    assert as_amount(text) == value
    assert as_amount(f"人民币{text}元整") == value
    if value:
        assert as_sentence(f"单处罚金人民币{text}元").supplementary[0].amount_yuan == value


@pytest.mark.parametrize(
    "text",
    ["一万二", "1万2", "两万五", "三千五", "一百五", "一亿五", "一亿五千", "壹万贰",
     "1亿5千", "百", "千", "1,5千", "1万05"],
)  # fmt: skip
def test_a_number_that_is_short_for_another_is_a_fault(text: str) -> None:
    for read in (number, as_amount):
        with pytest.raises(ValueError, match=r"may be short for|is not a number"):
            read(text)
    with pytest.raises(ValueError, match=r"."):
        as_amount(f"{text}元")
    with pytest.raises(ValueError, match=r"."):
        as_sentence(f"有期徒刑三年,并处罚金{text}元")


@pytest.mark.parametrize(
    ("text", "months", "days"),
    [
        ("半年", 6, 0), ("一年半", 18, 0), ("1.5年", 18, 0), ("叁年", 36, 0), ("叁年陆个月", 42, 0),
        ("三年六个月", 42, 0),
        ("1年又6个月", 18, 0), ("三年整", 36, 0), ("廿个月", 20, 0), ("五个月", 5, 0), ("五个月十五日", 5, 15),
    ],
)  # fmt: skip
def test_a_term_in_words_is_read_as_what_it_is(text: str, months: int, days: int) -> None:
    assert length(plain(text)) == (months, days)
    for kind in ("有期徒刑", "拘役", "管制"):
        read = as_sentence(f"{kind}{text}").principal
        assert (read.months, read.days) == (months, days), kind
    if not days:
        assert as_months(text) == months
        assert as_sentence(f"有期徒刑三年,缓刑{text}").principal.probation_months == months


def test_months_and_days_have_their_own_columns() -> None:
    assert (as_months(18), as_months("18"), as_months("18个月"), as_days("十五日"), as_days(15)) == (
        18,
        18,
        18,
        15,
        15,
    )
    with pytest.raises(ValueError, match="days beside the months"):
        as_months("五个月十五日")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("二〇一二年三月廿五日", "2012-03-25"),
        ("二〇一二年三月卅日", "2012-03-30"),
        ("贰零壹贰年叁月贰拾伍日", "2012-03-25"),
    ],
)
def test_a_day_in_old_numerals_is_read(text: str, day: str) -> None:
    assert as_date(text) == day


NO_VALUE = [
    ('="己"', "is a formula"),
    ("＝A1", "is a formula"),
    ("'990101198207040120", "apostrophe"),
    ("#N/A", "error of a spreadsheet"),
    ("#REF!", "error of a spreadsheet"),
    ("#########", "error of a spreadsheet"),
    ("Err:502", "error of a spreadsheet"),
    ("9.90101198207E+17", "lost its last digits"),
    ("@SUM(A1)", "is a formula"),
    ("+VLOOKUP(A1,B:C,2,0)", "is a formula"),
    ("#名称?", "error of a spreadsheet"),
    ("#DIV/0", "error of a spreadsheet"),
    ("9.90101198207e17", "lost its last digits"),
    ("张&#29579;", "as web pages write a character"),
    ("张&amp;三", "as web pages write a character"),
    ("张<br/>三", "as web pages write a character"),
    ("锟斤拷", "characters that were lost"),
    ("[object Object]", "word for no value"),
    ("NULL", "word for no value"),
    ("none", "word for no value"),
    ("张\ue000三", r"U\+E000, which is no character"),
    ("张\U000f0001三", r"U\+F0001, which is no character"),
    ("张\ufffd三", r"U\+FFFD, which stands for a character that was lost"),
    ("张\ud842三", "half a surrogate pair"),
    ("张_xD842_三", "half a surrogate pair"),
]


@pytest.mark.parametrize(("text", "says"), NO_VALUE)
def test_what_is_no_value_is_a_fault_in_any_cell(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        as_text(text)


@pytest.mark.parametrize(
    "text",
    ["不详", "无", "同上", "〃", "-", "——", "？", "***", " 未知 ", "unknown", "（无）", "【不详】", "(空白)"],
)
def test_a_word_that_says_nothing_is_no_name(text: str) -> None:
    with pytest.raises(ValueError, match="no value"):
        as_words(text)
    assert as_text(text) == text.strip()  # an addition's value may be 无


@pytest.mark.parametrize(
    "text", ["TRUE", "false", "2012-03-05", "3月12日", "Mar-12", "1234", "12.5", "（无）"]
)
def test_a_truth_value_a_number_or_a_day_is_no_name_at_any_door(text: str) -> None:
    with pytest.raises(ValueError, match=r"number or a day|true or false|no value|signs alone"):
        check_name(text)
    made = record(Someone())
    made.court.name = made.prosecuting_party.procuratorate = made.instrument.issuer = text
    with pytest.raises(InvalidRequest) as refused:
        admit(made, today=date(2026, 11, 30), allow_synthetic=True)
    assert {fault.field for fault in refused.value.violations if fault.rule == "TEXT"} == {
        "court.name",
        "prosecuting_party.procuratorate",
        "instrument.issuer",
    }


@pytest.mark.parametrize(
    "text", ["〇", "王〇", "True North", "欧阳12", "买买提?吐尔逊", "O'Neil", "3月12日派出所"]
)
def test_a_name_with_a_letter_may_be_one(text: str) -> None:
    assert no_name(text) == ""


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("戊_x000D_", "戊"),
        ("_x005F_x000D_", "_x000D_"),
        ("\ue81e梅", "\u9fb4梅"),
        ("\ue816\ue855", "\U00020087\U000241fe"),
        ("\ue78d", "\ufe10"),
        ("㐀梅", "㐀梅"),
        ("𠮷", "𠮷"),
        ("Nan", "Nan"),
    ],
)
def test_characters_are_read_in_their_places_of_today(text: str, read: str) -> None:
    assert as_text(text) == read
    assert as_words(text) == read


def test_a_cell_that_names_several_offences_is_no_name_of_one() -> None:
    assert one_offence("伪造、变造国家有价证券罪") == "伪造、变造国家有价证券罪"
    assert one_offence("没有人知道的罪") == "没有人知道的罪"
    for text in ("盗窃罪、诈骗罪", "盗窃罪和诈骗罪", "盗窃罪 诈骗罪"):
        with pytest.raises(ValueError, match="`split`"):
            one_offence(text)


def rows(tmp_path: Path, *cells: dict[str, str], add: str = "") -> list[SourceRow]:
    file, map_file = tmp_path / "t.csv", tmp_path / "map.toml"
    map_file.write_text(add + MAP.read_text("utf-8"), "utf-8")
    file.write_bytes(as_csv(list(cells)))
    return list(open_source(file, load_map(map_file)).items())


def test_every_door_for_tables_names_what_is_no_value(tmp_path: Path) -> None:
    """An import, a roster and a court's list say the same of the same text."""
    for text, says in NO_VALUE[:-2]:
        (item,) = rows(tmp_path, row(Someone(), 姓名=text))
        assert [(fault.field, fault.rule) for fault in item.faults] == [("姓名", "CELL")], text
        roster = tmp_path / "roster.csv"
        someone = Someone()
        quoted = text.replace('"', '""')
        roster.write_text(f'姓名,公民身份号码\n"{quoted}",{someone.number}\n', "utf-8")
        [bad] = read_roster(roster).bad
        assert (bad.field, bad.message) == ("name", item.faults[0].message), says
        court = tmp_path / "list.csv"
        court.write_text(f'案号,生效日期\n"{quoted}",2011-11-30\n', "utf-8")
        with pytest.raises(InvalidRequest) as refused:
            list(read_list(court))
        assert refused.value.violations[0].message == item.faults[0].message


def test_the_map_lists_the_words_that_mean_empty(tmp_path: Path) -> None:
    cells = row(Someone(), 户籍地代码="不 详", 刑满日期="／", 曾用名="无")
    (item,) = rows(tmp_path, cells)
    assert {fault.field for fault in item.faults} == {"户籍地代码", "刑满日期", "曾用名"}
    (item,) = rows(tmp_path, cells, add='empty_words = ["不 详", "/", "无"]\n')
    assert item.faults == []
    assert item.record is not None
    assert {"person.household_division", "execution"} <= {unknown.field for unknown in item.record.unknowns}
    assert len(item.record.person.names) == 1


def test_full_width_codes_are_read_from_tables(tmp_path: Path) -> None:
    (item,) = rows(tmp_path, row(Someone(), 户籍地代码="１１０１０５ "))
    assert item.record is not None
    assert item.record.person.household_division == "110105"
