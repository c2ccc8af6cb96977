"""Questions as a window signs them, changed in one place, and what a gateway says of them."""

from __future__ import annotations

from collections.abc import Callable

import grpc
import pytest

from compose.local.layout import client_installation
from federation.charter.envelope import STATEMENT, make_statement, sign_payload
from federation.errors import HutongError
from federation.statements.methods import ASK
from federation.transport.status import error_of
from federation.transport.tls import channel
from federation.v1 import query_pb2 as pb
from federation.v1 import query_pb2_grpc
from federation.v1.envelope_pb2 import Envelope, Statement
from federation.values import clock
from federation.values.identity import Installation
from federation.values.keys import Signer
from tests.support import asking
from tests.support.local import OFFICER, LocalFederation
from tests.support.records import Someone
from tests.support.waiting import PATIENCE_S

WINDOW = client_installation("police")
Change = Callable[[pb.Query], object]


def connect(federation: LocalFederation, who: Installation) -> grpc.Channel:
    folder, charter = federation.layout.folder(who), federation.charter()
    [gateway] = charter.gateways
    return channel(
        gateway.endpoint,
        server=gateway.installation,
        charter=charter,
        certificate=folder / "tls.pem",
        key=folder / "tls.key",
    )


def signer(federation: LocalFederation, who: Installation = WINDOW) -> Signer:
    return Signer.load(federation.layout.folder(who) / "signing.key", who)


def query(change: Change = lambda query: None) -> pb.Query:
    made = asking.case(Someone().subject())
    change(made)
    return made


def signed(federation: LocalFederation, who: Installation = WINDOW, /, **fields: object) -> Envelope:
    """Return a question in an envelope in which something may differ from what is right."""
    charter = federation.charter()
    right: dict[str, object] = {
        "federation": charter.federation,
        "method": ASK,
        "destination": "gateway",
        "officer": OFFICER,
        "body": query().SerializeToString(),
        "charter_version": charter.version,
        "now": clock.now(),
    }
    return make_statement(signer=signer(federation, who), **{**right, **fields})  # type: ignore[arg-type]


def restated(federation: LocalFederation, change: Callable[[Statement], object]) -> Envelope:
    """Return a statement that was changed before it was signed."""
    statement = Statement.FromString(signed(federation).payload)
    change(statement)
    return sign_payload(STATEMENT, statement.SerializeToString(), signer(federation))


_OF_QUESTIONS = ("refused", "request", "sealed_access", "answer")


def send(line: grpc.Channel, envelope: Envelope) -> pb.Answer:
    try:
        response = query_pb2_grpc.QueryServiceStub(line).Ask(
            pb.AskRequest(envelope=envelope), timeout=PATIENCE_S
        )
    except grpc.RpcError as error:
        raise error_of(error) from error
    return pb.Answer.FromString(response.answer.payload)


def last_refusal(federation: LocalFederation) -> dict[str, object]:
    return dict([e for e in federation.gateway_entries() if e["kind"] == "refused"][-1])


def refused(federation: LocalFederation, line: grpc.Channel, envelope: Envelope, reason: str) -> HutongError:
    """Send an envelope that must be refused for `reason`, with an entry that says so; return the error."""
    before = len(federation.gateway_entries())
    with pytest.raises(HutongError) as caught:
        send(line, envelope)
    # What seals of other tests spread meanwhile is no part of a question.
    entries = [e for e in federation.gateway_entries()[before:] if e["kind"] in _OF_QUESTIONS]
    logged = [(e["kind"], e.get("reason"), e.get("method"), e["by"]) for e in entries]
    assert logged == [("refused", reason, ASK, str(WINDOW))]
    assert caught.value.reason == reason
    return caught.value
