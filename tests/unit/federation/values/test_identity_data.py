"""Days, identity numbers and names."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.values.calendar import DateRange, adult_from, parse_date, parse_partial, under_through
from federation.values.identifiers import (
    birth_date_of,
    check_character,
    check_citizen_id,
    normalise_identifier,
)
from federation.values.names import normalise_name


@pytest.mark.parametrize(
    "text",
    [
        "2017-02-30",
        "2017-13-01",
        "2017-2-3",
        "20170203",
        "2017-02-03 ",
        "1849-12-31",
        "0000-01-01",
        "２０１７-02-03",
        "",
        "9999-01-01",
    ],
)
def test_an_impossible_day_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_date(text)
    with pytest.raises(ValueError, match=r"\w"):
        parse_partial(text)


def test_a_birth_date_may_be_less_precise() -> None:
    assert parse_partial("2000-02") == DateRange(date(2000, 2, 1), date(2000, 2, 29))
    assert parse_partial("2001") == DateRange(date(2001, 1, 1), date(2001, 12, 31))
    with pytest.raises(ValueError, match="before it begins"):
        DateRange(date(2001, 1, 2), date(2001, 1, 1))


@settings(deadline=None)
@given(st.dates(date(1850, 1, 1), date(2100, 12, 31)))
def test_r40_the_birthday_is_the_last_day_under_eighteen(born: date) -> None:
    one = DateRange(born, born)
    contested = (born.month, born.day) == (2, 29)
    assert (adult_from(one) - under_through(one)).days == (2 if contested else 1)
    if not contested:
        assert under_through(one) == born.replace(year=born.year + 18)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_r14_the_examples_of_gb_11643_hold(number: str) -> None:
    check_citizen_id(number)


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("110105194912310020", "check character"),
        ("11010519490231002X", "not a day"),
        ("010105194912310026", "no such province"),
        ("1101051949123100", "17 digits"),
        ("11010519491231002x", "17 digits"),
        ("１１０１０５１９４９１２３１００２Ｘ", "17 digits"),
        ("990105194912310021", "synthetic"),
    ],
)
def test_r14_a_citizen_number_that_does_not_hold_is_refused(number: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_citizen_id(number)


def test_r14_a_synthetic_number_is_accepted_only_where_it_is_asked_for() -> None:
    body = "99010519990101001"
    check_citizen_id(body + check_character(body), allow_synthetic=True)
    assert birth_date_of(body + "0") == date(1999, 1, 1)


def test_r14_a_citizen_number_has_one_form() -> None:
    expected = "11010519491231002X"
    for written in (
        "11010519491231002x",
        " 110105 19491231 002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105491231002",
    ):
        assert normalise_identifier("citizen_id", written) == expected
    assert normalise_identifier("passport", " e-1234 5678 ") == "E12345678"
    with pytest.raises(ValueError, match="empty"):
        normalise_identifier("passport", " - ")
    with pytest.raises(ValueError, match="tattoo"):
        normalise_identifier("tattoo", "1")


@settings(deadline=None)
@given(st.sampled_from(["citizen_id", "passport", "other"]), st.text(min_size=1, max_size=30))
def test_r14_normalising_an_identifier_again_changes_nothing(kind: str, number: str) -> None:
    try:
        once = normalise_identifier(kind, number)
    except ValueError:
        return
    assert normalise_identifier(kind, once) == once


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (" 张 三 ", "张三"),
        ("张\u3000三", "张三"),
        ("张\u200b三", "张三"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
        ("买买提 ・ 吐尔逊", "买买提·吐尔逊"),
        ("阿卜杜.热西提", "阿卜杜·热西提"),
        ("John   SMITH", "john smith"),
        ("ＪＯＨＮ Smith", "john smith"),
    ],
)
def test_r14_a_name_has_one_form_for_comparison(written: str, expected: str) -> None:
    assert normalise_name(written) == expected


@pytest.mark.parametrize("written", ["", "  ", "\u200b", "·", " · "])
def test_r14_nothing_is_no_name(written: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        normalise_name(written)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_r14_normalising_a_name_again_changes_nothing(text: str) -> None:
    try:
        once = normalise_name(text)
    except ValueError:
        return
    assert normalise_name(once) == once
