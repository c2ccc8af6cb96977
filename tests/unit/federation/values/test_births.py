"""Every birth that a record claims: stated, and inside its verified numbers (R14, A11)."""

from __future__ import annotations

import pytest

from federation.v1 import record_pb2 as pb
from federation.values.numbers import births_of

OF_2000, OF_1999 = "990101200001010014", "990101199906010013"


@pytest.mark.parametrize(
    ("stated", "verified", "claims"),
    [
        ("2000-06-01", [OF_2000], ["2000-06-01", "2000-01-01"]),
        ("2000-01-01", [OF_2000], ["2000-01-01"]),
        ("2000", [OF_2000], ["2000-01-01"]),
        ("1999", [OF_2000], ["1999-01-01..1999-12-31", "2000-01-01"]),
        ("", [OF_2000], ["2000-01-01"]),
        ("", [OF_2000, OF_1999], []),
        ("2000-01-01", [OF_2000, OF_1999], ["2000-01-01", "1999-06-01"]),
        ("2000-06-01", [], ["2000-06-01"]),
        ("", [], []),
    ],
)
def test_a11_a_stated_birth_and_those_in_verified_numbers_are_claims(
    stated: str, verified: list[str], claims: list[str]
) -> None:
    person = pb.Person(birth_date=stated)
    for number in verified:
        person.identifiers.add(
            type=pb.IDENTIFIER_TYPE_CITIZEN_ID, number=number, verification=pb.VERIFICATION_VERIFIED
        )
    person.identifiers.add(
        type=pb.IDENTIFIER_TYPE_CITIZEN_ID,
        number="99010119700101001X",
        verification=pb.VERIFICATION_DECLARED,
    )
    found = [f"{b.first}" if b.first == b.last else f"{b.first}..{b.last}" for b in births_of(person)]
    assert found == claims


@pytest.mark.parametrize(
    ("kind", "number", "claims"),
    [
        (pb.IDENTIFIER_TYPE_RESIDENCE_PERMIT, "810000200001010015", 0),  # a wrong check character
        (pb.IDENTIFIER_TYPE_RESIDENCE_PERMIT, OF_2000, 1),
        (pb.IDENTIFIER_TYPE_OTHER, OF_2000, 1),
        (pb.IDENTIFIER_TYPE_OTHER, "110105000101001", 0),
        (pb.IDENTIFIER_TYPE_CITIZEN_ID, "110105000101001", 1),
        (pb.IDENTIFIER_TYPE_PASSPORT, "E12345678", 0),
    ],
)
def test_r14_a_number_of_the_standard_is_one_under_every_kind_of_document(
    kind: pb.IdentifierType.ValueType, number: str, claims: int
) -> None:
    """Fifteen digits are one as a citizen's number alone: other documents have such numbers by chance."""
    person = pb.Person()
    person.identifiers.add(type=kind, number=number, verification=pb.VERIFICATION_VERIFIED)
    assert len(births_of(person)) == claims
