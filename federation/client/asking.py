"""Questions to the gateway; every answer is checked before it is returned."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from federation.background.retrying import Retries
from federation.charter.envelope import GATEWAY
from federation.charter.model import Charter
from federation.client.connection import ASK_DEADLINE_S
from federation.client.part import ClientPart
from federation.client.resending import PAUSES_S
from federation.errors import BadEnvelope, Unavailable
from federation.evidence.proof import Rules, Trusted, examine, read_answer
from federation.evidence.report import Report, VerifiedAnswer
from federation.statements.methods import ASK
from federation.statements.undertaking import METHOD as UNDERTAKE
from federation.statements.undertaking import undertaken
from federation.transport.status import BROKEN, understood
from federation.v1 import (
    query_pb2,
    query_pb2_grpc,
)
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock


@dataclass(frozen=True)
class CheckedAnswer:
    """A checked answer, not broken; `verified.verdict` says whether it is proven or rests on the gateway."""

    answer: query_pb2.Answer
    envelope: Envelope
    request_digest: bytes
    #: The question as it was signed; keep it with the answer, for without it nobody can prove the answer again.
    question: Envelope
    verified: VerifiedAnswer


class Questions(ClientPart):
    """Questions to the gateway."""

    def ask(self, query: query_pb2.Query, *, retry_of: bytes = b"") -> CheckedAnswer:
        """Ask one question and return the answer once everything that can be checked about it holds.

        An undertaking for sealed records is signed here, as the officer's own statement.
        """
        return self.put(query, retry_of=retry_of)[1]

    def put(self, query: query_pb2.Query, *, retry_of: bytes = b"") -> tuple[Envelope, CheckedAnswer]:
        """Ask one question and return it as it was signed, with its answer.

        When the connection breaks, the question is signed anew, with the digest of the previous one in `retry_of`, and
        sent again. Pass `retry_of` when the question repeats one that the caller had asked before.
        """
        retries = Retries(PAUSES_S, within_s=ASK_DEADLINE_S)
        while True:
            envelope = self._signed(query, retry_of)
            try:
                return envelope, self.deliver(envelope, within_s=retries.time_left_s())
            except Unavailable as error:
                if error.reason not in BROKEN or not retries.pause():
                    raise
            retry_of = hashlib.sha256(envelope.payload).digest()

    def _signed(self, query: query_pb2.Query, retry_of: bytes) -> Envelope:
        query = undertaken(
            query, lambda body: self._connection.statement(body, method=UNDERTAKE, destination=GATEWAY)
        )
        body = query.SerializeToString(deterministic=True)
        return self._connection.statement(body, method=ASK, destination=GATEWAY, retry_of=retry_of)

    def deliver(self, envelope: Envelope, *, within_s: float | None = ASK_DEADLINE_S) -> CheckedAnswer:
        """Send a question that is already signed, once, and check what comes back."""
        gateway = self.charter.gateways[0]
        stub = query_pb2_grpc.QueryServiceStub(self._to(gateway.installation, gateway.endpoint))
        with understood():
            response = stub.Ask(query_pb2.AskRequest(envelope=envelope), timeout=within_s)
        return checked(response.answer, envelope, self.charter)


def checked(signed: Envelope, question: Envelope, charter: Charter) -> CheckedAnswer:
    """Return the answer once every check of it is done; raises `Corrupt` naming what does not hold."""
    answer = read_answer(signed)
    report = Report()
    examine(report, signed, answer, question, Trusted(charter, Rules.here(), clock.now()))
    verified = report.on(answer)
    verified.require()
    digest = hashlib.sha256(question.payload).digest()
    if answer.request_digest != digest:
        raise BadEnvelope("the answer is to another request")
    return CheckedAnswer(answer, signed, digest, question, verified)
