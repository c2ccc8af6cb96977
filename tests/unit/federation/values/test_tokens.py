"""Tokens find a person however completely the birth date is written, and never by name alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.name_characters import radicals, variants
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
    made = record(Someone(name="张三丰"))
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
    made = record(Someone(name="张三丰"))
    other = Someone(name="李四")
    assert found(made.person, other.subject()) == (False, False)
    assert found(made.person, query_pb2.Subject(name="张三丰", birth_date="1980-05-08")) == (False, False)
    assert found(made.person, query_pb2.Subject(name="张三丰")) == (False, False)


def test_r45_the_digests_of_a_proposal_find_the_same_judgment_and_no_other() -> None:
    someone = Someone(name="张三丰")
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


_TRADITIONAL = {simple: other for other, simple in variants()}
_RADICALS = {plain: radical for radical, plain in radicals()}
_HAN = "马晓东吴买尔吐逊国华龙高见长车门"
#: How a name that one clerk wrote comes back from another: by another keyboard, from a PDF, through another program.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "traditional": lambda name: "".join(_TRADITIONAL.get(c, c) for c in name),
    "from a PDF": lambda name: "".join(_RADICALS.get(c, c) for c in name),
    "another dot": lambda name: name.replace("·", "•"),
    "no dot": lambda name: name.replace("·", ""),
    "a space for the dot": lambda name: name.replace("·", " "),
    "a dash for the dot": lambda name: name.replace("·", "—"),
    "a full stop for the dot": lambda name: name.replace("·", "."),
    "spaces": lambda name: " ".join(name),
    "wide spaces": lambda name: "\u3000".join(name),
    "variation selectors": lambda name: "".join(c + "\U000e0100" for c in name),
    "invisible": lambda name: "\u200b".join(name),
    "a byte-order mark": lambda name: "\ufeff" + name,
}
NAMES = st.one_of(
    st.text(_HAN, min_size=2, max_size=4),
    st.lists(st.text(_HAN, min_size=2, max_size=4), min_size=2, max_size=3).map("·".join),
)


@settings(deadline=None, max_examples=300)
@given(
    NAMES,
    st.lists(st.sampled_from(sorted(SPELLINGS)), max_size=4),
    st.lists(st.sampled_from(sorted(SPELLINGS)), max_size=4),
    st.sampled_from(["1980-05-06", "1981-05-06", "1980-06-05", "1980-05", "1979-05", "1980", "1981", ""]),
)
def test_r34_every_spelling_finds_every_other_with_any_birth_date_that_may_be_the_same(
    name: str, entered: list[str], asked: list[str], born: str
) -> None:
    """The doors differ in what they make of a person; all of them find by these tokens."""
    written, typed = name, name
    for way in entered:
        written = SPELLINGS[way](written)
    for way in asked:
        typed = SPELLINGS[way](typed)
    person = pb.Person(names=[pb.Name(text=written)], birth_date=born)
    assert found(person, query_pb2.Subject(name=typed, birth_date="1980-05-06")) == (False, True)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("SMITH JOHN", "John Smith"),
        ("Smith, John", "John Smith"),
        ("MARTIN JEAN PIERRE", "Jean Pierre Martin"),
        ("Jean-Pierre Martin", "MARTIN JEAN-PIERRE"),
        ("Nguyễn Văn Đức", "DUC NGUYEN VAN"),
    ],
)
def test_r34_a_name_in_letters_is_found_in_every_order_of_its_parts(written: str, asked: str) -> None:
    person = pb.Person(names=[pb.Name(text=written)], birth_date="1980-05-06")
    assert found(person, query_pb2.Subject(name=asked, birth_date="1980-05-06")) == (False, True)
    other = query_pb2.Subject(name="John Brown", birth_date="1980-05-06")
    assert found(person, other) == (False, False)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("A123456(7)", "A1234567"),
        ("A1234567", "a123456（7）"),
        ("1234567(8)", "1/234567/8"),
        ("12345678", "1234567(8)"),
    ],
)
def test_r34_a_number_with_its_check_digit_in_brackets_or_without_is_a_candidate(
    written: str, asked: str
) -> None:
    person, subject = pb.Person(), query_pb2.Subject()
    person.identifiers.add(type=pb.IDENTIFIER_TYPE_OTHER, number=written)
    subject.identifiers.add(type=pb.IDENTIFIER_TYPE_PASSPORT, number=asked)
    assert found(person, subject) == (False, True)


def test_r64_a_person_has_other_tokens_in_each_class_of_record() -> None:
    """A look-up of one class meets no row of another, also where nothing else keeps them apart."""
    key, token = bytes(32), bytes(range(16))
    tokens = [class_token(key, name, token) for name in RecordClass]
    assert len(set(tokens)) == len(RecordClass)
    assert class_token(key, RecordClass.CRIMINAL, token) == token
    assert {len(each) for each in tokens} == {len(token)}
    others = {class_token(bytes([1] * 32), name, token) for name in RecordClass}
    assert others & {*tokens} == {token}, "under another key all but the criminal one are others"
