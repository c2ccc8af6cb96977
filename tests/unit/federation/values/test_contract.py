"""Unknown fields and enum numbers are found wherever they stand in a message."""

from __future__ import annotations

import pytest

from federation.v1 import query_pb2, record_pb2, registry_pb2
from federation.values.contract import UNKNOWN_FIELD, UNKNOWN_VALUE, beyond_contract, has_unknown_fields

#: Field 1000, a varint, which no message of the contract has.
STRANGE = b"\xc0\x3e\x01"
RECORD = "federation.v1.Record"


def found(message: object, but: str = "") -> set[tuple[str, str]]:
    return {(each.field, each.rule) for each in beyond_contract(message, "body", but=but)}  # type: ignore[arg-type]


def test_a_message_of_the_contract_has_nothing_unknown() -> None:
    query = query_pb2.Query(purpose=query_pb2.PURPOSE_CASE, subject=query_pb2.Subject(name="张三"))
    query.subject.identifiers.add(type=record_pb2.IDENTIFIER_TYPE_CITIZEN_ID, number="x")
    assert found(query) == set()
    assert not has_unknown_fields(query)


@pytest.mark.parametrize("where", ["body", "body.subject", "body.subject.identifiers[1]"])
def test_an_unknown_field_is_found_at_its_place(where: str) -> None:
    query = query_pb2.Query(subject=query_pb2.Subject(identifiers=[record_pb2.Identifier()] * 2))
    part = {
        "body": query,
        "body.subject": query.subject,
        "body.subject.identifiers[1]": query.subject.identifiers[1],
    }[where]
    part.MergeFromString(STRANGE)
    assert found(query) == {(where, UNKNOWN_FIELD)}
    assert has_unknown_fields(query)


def test_an_unknown_number_is_found_in_fields_lists_and_parts() -> None:
    answer = query_pb2.Answer(classes_searched=[1, 99], outcomes=[query_pb2.NodeOutcome(outcome=77)])  # type: ignore[list-item, arg-type]
    answer.purpose = 55  # type: ignore[assignment]
    assert found(answer) == {
        ("body.purpose", UNKNOWN_VALUE),
        ("body.classes_searched[1]", UNKNOWN_VALUE),
        ("body.outcomes[0].outcome", UNKNOWN_VALUE),
    }


def test_records_are_left_to_their_own_admission() -> None:
    amendment = registry_pb2.Amendment(record=record_pb2.Record(verdict=99))  # type: ignore[arg-type]
    assert found(amendment, but=RECORD) == set()
    assert found(amendment) == {("body.record.verdict", UNKNOWN_VALUE)}
