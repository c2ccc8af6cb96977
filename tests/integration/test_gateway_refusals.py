"""Signed questions that a gateway turns away, one by one, each with its reason and its entry in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import grpc
import pytest

from compose.local.layout import GATEWAY, client_installation, node_installation
from federation.charter.envelope import STATEMENT
from federation.errors import BadEnvelope, Exhausted, HutongError, InvalidRequest, Replayed
from federation.statements.methods import ENTER
from federation.transport.tls import channel
from federation.v1 import query_pb2 as pb
from federation.v1.envelope_pb2 import Envelope, Statement
from federation.values import clock
from tests.support import asking
from tests.support.federation import SmallFederation
from tests.support.local import LocalFederation
from tests.support.refusing import WINDOW, connect, last_refusal, query, refused, restated, send, signed


@pytest.fixture(scope="module")
def line(running_federation: LocalFederation) -> Iterator[grpc.Channel]:
    """A bare connection of the police's window to the gateway."""
    with connect(running_federation, WINDOW) as opened:
        yield opened


def test_what_is_right_is_answered(running_federation: LocalFederation, line: grpc.Channel) -> None:
    assert send(line, signed(running_federation)).finding == pb.FINDING_NO_RECORD


def test_an_envelope_sent_twice_is_refused(running_federation: LocalFederation, line: grpc.Channel) -> None:
    envelope = signed(running_federation)
    send(line, envelope)
    assert isinstance(refused(running_federation, line, envelope, "REPLAYED"), Replayed)


def test_a_retry_is_a_new_envelope_that_names_the_old_one(running_federation: LocalFederation) -> None:
    client = running_federation.client("police")
    first = client.ask(query())
    again = client.ask(query(), retry_of=first.request_digest)
    [entry] = [
        e
        for e in running_federation.gateway_entries()
        if e["kind"] == "request" and e["request"] == again.request_digest.hex()
    ]
    assert entry["retry_of"] == first.request_digest.hex()


def test_an_altered_payload_is_refused(running_federation: LocalFederation, line: grpc.Channel) -> None:
    envelope = signed(running_federation)
    envelope.payload = envelope.payload.replace(asking.CASE.encode(), asking.CASE.replace("1", "2").encode())
    assert isinstance(refused(running_federation, line, envelope, "BAD_SIGNATURE"), BadEnvelope)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"destination": "interconnect/gateway/gateway-1"}, "WRONG_DESTINATION"),
        ({"destination": "police/node/police-1"}, "WRONG_DESTINATION"),
        ({"method": ENTER}, "WRONG_METHOD"),
        ({"federation": "another.federation"}, "WRONG_FEDERATION"),
        ({"now": clock.now() - timedelta(minutes=5)}, "ENVELOPE_EXPIRED"),
        ({"now": clock.now() + timedelta(minutes=15)}, "ENVELOPE_NOT_YET_VALID"),
        ({"officer": ""}, "OFFICER_MISSING"),
        ({"officer": "  "}, "OFFICER_MISSING"),
        ({"officer": "警" * 65}, "OFFICER_MALFORMED"),
        ({"officer": "王\n警官"}, "OFFICER_MALFORMED"),
        ({"charter_version": 99}, "WRONG_CHARTER_VERSION"),
        ({"body": b""}, "BODY_MISSING"),
        ({"retry_of": b"short"}, "BAD_RETRY_OF"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_statement_that_does_not_fit_is_refused(
    running_federation: LocalFederation, line: grpc.Channel, fields: dict[str, object], reason: str
) -> None:
    refused(running_federation, line, signed(running_federation, **fields), reason)


def test_a_statement_longer_than_any_question_is_refused_before_it_is_read(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    long = signed(running_federation, body=bytes(100 * 1024))
    error = refused(running_federation, line, long, "INVALID_REQUEST")
    assert isinstance(error, InvalidRequest)
    assert [(v.field, v.rule) for v in error.violations] == [("request", "SIZE")]
    with pytest.raises(Exhausted):  # longer than any request: not even received
        send(line, signed(running_federation, body=bytes(5 * 1024 * 1024)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s: setattr(s, "nonce", b"123"), "BAD_NONCE"),
        (lambda s: setattr(s, "issued_at", "today"), "MALFORMED_STATEMENT"),
        (lambda s: setattr(s, "member", "court"), "WRONG_SIGNER"),
        (lambda s: setattr(s, "installation", "police/client/window-2"), "WRONG_SIGNER"),
    ],
)
def test_a_statement_that_says_something_else_than_its_signature_is_refused(
    running_federation: LocalFederation,
    line: grpc.Channel,
    change: Callable[[Statement], object],
    reason: str,
) -> None:
    refused(running_federation, line, restated(running_federation, change), reason)


@pytest.mark.parametrize(
    ("envelope", "reason"),
    [
        (Envelope(), "MISSING_ENVELOPE"),
        (Envelope(payload_type="text/plain", payload=b"x"), "WRONG_PAYLOAD_TYPE"),
        (Envelope(payload_type=STATEMENT, payload=b"x"), "ONE_SIGNATURE"),
    ],
)
def test_what_is_no_envelope_is_refused(
    running_federation: LocalFederation, line: grpc.Channel, envelope: Envelope, reason: str
) -> None:
    refused(running_federation, line, envelope, reason)


def test_a_key_that_the_charter_does_not_list_is_refused(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    envelope = signed(running_federation)
    envelope.signatures[0].keyid = "ab" * 32
    refused(running_federation, line, envelope, "UNKNOWN_SIGNER")


def test_a_key_that_only_answers_asks_nothing(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    envelope = signed(running_federation, node_installation("police"))
    refused(running_federation, line, envelope, "WRONG_ROLE")


def test_a_member_delivers_its_own_statements_only(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    envelope = signed(running_federation, client_installation("procuratorate"))
    refused(running_federation, line, envelope, "PEER_IS_NOT_SIGNER")


def test_a_node_asks_nothing(running_federation: LocalFederation) -> None:
    node = node_installation("police")
    with connect(running_federation, node) as opened, pytest.raises(HutongError) as caught:
        send(opened, signed(running_federation))
    assert caught.value.reason == "WRONG_PEER_KIND"
    entry = last_refusal(running_federation)
    assert (entry["reason"], entry["by"]) == ("WRONG_PEER_KIND", str(node))


def test_a_message_beyond_the_limit_of_the_wire_is_refused(
    running_federation: LocalFederation, line: grpc.Channel
) -> None:
    with pytest.raises(HutongError) as caught:
        send(line, Envelope(payload_type=STATEMENT, payload=bytes(9 * 1024 * 1024)))
    assert caught.value.reason == "EXHAUSTED"
    assert send(line, signed(running_federation)).finding == pb.FINDING_NO_RECORD


def test_a_stranger_to_the_federation_is_not_heard(
    running_federation: LocalFederation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = SmallFederation(tmp_path_factory.mktemp("stranger")).party("police/client/desk")
    charter = running_federation.charter()
    [gateway] = charter.gateways
    with (
        channel(
            gateway.endpoint,
            server=GATEWAY,
            charter=charter,
            certificate=stranger.certificate,
            key=stranger.key,
        ) as opened,
        pytest.raises(HutongError) as caught,
    ):
        send(opened, signed(running_federation))
    assert caught.value.reason == "UNREACHABLE"
