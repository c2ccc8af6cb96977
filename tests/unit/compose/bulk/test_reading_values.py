"""Days, numbers and lengths are read in all their forms as what they are, and in no other form at all (R18, R20)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compose.apply.roster_file import read_roster
from compose.bulk.cells import as_date
from compose.bulk.map_file import load_map
from compose.bulk.source import open_source
from compose.demo.outcomes import COLUMNS, read_outcomes
from compose.notices.reconcile_cli import read_list
from federation.errors import InvalidRequest
from federation.v1 import record_pb2
from federation.values import case_number, clock
from federation.values.identity import Installation
from tests.support.records import Someone
from tests.support.tables import MAP, as_csv, row
from tests.support.written import MIDNIGHTS, WIDE, day_forms

DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))


SPACES = st.sampled_from(["", " ", "\t", "\u00a0", "\u3000", "\r\n"])


def read(text: str) -> str:
    """Return what a date cell says, or nothing."""
    try:
        return as_date(text)
    except ValueError:
        return ""


@pytest.mark.parametrize("midnight", MIDNIGHTS)
@pytest.mark.parametrize("day", ["2011/11/30", "2011-11-20", "2011.11.10", "2011年11月30日", "20111130"])
def test_a_time_of_midnight_never_changes_the_day(day: str, midnight: str) -> None:
    assert as_date(f"{day} {midnight}") == as_date(day)
    assert as_date(f"2011-11-30T{midnight}") == "2011-11-30"


@given(DAYS, st.randoms(use_true_random=False), SPACES, SPACES)
def test_a_day_is_read_back_from_every_form(day: date, draw: object, before: str, after: str) -> None:
    forms = sorted(day_forms(day))
    for text in {forms[0], forms[-1], *draw.sample(forms, min(40, len(forms)))}:  # type: ignore[attr-defined]
        assert as_date(f"{before}{text}{after}") == day.isoformat(), text
        assert as_date(text.translate(WIDE)) == day.isoformat(), text
        spaced = text.replace("年", " 年 ").replace("月", " 月 ").replace("/", " / ")
        assert as_date(spaced) == day.isoformat(), spaced
        midnight = draw.choice(MIDNIGHTS)  # type: ignore[attr-defined]
        assert as_date(f"{text} {midnight}") == day.isoformat(), (text, midnight)


def bare(text: str) -> str:
    """Return a text without what may stand around and between the parts of a date."""
    for mark in "-/.年月日":
        text = mark.join(part.strip() for part in text.split(mark))
    for midnight in sorted(MIDNIGHTS, key=len, reverse=True):
        if text.strip().endswith(midnight) and text.strip()[: -len(midnight)][-1:] in ("T", " "):
            return text.strip()[: -len(midnight)].rstrip("T ").strip()
    return text.strip()


NOISE = st.text("0123456789", min_size=1, max_size=2) | st.text("0123一二十零O -/.:T年月日半", max_size=4)


@given(NOISE, DAYS, st.integers(0, 14), st.integers(0, 3))
@example("", date(2011, 11, 3), 9, 0)
def test_a_day_that_was_changed_is_another_form_or_no_day(
    noise: str, day: date, place: int, cut: int
) -> None:
    for form in (
        "{0.year}-{0.month:02d}-{0.day:02d}",
        "{0.year}/{0.month}/{0.day} 0:00",
        "{0.year}年{0.month}月{0.day}日",
    ):
        text = form.format(day)
        text = text[:place] + noise + text[place + cut :]
        if (understood := read(text)) and len(bare(text)) != 5:
            assert bare(text) in set(day_forms(date.fromisoformat(understood))), (text, understood)


@given(st.text("0123456789一二三十百千万零〇年月日-/.: TZ+", max_size=18))
def test_no_other_text_is_a_day(text: str) -> None:
    if (understood := read(text)) and len(bare(text)) != 5:
        assert bare(text) in set(day_forms(date.fromisoformat(understood))), (text, understood)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2011/11/30 14:35", "a time of day"),
        ("2011-11-29T16:00:00Z", "a time of day"),
        ("2011-11-30T00:00:00+09:00", "another time zone"),
        ("11/11/30", "two digits"),
        ("11年11月30日", "two digits"),
        ("30/11/2011", "which is the day"),
        ("11/30/2011 0:00", "which is the day"),
        ("2011/11/3 0", "space inside"),
        ("2011/1 1/30", "space inside"),
        ("2011-02-29", "not a day of the calendar"),
        ("2011-30-11", "not a day of the calendar"),
        ("0211-11-30", "out of the question"),
        ("2011-11/30", "not a date"),
        ("2011年1,1月3日", "not a date"),
        ("2011年一二月三日", "not a date"),
        ("2011-W48-3", "not a date"),
        ("2011年11月3²日", "not a date"),
        ("2011-11-3\u200b0", r"U\+200B"),
        ("\u200e2011-11-30", r"U\+200E"),
        ("20111130000000", "not a date"),
        (40877.604, "a day with a time"),
        (11.0, "not a day that a spreadsheet counted"),
        (datetime(2011, 11, 29, 16), "time of day"),
        (True, "not a date"),
        (float("nan"), "not a day|no value|cannot convert"),
    ],
)
def test_what_is_no_day_says_why(text: str | float | datetime, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        as_date(text)


def test_a_month_that_may_have_lost_its_zero_is_no_birth_date() -> None:
    assert as_date("2011.10", partial=True) == "2011-10"
    assert as_date("2011/1", partial=True) == "2011-01"
    assert as_date("二零一一", partial=True) == "2011"
    assert as_date("二〇一一年十一月", partial=True) == "2011-11"
    for written in ("2011.1", 2011.1):
        with pytest.raises(ValueError, match=r"."):
            as_date(written, partial=True)


def test_every_door_for_tables_reads_the_same_day(tmp_path: Path) -> None:
    """An import, a roster, a court's list and the demonstration's outcomes, as Excel saves them."""
    register = tmp_path / "register.csv"
    register.write_bytes(as_csv([row(Someone(), 犯罪日期="2011/11/30 0:00")]))
    (item,) = open_source(register, load_map(MAP)).items()
    assert item.record is not None
    assert item.record.offences[0].conduct_from == "2011-11-30"
    roster = tmp_path / "roster.csv"
    someone = Someone()
    roster.write_text(
        f"姓名,公民身份号码,出生日期\n{someone.name},{someone.number},{someone.born:%Y/%m/%d} 0:00\n"
    )
    (person,) = read_roster(roster).persons
    assert person.birth_date == someone.born.isoformat()
    roster.write_text(f"姓名,公民身份号码,出生日期\n{someone.name},{someone.number},30/11/2011\n")
    read = read_roster(roster)
    assert [(bad.field, read.persons) for bad in read.bad] == [("birth_date", [])]
    court = tmp_path / "list.csv"
    court.write_text("案号,生效日期,人数\n（2019）京0105刑初123号,2011/11/30 0:00, 2 \n")
    assert [(each.final_on, each.persons) for each in read_list(court)] == [("2011-11-30", 2)]
    outcomes = tmp_path / "outcomes.csv"
    for text, day in (("2011/11/30 0:00", date(2011, 11, 30)), ("2011/W48/3", None)):
        outcomes.write_text(f"{','.join(COLUMNS)}\nJ1,{text},x,盗窃,264,10,0,0,0\n")
        assert [found.first_date for found in read_outcomes(outcomes)] == [day]


def test_r17_a_case_number_is_not_put_together() -> None:
    assert case_number.parse("（2019） 京 0105 刑初 123 号").canonical == "（2019）京0105刑初123号"
    for text in ("（2019）京0105刑初12 3号", "（2019）京0105刑初12²号", "（2019）京01 05刑初123号"):
        with pytest.raises(InvalidRequest, match=r"CASE-NUMBER"):
            case_number.parse(text)


@pytest.mark.parametrize(
    "text", ["2011-W48-3T00:00:00.000000Z", "2011-11-30T00:00:00.123+08Z", "2011-11-30T00:00:00.000000Z\n"]
)
def test_a_signed_time_has_one_form(text: str) -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        clock.parse_stamp(text)


def test_a_name_of_an_installation_is_read_whole() -> None:
    with pytest.raises(ValueError, match=r"."):
        Installation.parse("police/node/police-1\n")


def test_r14_a_roster_takes_every_kind_of_document(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "姓名,公民身份号码,证件种类,出生日期\n张三,E12345678,passport,1990-01-02\n李四,X1,library_card,\n"
    )
    read = read_roster(roster)
    [person] = read.persons
    assert person.identifiers[0].type == record_pb2.IDENTIFIER_TYPE_PASSPORT
    [bad] = read.bad
    assert (bad.line, bad.field) == (3, "id_type")
    assert "passport" in bad.message
