"""Odd forms of amounts, terms, days and sentences: one reading, or a fault that says what is wrong (R18)."""

from __future__ import annotations

import pytest

from compose.bulk.cells import as_amount, as_date, as_months, offence_names, one_offence
from compose.bulk.sentences import as_sentence


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("二00八年三月一日", "2008-03-01"), ("二0一二年三月〇一日", "2012-03-01"), ("二o一二年三月一日", "2012-03-01"),
        ("贰零壹贰年叁月壹拾伍日", "2012-03-15"), ("贰零壹贰年零壹拾月零贰拾日", "2012-10-20"),
        ("二〇一二年一十二月三十一日", "2012-12-31"), ("贰零壹贰年壹拾壹月零叁拾日", "2012-11-30"),
    ],
)  # fmt: skip
def test_a_day_as_cheques_and_old_printers_write_it(text: str, day: str) -> None:
    assert as_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "二〇一二年三月一二十日",
        "二〇一二年三月零十五日",
        "2OO8年3月1日",
        "二〇一二年一一月一日",
        "二00八年零零月一日",
    ],
)
def test_what_only_looks_like_such_a_day_is_a_fault(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        as_date(text)


@pytest.mark.parametrize("text", ["5000元人民币", "人民币5000元整", "￥5,000元", "伍仟圆整", "5千元人民币"])
def test_a_column_of_amounts_reads_what_a_sentence_reads(text: str) -> None:
    assert as_amount(text) == as_sentence(f"单处罚金{text}").supplementary[0].amount_yuan == 5000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("50.5元", "less than a whole yuan"), ("五十元五角", "less than a whole yuan"), ("5000.50", "whole yuan"),
        ("-500", "is negative"), ("－500元", "is negative"), ("(500)", "is negative"), ("负五百元", "is negative"),
    ],
)  # fmt: skip
def test_cents_and_less_than_nothing_are_named(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        as_amount(text)


@pytest.mark.parametrize("text", ["三年零个月", "三年零零个月", "一年零月", "三年六个月零天", "三年又〇个月"])
def test_a_zero_in_words_before_its_unit_may_have_lost_a_digit(text: str) -> None:
    for read in (as_months, lambda term: as_sentence(f"有期徒刑{term}")):
        with pytest.raises(ValueError, match="may have lost a digit"):
            read(text)


def test_a_zero_in_figures_is_one() -> None:
    assert (as_months("3年0个月"), as_months("0年6个月"), as_months("二〇个月")) == (36, 6, 20)


@pytest.mark.parametrize(
    "note",
    ["（已执行完毕）", "（未执行）", "（已减为三千元并缴纳）", "（罚金已减为三千元，已缴纳）", "（已裁定免予缴纳）",
     "（刑期自2012年3月1日起，减刑六个月，至2014年8月31日止）", "（罚金已改判为三千元并缴纳）"],
)  # fmt: skip
def test_a_note_that_says_more_than_payment_and_days_is_not_read_over(note: str) -> None:
    with pytest.raises(ValueError, match="is not a penalty"):
        as_sentence(f"有期徒刑三年{note}")


@pytest.mark.parametrize(
    "note", ["（已执行）", "（未执行）", "（已执行完毕。）", "（尚未履行）", "（财产已执行）"]
)
def test_a_note_on_the_execution_of_a_fine_is_one_on_payment(note: str) -> None:
    assert as_sentence(f"有期徒刑三年，并处罚金五千元{note}").supplementary[0].amount_yuan == 5000
    assert as_sentence(f"有期徒刑三年，并处没收个人全部财产{note}").principal.months == 36


def test_deprivation_of_rights_without_its_length_is_named() -> None:
    with pytest.raises(ValueError, match="剥夺政治权利 without its length"):
        as_sentence("有期徒刑三年，剥夺政治权利")


@pytest.mark.parametrize("text", ["盗窃、诈骗罪", "盗窃,诈骗", "抢劫罪、盗窃、诈骗罪", "盗窃和诈骗罪"])
def test_several_offences_with_the_word_for_one_are_several(text: str) -> None:
    with pytest.raises(ValueError, match="offences: give the column `split`"):
        one_offence(text)


def test_a_column_of_several_offences_divides_them_and_no_name() -> None:
    assert offence_names("盗窃、诈骗罪", "、") == ["盗窃", "诈骗罪"]
    for whole in (
        "拐卖妇女、儿童罪",
        "伪造、变造国家有价证券罪",
        "走私、贩卖、运输、制造毒品罪",
        "掩饰、隐瞒犯罪所得、犯罪所得收益罪",
    ):
        assert one_offence(whole) == whole
