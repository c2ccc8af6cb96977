"""Penalties, numbers and lengths are read as judgments word them, whole or not at all (R20)."""

from __future__ import annotations

import pytest

from compose.bulk.chinese import length, number
from compose.bulk.sentences import as_penalty, as_sentence
from federation.v1 import record_pb2 as pb

FIXED, DETENTION = pb.PENALTY_KIND_FIXED_TERM, pb.PENALTY_KIND_CRIMINAL_DETENTION


@pytest.mark.parametrize(
    ("text", "kind", "months", "days", "probation"),
    [
        ("有期徒刑三年六个月", FIXED, 42, 0, 0),
        ("判处有期徒刑十一个月十五天", FIXED, 11, 15, 0),
        ("有期徒刑2年半", FIXED, 30, 0, 0),
        ("有期徒刑一年零六个月", FIXED, 18, 0, 0),
        ("有期徒刑二年，缓刑三年", FIXED, 24, 0, 36),
        ("有期徒刑三年（缓刑三年六个月）", FIXED, 36, 0, 42),
        ("拘役5个月", DETENTION, 5, 0, 0),
        ("管制一年", pb.PENALTY_KIND_CONTROL, 12, 0, 0),
        ("无期徒刑，剥夺政治权利终身", pb.PENALTY_KIND_LIFE, 0, 0, 0),
        ("死刑，缓期二年执行", pb.PENALTY_KIND_DEATH_SUSPENDED, 0, 0, 0),
        ("死刑", pb.PENALTY_KIND_DEATH, 0, 0, 0),
        ("免于刑事处罚", pb.PENALTY_KIND_EXEMPT, 0, 0, 0),
        ("单处罚金人民币2,000元", pb.PENALTY_KIND_SUPPLEMENTARY_ONLY, 0, 0, 0),
    ],
)
def test_r20_a_penalty_is_read_as_a_judgment_words_it(
    text: str, kind: int, months: int, days: int, probation: int
) -> None:
    penalty, _ = as_penalty(text)
    assert (penalty.kind, penalty.months, penalty.days, penalty.probation_months) == (
        kind,
        months,
        days,
        probation,
    )


@pytest.mark.parametrize(
    ("text", "months", "control", "fine"),
    [
        ("有期徒刑三年，管制六个月", 36, (6, 0), 0),
        ("有期徒刑三年,并处罚金五千元,管制一年", 36, (12, 0), 5000),
        ("拘役四个月，并处管制三个月十五日，并处罚金一千元", 4, (3, 15), 1000),
        ("有期徒刑三年", 36, None, 0),
    ],
)
def test_r20_control_after_a_term_is_a_second_principal_penalty(
    text: str, months: int, control: tuple[int, int] | None, fine: int
) -> None:
    read = as_sentence(text)
    assert read.principal.months == months
    assert (read.further and (read.further.months, read.further.days)) == control
    assert sum(extra.amount_yuan for extra in read.supplementary) == fine
    if control:
        with pytest.raises(ValueError, match="two principal penalties"):
            as_penalty(text)


@pytest.mark.parametrize(
    ("text", "limited", "without_release"),
    [
        ("死刑，缓期二年执行，剥夺政治权利终身，限制减刑", True, False),
        ("死刑缓期二年执行；对其限制减刑", True, False),
        ("死刑，缓期二年执行，并处没收个人全部财产，终身监禁，不得减刑、假释", False, True),
        (
            "死刑，缓期二年执行，在其死刑缓期执行二年期满依法减为无期徒刑后，终身监禁，不得减刑、假释",
            False,
            True,
        ),
        ("死刑，缓期二年执行", False, False),
    ],
)
def test_r20_what_goes_with_suspended_death_is_read(text: str, limited: bool, without_release: bool) -> None:
    penalty, _ = as_penalty(text)
    assert penalty.kind == pb.PENALTY_KIND_DEATH_SUSPENDED
    assert (penalty.reduction_limited, penalty.life_without_release) == (limited, without_release)


@pytest.mark.parametrize(
    "text", ["无期徒刑，管制六个月", "管制六个月，管制三个月", "管制一年，有期徒刑三年", "终身监禁"]
)
def test_r20_principal_penalties_that_do_not_go_together_are_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        as_sentence(text)


def test_r20_supplementary_penalties_come_along() -> None:
    _, extra = as_penalty(
        "有期徒刑十年，并处罚金人民币一万五千元，剥夺政治权利二年，没收个人全部财产，驱逐出境"
    )
    assert [(e.kind, e.amount_yuan, e.months) for e in extra] == [
        (pb.SUPPLEMENTARY_KIND_FINE, 15_000, 0),
        (pb.SUPPLEMENTARY_KIND_DEPRIVATION_OF_POLITICAL_RIGHTS, 0, 24),
        (pb.SUPPLEMENTARY_KIND_CONFISCATION, 0, 0),
        (pb.SUPPLEMENTARY_KIND_DEPORTATION, 0, 0),
    ]


@pytest.mark.parametrize(
    "text", ["有期徒刑", "有期徒刑若干", "有期徒刑三年及其他", "三年", "", "罚金", "有期徒刑三年，罚款五千元"]
)
def test_r20_a_penalty_that_is_not_understood_whole_is_no_penalty(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        as_penalty(text)


def test_numbers_and_lengths() -> None:
    written = ["3", "十五", "二十", "一百零五", "一万五千", "1.5万", "12,000", "二〇一二"]
    assert [number(text) for text in written] == [3, 15, 20, 105, 15_000, 15_000, 12_000, 2012]
    assert length("二年半") == (30, 0)
    for wrong in ("十十", "万", "", "三百千"):
        with pytest.raises(ValueError, match="not a number"):
            number(wrong)
