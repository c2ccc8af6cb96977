"""Sentences as judgments word them: each penalty is read, notes that are none are read over (R20, 刑法 52-69)."""

from __future__ import annotations

import pytest

from compose.bulk.sentences import as_sentence
from federation.documents.chinese import penalty, supplementary


def read(text: str) -> str:
    """Return the sentence as documents write it."""
    sentence = as_sentence(text)
    parts = [penalty(sentence.principal), *map(supplementary, sentence.supplementary)]
    return "；".join(filter(None, parts))


@pytest.mark.parametrize(
    ("text", "means"),
    [
        (
            "有期徒刑三年，并处没收个人财产人民币五万元",
            "有期徒刑3年；没收财产人民币50000元",
        ),
        ("无期徒刑，剥夺政治权利终身，并处没收个人全部财产", "无期徒刑；剥夺政治权利终身；没收财产"),
        ("拘役四个月，没收财产2万元", "拘役4个月；没收财产人民币20000元"),
        ("有期徒刑一年，并处罚金5000元（已缴纳）", "有期徒刑1年；罚金人民币5000元"),
        ("单处罚金人民币三千元（罚金已缴清。）", "单处附加刑；罚金人民币3000元"),
        ("有期徒刑一年，罚金五千元整（限本判决生效后十日内缴纳）", "有期徒刑1年；罚金人民币5000元"),
        (
            "拘役三个月，并处罚金一千元（尚未缴纳），剥夺政治权利一年",
            "拘役3个月；罚金人民币1000元；剥夺政治权利1年",
        ),
        ("有期徒刑二年，缓刑考验期三年", "有期徒刑2年，缓刑3年"),
        ("数罪并罚，决定执行有期徒刑五年，并处罚金1万元", "有期徒刑5年；罚金人民币10000元"),
        ("总和刑期七年，决定执行有期徒刑六年", "有期徒刑6年"),
        (
            "有期徒刑八个月（刑期从判决执行之日起计算。判决执行以前先行羁押的，羁押一日折抵刑期一日，"
            "即自2011年11月30日起至2012年7月29日止），并处罚金二千元",
            "有期徒刑8个月；罚金人民币2000元",
        ),
        ("有期徒刑一年，缓刑一年（缓刑考验期限，从判决确定之日起计算）", "有期徒刑1年，缓刑1年"),
    ],
)
def test_r20_common_wordings_are_read(text: str, means: str) -> None:
    assert read(text) == means


@pytest.mark.parametrize(
    "text",
    [
        "有期徒刑一年，没收违法所得五万元",
        "有期徒刑一年，并处罚金五千元（已缴纳，并处没收财产）",
        "有期徒刑一年（刑期从判决执行之日起计算，拘役三个月止）",
        "有期徒刑一年，并处罚金五千元（另案处理）",
        "有期徒刑一年，并处罚金五千元（已缴纳三千元",
        "决定执行",
        "有期徒刑一年，并处没收财产五万",
    ],
)
def test_r20_what_may_be_a_penalty_is_never_read_over(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a penalty|names no penalty"):
        as_sentence(text)
