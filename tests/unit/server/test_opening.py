"""The body of a signed request: what goes beyond the contract is named and refused, whatever the rpc."""

from __future__ import annotations

import pytest

from federation.charter.envelope import OpenedStatement
from federation.errors import InvalidRequest
from federation.v1 import notice_pb2, query_pb2, record_pb2, registry_pb2, sealing_pb2
from federation.v1.envelope_pb2 import Statement
from federation.values.identity import Installation, KeyId
from server.opening import MOST_NAMED, parsed

WHO = Installation.parse("police/client/desk")


def opened(body: bytes) -> OpenedStatement:
    return OpenedStatement(Statement(body=body), bytes(32), KeyId("k"), WHO, "王警官")


def faults(body: bytes, message: type) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as caught:
        parsed(opened(body), message)
    return [(each.field, each.rule) for each in caught.value.violations]


@pytest.mark.parametrize(
    "message",
    [
        query_pb2.Query,
        registry_pb2.Amendment,
        registry_pb2.Withdrawal,
        sealing_pb2.SealingProposal,
        notice_pb2.Notice,
    ],
)
def test_a_field_that_nobody_knows_is_refused(message: type) -> None:
    assert faults(b"\xc0\x3e\x01", message) == [("body", "UNKNOWN_FIELD")]


def test_a_number_that_is_no_value_is_refused() -> None:
    query = query_pb2.Query(purpose=99)  # type: ignore[arg-type]
    assert faults(query.SerializeToString(), query_pb2.Query) == [("body.purpose", "UNKNOWN_VALUE")]


def test_a_faulty_record_inside_is_left_to_its_admission() -> None:
    amendment = registry_pb2.Amendment(record=record_pb2.Record(verdict=99))  # type: ignore[arg-type]
    assert parsed(opened(amendment.SerializeToString()), registry_pb2.Amendment).record.verdict == 99


def test_a_refusal_names_no_more_faults_than_a_person_can_read() -> None:
    subject = query_pb2.Subject(identifiers=[record_pb2.Identifier(type=99)] * 1000)  # type: ignore[arg-type]
    assert len(faults(query_pb2.Query(subject=subject).SerializeToString(), query_pb2.Query)) == MOST_NAMED


def test_another_message_is_no_body() -> None:
    assert faults(b"\xff", query_pb2.Query) == [("body", "FORMAT")]
