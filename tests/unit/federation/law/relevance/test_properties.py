"""Relevance to a provision: what holds for every row, every conviction and every day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.law.bases import Basis, load_bases
from federation.law.relevance import Answer, judge, relevant
from federation.law.relevance.ends import later
from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb

ROWS = list(load_bases().values())
TODAY = date(2026, 11, 23)
NAMES = [
    "盗窃罪",
    "职务侵占罪",
    "行贿罪",
    "交通肇事罪",
    "玩忽职守罪",
    "污染环境罪",
    "强奸罪",
    "猥亵儿童罪",
    "非法拘禁罪",
    "故意伤害罪",
    "赌博罪",
    "洗钱罪",
    "生产、销售有毒、有害食品罪",
    "投机倒把罪",
    "没有的罪",
]
PENALTY_CRITERIA = {"any_punishment", "min_principal_penalty", "deprived_of_political_rights"}
PUNISHED = [
    row for row in ROWS if all(PENALTY_CRITERIA & {w.name for w in criteria} for criteria in row.predicate)
]
DAYS = st.dates(date(2005, 1, 1), date(2026, 6, 30))
KINDS = [kind for kind in pb.PenaltyKind.values() if kind > pb.PENALTY_KIND_EXEMPT]
EVENTS = [
    pb.EXECUTION_KIND_SERVING,
    pb.EXECUTION_KIND_COMPLETED,
    pb.EXECUTION_KIND_COMMUNITY_CORRECTION,
    pb.EXECUTION_KIND_DISCHARGED,
    pb.EXECUTION_KIND_REVOKED,
    pb.EXECUTION_KIND_PAROLED,
    pb.EXECUTION_KIND_PARDONED,
    pb.EXECUTION_KIND_COMMUTED,
    pb.EXECUTION_KIND_REDUCED,
    pb.EXECUTION_KIND_FINE_PAID,
    pb.EXECUTION_KIND_RIGHTS_RESTORED,
]


@st.composite
def convictions(draw: st.DrawFn, *, exempt: bool = False) -> pb.Record:
    """Return a conviction that is final, whose later events follow its judgment."""
    final = draw(DAYS)
    kind = pb.PENALTY_KIND_EXEMPT if exempt else draw(st.sampled_from(KINDS))
    record = pb.Record(
        record_class=pb.RECORD_CLASS_CRIMINAL,
        verdict=pb.VERDICT_GUILTY_EXEMPT if exempt else pb.VERDICT_GUILTY,
        pronounced_on=(final - timedelta(days=draw(st.integers(0, 40)))).isoformat(),
        final_on=final.isoformat(),
        offences=[pb.Offence(name=n) for n in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))],
        combined_penalty=pb.Penalty(kind=pb.PenaltyKind.ValueType(kind)),
    )
    if kind in (pb.PENALTY_KIND_FIXED_TERM, pb.PENALTY_KIND_CONTROL, pb.PENALTY_KIND_CRIMINAL_DETENTION):
        record.combined_penalty.months = draw(st.integers(3, 60))
        record.combined_penalty.probation_months = draw(st.sampled_from([0, 0, 12, 36, 60]))
    if draw(st.booleans()) and not exempt:
        record.supplementary_penalties.add(kind=pb.SUPPLEMENTARY_KIND_FINE)
    if draw(st.booleans()) and not exempt:
        record.supplementary_penalties.add(
            kind=pb.SUPPLEMENTARY_KIND_DEPRIVATION_OF_POLITICAL_RIGHTS, months=draw(st.integers(0, 60))
        )
    day = final
    for event in draw(st.lists(st.sampled_from(EVENTS), max_size=4)):
        day += timedelta(days=draw(st.integers(0, 1500)))
        record.execution.add(kind=pb.ExecutionKind.ValueType(event), on=day.isoformat())
    return record


def unknown(record: pb.Record, fact: str) -> pb.Record:
    """Return the conviction without one fact, as a registrar who does not know it would enter it."""
    made = pb.Record()
    made.CopyFrom(record)
    if fact == "name":
        made.offences[0].name = "字迹不清"
    elif fact == "verdict":
        made.ClearField("verdict")
        made.ClearField("combined_penalty")
    else:
        made.ClearField(fact)  # type: ignore[arg-type]
    return made


@settings(deadline=None, max_examples=600)
@given(
    st.sampled_from(ROWS),
    convictions(),
    st.sampled_from(["combined_penalty", "execution", "final_on", "verdict", "name"]),
    st.integers(0, 5000),
)
def test_r37_not_knowing_a_fact_never_turns_the_answer_round(
    basis: Basis, record: pb.Record, fact: str, days: int
) -> None:
    on = date.fromisoformat(record.final_on) + timedelta(days=days)
    known = judge(basis, record, on=on).answer
    less = judge(basis, unknown(record, fact), on=on)
    assert {known, less.answer} != {Answer.YES, Answer.NO}
    assert less.reasons


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(PUNISHED), convictions(exempt=True), st.integers(0, 5000))
def test_r37_an_exempted_offence_is_never_a_yes_where_punishment_is_asked_for(
    basis: Basis, record: pb.Record, days: int
) -> None:
    on = date.fromisoformat(record.final_on) + timedelta(days=days)
    assert judge(basis, record, on=on).answer is Answer.NO


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(ROWS), convictions(), st.integers(1, 5000))
def test_r37_once_a_bar_has_ended_it_stays_ended(basis: Basis, record: pb.Record, days: int) -> None:
    """With all events told, no later day makes relevant again what no longer was."""
    latest = max([record.final_on, *(event.on for event in record.execution)])
    on = date.fromisoformat(latest)
    first = judge(basis, record, on=on).answer
    then = judge(basis, record, on=on + timedelta(days=days)).answer
    assert (first, then) != (Answer.NO, Answer.YES)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(ROWS), convictions(), convictions())
def test_r37_a_yes_names_the_offences_and_two_convictions_answer_as_the_graver(
    basis: Basis, one: pb.Record, other: pb.Record
) -> None:
    found = [judge(basis, record, on=TODAY) for record in (one, other)]
    for judgment, record in zip(found, (one, other), strict=True):
        assert bool(judgment.offences) == (judgment.answer is Answer.YES)
        assert set(judgment.offences) <= {offence.name for offence in record.offences}
        assert judgment.reasons
    merged_convictions = [(query_pb2.MergedConviction(record=record), [record]) for record in (one, other)]
    assert relevant(basis, merged_convictions, on=TODAY) is max(j.answer for j in found)


@given(DAYS, st.integers(1, 20))
def test_r37_a_term_of_years_ends_with_the_day_of_the_same_number(day: date, years: int) -> None:
    end = later(day, years=years)
    assert (end.year, end.month) == (day.year + years, day.month)
    assert end.day == day.day or (day.month, day.day, end.day) == (2, 29, 28)


# --- what agencies say differently


def served(*events: tuple[pb.ExecutionKind.ValueType, str]) -> pb.Record:
    record = pb.Record(
        record_class=pb.RECORD_CLASS_CRIMINAL,
        offences=[pb.Offence(name="盗窃罪")],
        final_on="2015-06-16",
        combined_penalty=pb.Penalty(kind=pb.PENALTY_KIND_FIXED_TERM, months=12),
    )
    for kind, on in events:
        record.execution.add(kind=kind, on=on)
    return record


SERVING = (pb.EXECUTION_KIND_SERVING, "2015-06-20")
FIVE_YEARS = next(row for row in ROWS if row.id == "CPA-10")


def merged(record: pb.Record, *fields: str) -> query_pb2.MergedConviction:
    conflicts = [query_pb2.Conflict(field=field) for field in fields]
    return query_pb2.MergedConviction(record=record, conflicts=conflicts)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        (served(SERVING), Answer.NO),
        (served(), Answer.NO),
        (served(SERVING, (pb.EXECUTION_KIND_COMPLETED, "2016-06-01")), Answer.NO),
        (served(SERVING, (pb.EXECUTION_KIND_COMPLETED, "2023-06-01")), Answer.UNDECIDED),
    ],
    ids=["knows less", "knows nothing", "another day that does not matter", "another day that matters"],
)
def test_r37_agencies_that_disagree_about_completion(others: pb.Record, expected: Answer) -> None:
    """Knowing less is no contradiction; another day is one when it changes the answer."""
    own = served(SERVING, (pb.EXECUTION_KIND_COMPLETED, "2016-06-05"))
    merged_convictions = [(merged(own, "execution"), [own, others])]
    assert relevant(FIVE_YEARS, merged_convictions, on=TODAY) is expected


def test_r64_a_record_of_a_class_that_the_row_does_not_cover_is_not_looked_at() -> None:
    other = served(SERVING)
    other.final_on = "2025-06-16"
    for record_class in pb.RecordClass.values():
        other.record_class = pb.RecordClass.ValueType(record_class)
        covered = record_class == pb.RECORD_CLASS_CRIMINAL
        found = relevant(FIVE_YEARS, [(merged(other), [other])], on=TODAY)
        assert found is (Answer.YES if covered else Answer.NO)


def test_r37_of_a_conviction_without_offences_a_person_decides() -> None:
    empty = pb.Record(record_class=pb.RECORD_CLASS_CRIMINAL, final_on="2015-06-16")
    assert judge(FIVE_YEARS, empty, on=TODAY).answer is Answer.UNDECIDED
