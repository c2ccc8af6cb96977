"""Pages are cut by bytes as well as by number, and no request makes a server's memory many times its own length."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from federation.statements.methods import ASK
from federation.transport.limits import PAGE, RESPONSE
from federation.transport.tls import channel
from federation.v1 import (
    envelope_pb2,
    lookup_pb2,
    lookup_pb2_grpc,
    query_pb2,
    query_pb2_grpc,
    record_pb2,
    registry_pb2,
)
from federation.values.identity import Installation
from tests.support import asking
from tests.support.federation import GATEWAY, SmallFederation
from tests.support.inside import InsideFederation, inside_federation
from tests.support.records import Someone, record

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InsideFederation]:
    home = tmp_path_factory.mktemp("pages")
    with inside_federation(SmallFederation(home, agencies=("police",))) as servers:
        servers.start_node("police")
        servers.start_gateway(node_deadline_s=60.0, page_deadline_s=60.0)
        yield servers


def large(someone: Someone) -> record_pb2.Record:
    """Return a record of some 55 KB: almost as large as a record may be."""
    made = record(someone, "police")
    for number in range(130):
        made.offences.add().CopyFrom(made.offences[0])
        made.offences[-1].article = f"第{number}条" + "款" * 120
    return made


MANY = 40


@pytest.fixture(scope="module")
def someone(servers: InsideFederation) -> Someone:
    """A person with so many large records that four answers together are longer than any message."""
    someone = Someone()
    made = [large(someone) for _ in range(MANY)]
    assert sum(one.ByteSize() for one in made) > max(PAGE, RESPONSE / 4)
    outcomes = list(servers.client("police").register.enter_many("police-1", made, page=500))
    assert [o.WhichOneof("outcome") for o in outcomes] == ["receipt"] * MANY, outcomes[0]
    return someone


def question(servers: InsideFederation, someone: Someone) -> envelope_pb2.Envelope:
    body = asking.case(someone.subject()).SerializeToString()
    return servers.client("court").connection.statement(body, method=ASK, destination="gateway")


def test_a_page_of_large_answers_is_answered_in_parts(servers: InsideFederation, someone: Someone) -> None:
    gateway, node = servers.federation.party(GATEWAY), Installation.parse("police/node/police-1")
    charter = servers.federation.charter()
    [place] = [n for n in charter.nodes if n.installation == node]
    envelopes = [question(servers, someone) for _ in range(4)]
    answered = 0
    with channel(
        place.endpoint, server=node, charter=charter, certificate=gateway.certificate, key=gateway.key
    ) as line:
        while answered < len(envelopes):
            left = [lookup_pb2.Question(envelope=e, attempt=1) for e in envelopes[answered:]]
            request = lookup_pb2.LookupRequest(page=1, questions=left)
            stub = lookup_pb2_grpc.LookupServiceStub(line)
            [response] = stub.Lookup(iter([request]), timeout=150, wait_for_ready=True)
            assert 1 <= len(response.answers) < 4
            answered += len(response.answers)
            for paged in response.answers:
                answer = lookup_pb2.NodeAnswer.FromString(paged.answer)
                assert (answer.outcome, len(answer.facets)) == (query_pb2.OUTCOME_MATCH, MANY)


def test_a_gateway_asks_what_a_node_had_no_room_for(servers: InsideFederation, someone: Someone) -> None:
    court = servers.client("court")
    stub = query_pb2_grpc.QueryServiceStub(court.connection.channel_to(court.charter.gateways[0]))

    def ask(envelope: envelope_pb2.Envelope) -> query_pb2.Answer:
        response = stub.Ask(query_pb2.AskRequest(envelope=envelope), timeout=150)
        return query_pb2.Answer.FromString(response.answer.payload)

    with ThreadPoolExecutor(3) as pool:
        for answer in pool.map(ask, [question(servers, someone) for _ in range(3)]):
            assert answer.completeness == query_pb2.COMPLETENESS_COMPLETE
            assert answer.finding == query_pb2.FINDING_RECORD


def test_long_unsigned_messages_take_no_memory(servers: InsideFederation) -> None:
    court = servers.client("court")
    call: Any = court.connection.channel_to(court.charter.gateways[0]).unary_unary(
        "/federation.v1.QueryService/Ask"
    )
    signature = (
        b"\x1a\x00"  # an empty message of Envelope.signatures: two bytes on the wire, a hundred in memory
    )
    assert len(envelope_pb2.Envelope.FromString(signature).signatures) == 1

    def send(size: int) -> grpc.StatusCode:
        inner = signature * (size // 2)
        outer = b"\x0a" + _varint(len(inner)) + inner
        with pytest.raises(grpc.RpcError) as caught:
            call(outer, timeout=120)
        return caught.value.code()

    for size, code in (
        (7_800_000, grpc.StatusCode.RESOURCE_EXHAUSTED),
        (PAGE - 100, grpc.StatusCode.INVALID_ARGUMENT),
    ):
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = _peak()
        with ThreadPoolExecutor(6) as pool:
            assert set(pool.map(send, [size] * 6)) == {code}
        assert _peak() - before < 200 * MEGABYTE, f"{(_peak() - before) // MEGABYTE} MB for six messages"


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])


def _peak() -> int:
    status = Path("/proc/self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def test_a_history_longer_than_any_message_is_shown_whole(servers: InsideFederation) -> None:
    made = large(Someone())
    register = servers.client("police").register
    receipt = register.enter("police-1", made)
    for version in range(1, RESPONSE // made.ByteSize() + 2):
        made.offences[0].article = f"第{version}条"
        amendment = registry_pb2.Amendment(
            record_id=receipt.record_id, expected_version=version, record=made, reason="更正条文"
        )
        register.amend("police-1", amendment)
    events = register.history("police-1", receipt.record_id)
    assert sum(event.ByteSize() for event in events) > RESPONSE
    assert [event.version for event in events] == list(range(1, version + 2))
    assert events[-1].record.offences[0].article == f"第{version}条"
