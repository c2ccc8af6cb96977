"""Fifteen digits of a passport may hold a date by chance: its holder is still found by the name (R14, R34, A14)."""

from __future__ import annotations

import pytest

from federation.v1 import query_pb2
from federation.v1 import record_pb2 as pb
from federation.values.identifiers import is_citizen_id
from federation.values.tokens import name_only_digest, person_digests, person_tokens, subject_tokens

KEY = bytes(range(32))
#: As a citizen's number it would be of somebody born on 1 January 1990.
BY_CHANCE = "990101900101001"


def holder(kind: pb.IdentifierType.ValueType, number: str = BY_CHANCE) -> pb.Person:
    person = pb.Person(names=[pb.Name(text="张三丰", kind=pb.NAME_KIND_REGISTERED)])
    person.identifiers.add(type=kind, number=number, verification=pb.VERIFICATION_VERIFIED)
    return person


@pytest.mark.parametrize(
    "kind", [pb.IDENTIFIER_TYPE_PASSPORT, pb.IDENTIFIER_TYPE_OTHER, pb.IDENTIFIER_TYPE_RESIDENCE_PERMIT]
)
def test_the_holder_of_another_document_with_fifteen_digits_is_found_by_the_name(
    kind: pb.IdentifierType.ValueType,
) -> None:
    assert is_citizen_id(BY_CHANCE)
    person = holder(kind)
    assert name_only_digest("张三丰") in set(person_digests(person))
    _, weak = subject_tokens(KEY, query_pb2.Subject(name="张三丰", birth_date="1975-02-03"))
    assert set(person_tokens(KEY, person)) & set(weak)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (pb.IDENTIFIER_TYPE_CITIZEN_ID, BY_CHANCE),
        (pb.IDENTIFIER_TYPE_OTHER, "990101199001010019"),
        (pb.IDENTIFIER_TYPE_RESIDENCE_PERMIT, "990101199001010019"),
    ],
)
def test_a_number_of_the_standard_gives_the_birth_date(
    kind: pb.IdentifierType.ValueType, number: str
) -> None:
    """Under whatever document eighteen characters stand; the name alone finds too many others."""
    assert name_only_digest("张三丰") not in set(person_digests(holder(kind, number)))
