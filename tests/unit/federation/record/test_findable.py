"""New entries say enough of the person to be found, and questions what they do not search (R14, R34)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from federation.applications.roster import roster_violations
from federation.errors import InvalidRequest
from federation.record.validate import admit
from federation.statements.subjects import unfindable_violations
from federation.v1 import query_pb2, roster_pb2
from federation.v1 import record_pb2 as pb
from federation.values.tokens import finds_without_number
from tests.support.records import HELD_ELSEWHERE, Someone, record, without

TODAY = date(2026, 3, 1)
PASSPORT = pb.Identifier(type=pb.IDENTIFIER_TYPE_PASSPORT, number="E12345678")


def nobody() -> pb.Record:
    made = without(record(Someone()), ["person.identifiers", "person.birth_date"], HELD_ELSEWHERE)
    made.adulthood_proven = True
    return made


def born(made: pb.Record) -> None:
    made.person.birth_date = "1980"
    del made.unknowns[-1]


def test_r14_a_new_entry_by_a_name_alone_is_refused_by_field_and_rule() -> None:
    with pytest.raises(InvalidRequest) as refused:
        admit(nobody(), today=TODAY, allow_synthetic=True, new=True)
    assert {(v.field, v.rule) for v in refused.value.violations} == {("person.identifiers", "R14")}
    admit(nobody(), today=TODAY, allow_synthetic=True)


@pytest.mark.parametrize(
    "change",
    [
        born,
        lambda made: setattr(made.person.names[0], "kind", pb.NAME_KIND_DECLARED),
        lambda made: setattr(made.instrument, "kind", pb.INSTRUMENT_KIND_PAPER),
    ],
    ids=["a year of birth", "the own word for the name", "a register on paper"],
)
def test_r14_it_is_taken_with_what_finds_it_or_says_why_not(change: Callable[[pb.Record], object]) -> None:
    made = nobody()
    change(made)
    admit(made, today=TODAY, allow_synthetic=True, new=True)


@pytest.mark.parametrize(
    ("fields", "finds"),
    [
        ({"name": "张三", "identifiers": [PASSPORT]}, False),
        ({"name": "张三", "identifiers": [PASSPORT], "birth_date": "1980-05-06"}, True),
        ({"name": "张三", "birth_date": "1980-05-06"}, True),
        ({"identifiers": [PASSPORT], "birth_date": "1980-05-06"}, False),
        ({"name": "张三", "identifiers": Someone().subject().identifiers}, True),
    ],
)
def test_r34_records_without_a_number_are_found_by_name_and_birth_date(
    fields: dict[str, object], finds: bool
) -> None:
    subject = query_pb2.Subject(**fields)  # type: ignore[arg-type]
    assert finds_without_number(subject) == finds
    wrong = [(v.field, v.rule) for v in unfindable_violations(subject, "subject")]
    assert wrong == ([("subject.birth_date", "R34")] if subject.name and not finds else [])


def test_r34_a_roster_names_the_row_and_one_number_under_two_documents() -> None:
    someone = Someone()
    rows = [someone.subject(), someone.subject(), query_pb2.Subject(name="马可", identifiers=[PASSPORT])]
    rows[1].identifiers[0].type = pb.IDENTIFIER_TYPE_RESIDENCE_PERMIT
    found = {
        (v.field, v.rule) for v in roster_violations(roster_pb2.Roster(persons=rows), allow_synthetic=True)
    }
    assert found == {
        ("roster.persons[1].identifiers[0].number", "TWICE"),
        ("roster.persons[2].birth_date", "R34"),
    }
