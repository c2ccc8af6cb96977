"""Case numbers: the table, and that the canonical form is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import InvalidRequest
from federation.values.case_number import parse

LAW = Path(__file__).parents[3] / "law"
TABLE: dict[str, list[dict[str, Any]]] = yaml.safe_load((LAW / "case_numbers.yaml").read_text("utf-8"))


@pytest.mark.parametrize("row", TABLE["accepted"], ids=lambda row: row["text"])
def test_r17_a_case_number_has_one_canonical_form_and_keeps_the_original(row: dict[str, Any]) -> None:
    number = parse(row["text"])
    assert number.original == row["text"]
    found = {key: getattr(number, key) for key in row if key != "text"}
    assert found == {key: value for key, value in row.items() if key != "text"}
    again = parse(number.canonical)
    assert (again.canonical, again.year, again.court, again.kind, again.number, again.sub, again.style) == (
        number.canonical,
        number.year,
        number.court,
        number.kind,
        number.number,
        number.sub,
        number.style,
    )


@pytest.mark.parametrize("row", TABLE["refused"], ids=lambda row: row["text"] or "empty")
def test_r17_a_refusal_says_what_is_wrong(row: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(row["text"])
    (violation,) = refusal.value.violations
    assert (violation.field, violation.rule) == ("text", row["rule"])
    assert len(violation.message) > 20


PIECES = st.sampled_from(
    [
        *"（）()〔〕[] 　-—之号字第刑民初终某知京朝*×",
        "2012",
        "2019",
        "1999",
        "0105",
        "最高法",
        "刑初",
        "123",
        "０",
        "00",
        "一",
        "十",
    ]
)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=14).map("".join)))
def test_r17_whatever_is_written_is_canonical_or_refused(text: str) -> None:
    try:
        number = parse(text)
    except InvalidRequest:
        return
    assert parse(number.canonical).canonical == number.canonical


@settings(deadline=None)
@given(
    st.integers(2016, 2099),
    st.sampled_from(["最高法", "京", "粤01", "京0105", "兵0201"]),
    st.sampled_from(["刑初", "刑终", "刑核", "刑更"]),
    st.integers(1, 99_999_999),
    st.integers(0, 99),
    st.sampled_from(["（）", "()", "[]", "〔〕", "【】"]),
)
def test_r17_every_number_of_the_new_form_is_read(
    year: int, court: str, kind: str, number: int, sub: int, brackets: str
) -> None:
    suffix = f"-{sub}" if sub else ""
    found = parse(f" {brackets[0]}{year}{brackets[1]} {court}{kind}{number:05d}号{suffix}")
    assert (found.year, found.court, found.kind, found.number) == (year, court, kind, number)
    assert (found.sub is None) == (sub == 0)


def test_r17_a_text_too_long_is_refused_without_being_read() -> None:
    with pytest.raises(InvalidRequest, match="LENGTH"):
        parse("（2019）" * 100_000)
