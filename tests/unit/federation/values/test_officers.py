"""Which names an officer can have, and which of them are one person's; what a reason is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.values.characters import visible
from federation.values.officers import officer_fault, officer_key, same_officer
from federation.values.written import written_fault, written_violations


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("王警官", "王警官\u200b"),
        ("王警官", "王\u00ad警官"),
        ("王警官", "王警官\ufe0f"),
        ("王警官", "王警官\u3164"),
        ("王警官", " 王 警\u3000官"),
        ("Wang Wei", "ＷＡＮＧ　ＷＥＩ"),
        ("Wang Wei", "wang-wei."),
        ("日本", "\u2f47本"),
        ("金", "\uf90a"),
        ("买买提·吐尔逊", "买买提•吐尔逊"),
        ("José", "jose\u0301"),
        ("José", "JOSE"),
        ("王警官", "王警官\u0301"),
        ("STRASSE", "straße"),
        ("王1", "王①"),
        ("王A", "王\u0410"),
        ("Wang Wei", "W\u0430ng W\u0435\u0456"),
        ("HANXO", "\u041d\u0391\u039d\u03a7\u041e"),
        ("王K", "王\u212a"),
        ("王K", "王\u13e6"),
        ("弢", "\U0002f894"),
    ],
)
def test_two_ways_of_writing_one_name_are_one_officer(one: str, other: str) -> None:
    assert same_officer(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张强", "张強"),
        ("Николай", "Никола"),
        ("Γιώργος", "Γιάννης"),
        ("王\U0003134b", "王\U0003134c"),
        ("王警官", "王警宫"),
        ("か", "が"),
        ("王1", "王2"),
        ("བཀྲ་ཤིས", "བཀྲ་ཤེས"),
    ],
)
def test_two_names_are_two_officers(one: str, other: str) -> None:
    assert not same_officer(one, other)


@pytest.mark.parametrize(
    "name", ["王警官", "买买提·吐尔逊", "O’Neil, J.", "བཀྲ་ཤིས", "ئابدۇرېھىم", "𠮷田", "王（办公室）", "José"]
)
def test_people_have_such_names(name: str) -> None:
    assert not officer_fault(name)


@pytest.mark.parametrize(
    "name",
    [
        "王警官\u200b",
        "王警官\n",
        "王\x1b[1m",
        "王\u202e官",
        "王\ue000",
        "王\U000e0041",
        "王\u2028官",
        "王\ud800",
        "王\u0378",
        "王\u3164",
        "王警官\ufe0f",
        "王警官\u0301",
        "王警官\u20dd",
        "\u2f47本",
        "王★",
        "王\u00a0官",
        " 王警官",
        "···",
        "",
        "王" * 65,
    ],
)
def test_nobody_has_such_a_name(name: str) -> None:
    assert officer_fault(name)


@given(st.text(max_size=20))
def test_a_name_that_an_officer_can_have_shows_a_letter_or_digit_and_tells_itself(name: str) -> None:
    if not officer_fault(name):
        assert visible(name) == name
        assert officer_key(name)
        assert same_officer(name, name.upper())
        assert officer_key(officer_key(name)) == officer_key(name)


@pytest.mark.parametrize("text", ["办案需要", "超过 30 元（¥）＋利息", "（2026）京0105刑初1号", "R44: § 3"])
def test_reasons_and_numbers_of_cases_are_written_so(text: str) -> None:
    assert not written_fault(text)


@pytest.mark.parametrize("text", ["\u200b", "...", "——", "\u3164", "办案\u202e", "因\ue000", "\u0301因"])
def test_what_cannot_be_read_is_no_reason(text: str) -> None:
    (violation,) = written_violations("reason", text, missing=("R2", "say why"))
    assert (violation.field, violation.rule) == ("reason", "TEXT")


@pytest.mark.parametrize("text", ["", " ", "\u3000"])
def test_white_space_is_no_reason(text: str) -> None:
    (violation,) = written_violations("reason", text, missing=("R2", "say why"))
    assert (violation.rule, violation.message) == ("R2", "say why")
