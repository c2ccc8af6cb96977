"""Tokens find a person however completely the birth date is written, and never by name alone."""

from __future__ import annotations

import pytest

from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.terms import RecordClass
from federation.values.tokens import (
    class_token,
    identifier_digest,
    judgment_digests,
    name_digest,
    person_digests,
    person_tokens,
    subject_tokens,
)
from tests.support.records import Someone, record

KEY = bytes(range(32))


def found(person: pb.Person, subject: query_pb2.Subject) -> tuple[bool, bool]:
    stored = set(person_tokens(KEY, person))
    strong, weak = subject_tokens(KEY, subject)
    return bool(stored & set(strong)), bool(stored & set(weak))


@pytest.mark.parametrize("known", ["1980-05-06", "1980-05", "1980"])
def test_a_record_with_a_less_precise_birth_date_is_found_by_the_full_one(known: str) -> None:
    made = record(Someone())
    made.person.birth_date = known
    made.person.ClearField("identifiers")
    asked = query_pb2.Subject(name="张三丰", birth_date="1980-05-06")
    assert found(made.person, asked) == (False, True)


def test_the_birth_date_inside_a_number_counts_on_both_sides() -> None:
    someone = Someone()
    made = record(someone)
    made.person.ClearField("birth_date")
    assert found(made.person, query_pb2.Subject(name=someone.name, birth_date="1980-05-06")) == (False, True)
    made.person.birth_date = "1980-05-06"
    made.person.ClearField("identifiers")
    asked = someone.subject()
    asked.ClearField("birth_date")
    assert found(made.person, asked) == (False, True)


def test_r45_the_day_inside_a_verified_number_is_a_digest_beside_a_stated_year() -> None:
    someone = Someone()
    made = record(someone)
    made.person.birth_date = "1980"
    assert name_digest(someone.name, "1980-05-06") in person_digests(made.person)
    made.person.identifiers[0].verification = pb.VERIFICATION_DECLARED
    assert name_digest(someone.name, "1980-05-06") not in person_digests(made.person)


def test_another_name_number_or_day_finds_nothing() -> None:
    made = record(Someone())
    other = Someone(name="李四")
    assert found(made.person, other.subject()) == (False, False)
    assert found(made.person, query_pb2.Subject(name="张三丰", birth_date="1980-05-08")) == (False, False)
    assert found(made.person, query_pb2.Subject(name="张三丰")) == (False, False)


def test_r45_the_digests_of_a_proposal_find_the_same_judgment_and_no_other() -> None:
    someone = Someone()
    one, other = (
        record(someone, "police", number="（2019）京0105刑初7号"),
        record(someone, number="（2019）京0105刑初7号"),
    )
    for each in (one, other):
        each.judgment_number.canonical = each.judgment_number.original
    first = next(person_digests(one.person))
    assert first == identifier_digest(pb.IDENTIFIER_TYPE_CITIZEN_ID, someone.number)
    assert judgment_digests(one) == judgment_digests(other)
    assert [len(digests) for digests in judgment_digests(one)] == [2, 2]
    other.judgment_number.canonical = "（2019）京0105刑初8号"
    assert not set(judgment_digests(one)[0]) & set(judgment_digests(other)[0])


def test_r64_a_person_has_other_tokens_in_each_class_of_record() -> None:
    """A look-up of one class meets no row of another, also where nothing else keeps them apart."""
    key, token = bytes(32), bytes(range(16))
    tokens = [class_token(key, name, token) for name in RecordClass]
    assert len(set(tokens)) == len(RecordClass)
    assert class_token(key, RecordClass.CRIMINAL, token) == token
    assert {len(each) for each in tokens} == {len(token)}
    others = {class_token(bytes([1] * 32), name, token) for name in RecordClass}
    assert others & {*tokens} == {token}, "under another key all but the criminal one are others"
