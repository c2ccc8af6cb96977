"""What an earlier program stored or proposed under its key of a name is found before a run adds the key of now."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import pytest

from federation.v1 import notice_pb2, query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.name_characters import earlier_variants, variants
from federation.values.names import earlier_key, name_key
from federation.values.tokens import judgment_digests, person_digests, subject_digests, token
from node.intake.pending_change import notice_tokens, record_tokens
from tests.support.records import Someone, record

BORN = "1990-05-06"
KEY = bytes(range(32))


def by_hand(kind: str, *parts: str) -> bytes:
    return hashlib.sha256("\x1f".join(("hutong", kind, *parts)).encode()).digest()


def weak(name: str) -> set[bytes]:
    return {*subject_digests(query_pb2.Subject(name=name, birth_date=BORN))[1]}


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("李颖", "李颖"),
        ("李穎", "李颖"),
        ("張挙", "张挙"),  # 挙 was the name of a class, 举 is now
        ("弔文", "弔文"),  # 弔 was joined with nothing, and is with 吊
    ],
)
def test_a_name_finds_what_was_stored_under_its_key_of_before(asked: str, stored: str) -> None:
    assert by_hand("name", stored) in weak(asked)
    assert by_hand("name+birth", stored, BORN) in weak(asked)
    person = pb.Person()
    person.names.add(text=asked)
    assert by_hand("name", stored) in {*person_digests(person)}
    person.birth_date = BORN
    assert by_hand("name+birth", stored, BORN) in {*person_digests(person)}


def test_every_two_characters_that_were_one_are_found_by_one_another() -> None:
    now = dict(variants())
    classes: defaultdict[str, set[str]] = defaultdict(set)
    for other, character in earlier_variants():
        classes[character] |= {character, other}
    assert len(classes) > 2000
    for character, its in classes.items():
        assert {earlier_key(each) for each in its} == {earlier_key(character)}
        assert len({now.get(each, each) for each in its}) == 1, "no class was split"


def test_r45_a_record_has_the_marks_of_a_seal_that_was_proposed_under_the_key_of_before() -> None:
    made = record(Someone(name="李穎"), "police")
    made.judgment_number.canonical = made.judgment_number.original
    mark = by_hand("name+birth", "李颖", made.person.birth_date).hex()
    proposed = by_hand("judgment", mark, made.judgment_number.canonical)
    assert proposed in judgment_digests(made)[0]


def test_r47_a_notice_that_came_before_leads_to_the_record_still() -> None:
    made = record(Someone(name="李颖"), "police")
    made.ClearField("judgment_number")
    its = {*record_tokens(KEY, pb.Facet(record_id="ab" * 16, record=made))}
    assert token(KEY, "change-name", "李颖") in its
    assert token(KEY, "change-name", name_key("李颖")) in its
    notice = notice_pb2.Notice(person=made.person)
    assert {*notice_tokens(KEY, notice)} <= its
