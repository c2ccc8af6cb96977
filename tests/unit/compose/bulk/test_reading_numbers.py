"""Numbers, lengths and amounts are read in all their forms as what they are, and in no other form (R20)."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compose.bulk.cells import as_text
from compose.bulk.chinese import length, number, plain
from compose.bulk.sentences import as_penalty
from tests.support.written import in_characters, number_forms


@given(st.integers(0, 99_999_999))
@example(10_005)
@example(15_000)
@example(110)
@example(2)
def test_a_number_is_read_back_from_every_form(value: int) -> None:
    for text in number_forms(value):
        assert number(plain(f" {text}\u00a0")) == value, text


@given(st.text("0123456789,.零〇一二两三五九十百千万", max_size=8))
@example("一万五")
@example("一百五")
@example("两三")
@example("1,5")
@example("1.000")
@example("二十零")
@example("一百零零五")
@example("〇一一")
@example("零零五")
@example("〇一一二")
@example("1万2")
@example("5千")
@example("1.5千")
@example("2万零500")
def test_no_other_text_is_a_number(text: str) -> None:
    try:
        value = number(plain(text))
    except ValueError:
        return
    assert not text.endswith((",", "."))
    if set(text) <= set(string.digits):
        assert value == int(text)
    elif set(text) <= set(string.digits + ",.万"):
        groups = text.removesuffix("万").split(".")[0].split(",")
        assert len(groups) == 1 or (len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])), (
            text
        )
        assert value == round(
            float(text.removesuffix("万").replace(",", "")) * (10_000 if "万" in text else 1)
        )
    elif match := re.fullmatch(r"([0-9,]+)(?:\.([0-9]+))?([百千万])", text):
        size = {"百": 2, "千": 3, "万": 4}[match[3]]
        assert value == int(match[1].replace(",", "") + (match[2] or "").ljust(size, "0"))
    else:
        text = re.sub(r"[1-9][0-9]{0,3}", lambda figures: in_characters(int(figures[0])), text)
        kept = {
            form.replace("零", "").replace("〇", "")
            for form in (*number_forms(value), in_characters(value or 1))
        }
        kept |= {form.replace("两", "二") for form in kept} | {
            f"一{form}" for form in kept if form.startswith("十")
        }
        assert text.replace("零", "").replace("〇", "").replace("两", "二") in kept or value == 0, (
            text,
            value,
        )


LENGTHS = st.tuples(st.integers(0, 25), st.integers(0, 24), st.integers(0, 31)).filter(any)


@given(LENGTHS, st.sampled_from(["", "零", "又"]), st.sampled_from(["", " ", "\u3000"]), st.booleans())
@example((1, 6, 0), "", " ", True)
@example((2, 3, 0), "零", "", False)
def test_a_length_is_read_back_from_every_form(
    written: tuple[int, int, int], joint: str, space: str, figures: bool
) -> None:
    years, months, days = written
    for month in ("个月", "月"):
        parts = [
            f"{value if figures else in_characters(value)}{space}{unit}"
            for value, unit in ((years, "年"), (months, month), (days, "天"))
            if value
        ]
        text = f"{space}{joint}".join(parts) if figures or joint != "零" else "零".join(parts)
        assert length(plain(text)) == (12 * years + months, days), text
        penalty, _ = as_penalty(f"判处 有期徒刑{space}{text}")
        assert (penalty.months, penalty.days) == (12 * years + months, days), text


@pytest.mark.parametrize(
    "text",
    ["1 0个月", "两三个月", "三五年", "三年半六个月", "三年零", "三年零六", "三年至五年", "一百五个月", "1,5年", "3²年",
     "十 二个月", "三年六个月左右", "1. 5年", "三年\u200b六个月"],
)  # fmt: skip
def test_what_is_no_length_is_none(text: str) -> None:
    for written in (text, f"有期徒刑{text}"):
        with pytest.raises(ValueError, match=r"."):
            length(plain(written))
        with pytest.raises(ValueError, match=r"."):
            as_penalty(f"有期徒刑{text}")


def test_a_fine_is_read_whole() -> None:
    for text, yuan in (("5,000", 5000), ("1.5万", 15_000), ("两万", 20_000), ("一万零五百", 10_500)):
        assert as_penalty(f"单处罚金{text}元")[1][0].amount_yuan == yuan
    for text in ("1,5", "一万五", "5 000", "五六千"):
        with pytest.raises(ValueError, match=r"."):
            as_penalty(f"单处罚金{text}元")


def test_a_value_that_is_no_number_is_no_text_either() -> None:
    with pytest.raises(ValueError, match="no value"):
        as_text(float("nan"))
