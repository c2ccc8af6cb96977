"""What is no case number as it is read is named as what it is, with the way to write it (R17)."""

from __future__ import annotations

import re

import pytest

from federation.errors import InvalidRequest
from federation.values.case_number import parse


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(InvalidRequest) as caught:
        parse(text)
    (violation,) = caught.value.violations
    return violation.rule.removeprefix("CASE-NUMBER-"), violation.message


@pytest.mark.parametrize(
    ("text", "rule", "says", "meant"),
    [
        ("（98）朝刑初字第12号", "YEAR", "the way it writes the year", "（1998）朝刑初字第12号"),
        ("1998年度朝刑初字第12号", "YEAR", "the way it writes the year", "（1998）朝刑初字第12号"),
        ("一九九八年朝刑初字第12号", "YEAR", "the way it writes the year", "（1998）朝刑初字第12号"),
        ("（1998年度）朝刑初字第12号", "YEAR", "the way it writes the year", "（1998）朝刑初字第12号"),
        ("（83）刑上字第5号", "YEAR", "the way it writes the year", "（1983）刑上字第5号"),
        ("朝刑初字（2012）第123号", "YEAR", "the year after the court", "（2012）朝刑初字第123号"),
        ("朝法刑初〔84〕12号", "YEAR", "the year after the court", "（1984）朝法刑初字第12号"),
        ("（2012）朝刑初123号", "TYPE", "writes 字第", "（2012）朝刑初字第123号"),
        ("（2012）朝刑初第123号", "TYPE", "writes 字第", "（2012）朝刑初字第123号"),
        ("（1982）朝法刑字第12号", "TYPE", "names no stage", "（1982）朝法刑初字第12号"),
    ],
)
def test_r17_an_older_form_is_named_with_the_way_to_write_it(
    text: str, rule: str, says: str, meant: str
) -> None:
    found, message = refusal(text)
    assert found == rule
    assert says in message
    written = re.search("（[0-9]{4}）[^ ;]+号", message)
    assert written is not None
    assert parse(written[0]).canonical == meant


@pytest.mark.parametrize(
    "text",
    [
        "（2012）朝检刑诉字第123号",
        "朝检公诉刑诉〔2012〕1号",
        "京朝劳教字[2005]第12号",
        "京公朝行罚决字〔2025〕10号",
        "朝公（刑）诉字〔2012〕12号",
    ],
)
def test_r17_the_number_of_another_document_is_no_judgments(text: str) -> None:
    rule, message = refusal(text)
    assert rule == "TYPE"
    assert "prosecution or police" in message


def test_r17_two_judgments_are_no_single_one() -> None:
    for text in ("（2000）朝刑初字第12、13号", "（2000）朝刑初字第12号、第13号"):
        assert "12 and 13" in refusal(text)[1]


def test_r17_a_hostile_text_is_refused_at_once() -> None:
    for text in (
        "（" * 100,
        "（19" + "刑" * 97,
        "公（" * 50,
        "刑字" * 50,
        "1" * 99 + "号",
        "、".join(["12号"] * 25),
    ):
        refusal(text)
