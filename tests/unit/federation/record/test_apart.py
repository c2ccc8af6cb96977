"""Which other judgments the texts of a record tell of (R41)."""

from __future__ import annotations

import pytest

from federation.record.apart import tried_apart, with_its_paper, with_its_reasons
from federation.record.fields import CO_OFFENDERS
from federation.v1 import record_pb2 as pb
from federation.v1 import registry_pb2
from tests.support.records import Someone, record

OTHER = "（2021）京0105刑初77号"


def of(text: str) -> tuple[tuple[str, ...], bool]:
    made = record(Someone(), "police", number="（2021）京0105刑初76号")
    made.judgment_number.canonical = made.judgment_number.original
    made.extensions[CO_OFFENDERS] = text
    found = tried_apart(made)
    return found.numbers, found.unknown


@pytest.mark.parametrize(
    ("text", "numbers", "unknown"),
    [
        ("李四", (), False),
        ("李四（(2021)京0105刑初77号）", (OTHER,), False),
        ("李四，见〔2021〕京0105 刑初077号判决书", (OTHER,), False),
        ("李四另案处理：(2021)京0105刑初77号", (OTHER,), False),
        ("李四（另案处理）", (), True),
        ("李四分案审理", (), True),
        ("李四（另案处理，(2021)京0105刑初77号）、王五（另案处理）", (OTHER,), True),
        ("李四、王五另案处理，见(2021)京0105刑初77号、78号", (OTHER,), True),
        ("李四、王五见(2021)京0105刑初77号和78号", (OTHER,), True),
        ("李四另案处理，见(2021)京0105刑初77号，2021年3月1日判决", (OTHER,), False),
        ("李四另案处理，见(2021)京0105刑初77号，2人共同作案", (OTHER,), False),
        ("李四、王五见(2021)京0105刑初77号、78", (OTHER,), True),
        ("李四，(2021)京0105刑初**号", (), True),
        ("主犯见(2021)京0105刑初76号", (), False),
        ("主犯见(2021)京0105刑初76号，李四另案处理", (), True),
        ("赔偿见(2021)京0105民初5号", (), False),
        ("(2012)朝刑初字第5号之一", ("（2012）朝刑初字第5号之一",), False),
        (
            "".join(f"(2021)京0105刑初{n}号、" for n in range(80, 92)),
            tuple(f"（2021）京0105刑初{n}号" for n in range(80, 84)),
            True,
        ),
    ],
)
def test_r41_a_text_names_another_judgment_or_says_that_there_is_one(
    text: str, numbers: tuple[str, ...], unknown: bool
) -> None:
    assert of(text) == (numbers, unknown)


def test_r41_a_paper_and_a_reason_beside_the_record_count_as_its_texts() -> None:
    made = record(Someone(), "police")
    made.judgment_number.canonical = made.judgment_number.original
    entered = pb.Provenance(instrument=pb.Instrument(reference=f"{OTHER}张三判决书"))
    assert tried_apart(with_its_paper(made, entered)).numbers == (OTHER,)
    version = registry_pb2.RecordEvent(record=made, reason=f"见{OTHER}", content_provenance=entered)
    assert tried_apart(with_its_reasons(version)).numbers == (OTHER,)
    assert tried_apart(made).numbers == ()
    assert not made.extensions, "the record itself is as it was"


def test_r41_titles_of_documents_and_orders_are_texts_too() -> None:
    made = record(Someone(), "police")
    made.instrument.reference = "李四另案判决书"
    assert tried_apart(made).unknown
    made.instrument.reference = OTHER
    made.prohibitions.add(kind=pb.PROHIBITION_KIND_ORDER, scope="不得接触(2021)京0105刑初78号案被告人")
    found = tried_apart(made)
    assert (found.numbers, found.unknown) == ((OTHER, "（2021）京0105刑初78号"), False)
