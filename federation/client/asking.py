"""Ask the gateway one question, and check the answer before it is returned."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from federation import clock
from federation.client.connection import ASK_DEADLINE_S, Connection
from federation.envelope import ANSWER, GATEWAY, verify_payload
from federation.errors import BadEnvelope
from federation.evidence import checks
from federation.identity import Role
from federation.methods import (
    ASK,
)
from federation.transport.status import understood
from federation.undertaking import METHOD as UNDERTAKE
from federation.undertaking import undertaken
from federation.v1 import (
    query_pb2,
    query_pb2_grpc,
)
from federation.v1.envelope_pb2 import Envelope


@dataclass(frozen=True)
class Answered:
    """A verified answer with the envelope that proves it."""

    answer: query_pb2.Answer
    envelope: Envelope
    request_digest: bytes


class Asking(Connection):
    """Questions to the gateway."""

    def ask(self, query: query_pb2.Query, *, retry_of: bytes = b"") -> Answered:
        """Ask one question and return the answer once its signature and its request hold.

        An undertaking for sealed records is signed here, as the officer's own statement.
        """
        query = undertaken(query, lambda body: self.statement(body, method=UNDERTAKE, destination=GATEWAY))
        body = query.SerializeToString(deterministic=True)
        return self.deliver(self.statement(body, method=ASK, destination=GATEWAY, retry_of=retry_of))

    def deliver(self, envelope: Envelope) -> Answered:
        """Send a question that is already signed, and check what comes back."""
        gateway = self.charter.gateways[0]
        stub = query_pb2_grpc.QueryServiceStub(self._to(gateway.installation, gateway.endpoint))
        with understood():
            response = stub.Ask(query_pb2.AskRequest(envelope=envelope), timeout=ASK_DEADLINE_S)
        verified = verify_payload(
            response.answer, ANSWER, self.charter, role=Role.INTERCONNECTS, now=clock.now()
        )
        answer = query_pb2.Answer.FromString(verified.payload)
        digest = hashlib.sha256(envelope.payload).digest()
        if answer.request_digest != digest or answer.gateway != str(verified.installation):
            raise BadEnvelope("the answer is to another request, or from another gateway than it says")
        for check in (checks.completeness, checks.minimised):
            check(answer)
        checks.required_nodes(answer, self.charter)
        return Answered(answer, response.answer, digest)
