"""Client for orders about sealing at a node of the own member, and for the acknowledgements of others."""

from __future__ import annotations

from collections.abc import Iterator

from federation.client.connection import PAGE_DEADLINE_S
from federation.client.part import ClientPart
from federation.documents.document import open_document
from federation.statements.methods import (
    CERTIFY,
    DECIDE_AGE,
    EXAMINE,
    OVERSEE,
    RESEAL,
    SEAL,
    SEALING_OBJECT,
    SEALING_SHOW,
    SERVE_NOTICE,
    UNSEAL,
)
from federation.statements.seals import CheckedCertificate, open_certificate
from federation.transport.status import understood
from federation.v1 import (
    record_pb2,
    registry_pb2,
    sealing_pb2,
    sealing_pb2_grpc,
)
from federation.v1.envelope_pb2 import Envelope
from federation.values import clock


class Seals(ClientPart):
    """Sealing at the own member's nodes."""

    def seal(self, node: str, order: sealing_pb2.Sealing) -> registry_pb2.Receipt:
        """Seal a record of this member's node by a court's notice or a decision."""
        stub, envelope = self._sealing(node, order.SerializeToString(deterministic=True), SEAL)
        with understood():
            return stub.Seal(sealing_pb2.SealRequest(envelope=envelope), timeout=PAGE_DEADLINE_S).receipt

    def unseal(self, node: str, order: sealing_pb2.Unsealing) -> registry_pb2.Receipt:
        """Unseal a record of this member's node on a listed ground."""
        stub, envelope = self._sealing(node, order.SerializeToString(deterministic=True), UNSEAL)
        with understood():
            return stub.Unseal(sealing_pb2.UnsealRequest(envelope=envelope), timeout=PAGE_DEADLINE_S).receipt

    def withheld(self, node: str) -> list[sealing_pb2.SealingTask]:
        """Return the records of this member's node that wait for a person to decide on sealing."""
        body = sealing_pb2.SealingList(status=record_pb2.SEALING_STATUS_WITHHELD).SerializeToString()
        stub, envelope = self._sealing(node, body, SEALING_SHOW)
        request = sealing_pb2.SealingServiceShowRequest(envelope=envelope)
        with understood():
            return list(stub.Show(request, timeout=PAGE_DEADLINE_S).tasks)

    def examine(
        self, node: str, record_id: str, *, reason: str
    ) -> tuple[record_pb2.Facet, sealing_pb2.SealingTask]:
        """Return a withheld record of this member's node, and what is to be decided about it."""
        body = sealing_pb2.Examination(record_id=record_id, reason=reason)
        stub, envelope = self._sealing(node, body.SerializeToString(deterministic=True), EXAMINE)
        request = sealing_pb2.ExamineRequest(envelope=envelope)
        with understood():
            found = stub.Examine(request, timeout=PAGE_DEADLINE_S)
        return found.facet, found.task

    def decide(self, node: str, decision: sealing_pb2.AgeDecision) -> registry_pb2.Receipt:
        """Decide that the offender of a withheld record of this member's node was of age."""
        stub, envelope = self._sealing(node, decision.SerializeToString(deterministic=True), DECIDE_AGE)
        request = sealing_pb2.SealingServiceDecideRequest(envelope=envelope)
        with understood():
            return stub.Decide(request, timeout=PAGE_DEADLINE_S).receipt

    def object(self, node: str, objection: sealing_pb2.SealingObjection) -> registry_pb2.Receipt:
        """Object to another holder's seal because of which a record of this member's node is withheld."""
        stub, envelope = self._sealing(node, objection.SerializeToString(deterministic=True), SEALING_OBJECT)
        request = sealing_pb2.SealingServiceObjectRequest(envelope=envelope)
        with understood():
            return stub.Object(request, timeout=PAGE_DEADLINE_S).receipt

    def certificate(self, node: str, record_id: str, *, reason: str) -> tuple[CheckedCertificate, Envelope]:
        """Return the certificate of sealing of a record of this member's node, verified, and as it was signed."""
        query = sealing_pb2.CertificateQuery(record_id=record_id, reason=reason)
        stub, envelope = self._sealing(node, query.SerializeToString(deterministic=True), CERTIFY)
        request = sealing_pb2.CertifyRequest(envelope=envelope)
        with understood():
            signed = stub.Certify(request, timeout=PAGE_DEADLINE_S).certificate
        return open_certificate(signed, self.charter, now=clock.now()), signed

    def notice(self, node: str, notice: sealing_pb2.NoticeOfSealing) -> Envelope:
        """Return the notice of sealing of a record of this member's node, signed by the node and checked."""
        stub, envelope = self._sealing(node, notice.SerializeToString(deterministic=True), SERVE_NOTICE)
        request = sealing_pb2.ServeRequest(envelope=envelope)
        with understood():
            document = stub.Serve(request, timeout=PAGE_DEADLINE_S).document
        open_document(document, self.charter, at=clock.now())
        return document

    def reseal(
        self,
        node: str,
        *,
        page: int = 200,
        after: str = "",
        propose_again: bool = False,
        dry_run: bool = False,
    ) -> Iterator[sealing_pb2.ResealReport]:
        """Judge all records of this member's node by today's profile; yield the report of each page (A14).

        With `propose_again`, all sealed records are proposed to every node once more. A `dry_run` moves nothing, nor
        does the node while the run of the day waits for approval: the reports say so.
        """
        while True:
            asked = sealing_pb2.ResealPage(
                after=after, limit=page, propose_again=propose_again, dry_run=dry_run
            )
            stub, envelope = self._sealing(node, asked.SerializeToString(deterministic=True), RESEAL)
            request = sealing_pb2.ResealRequest(envelope=envelope)
            with understood():
                report = stub.Reseal(request, timeout=PAGE_DEADLINE_S).report
            yield report
            if not report.last:
                return
            after = report.last

    def runs(self, node: str) -> sealing_pb2.OverseeResponse:
        """Return the runs over all records of this member's node, and how its records stand."""
        return self._oversee(node, sealing_pb2.RunOversight(step=sealing_pb2.RUN_STEP_SHOW))

    def approve(self, node: str, found: str, *, reason: str) -> sealing_pb2.OverseeResponse:
        """Approve what a dry run found, by its code, as one of two officers."""
        asked = sealing_pb2.RunOversight(step=sealing_pb2.RUN_STEP_APPROVE, found=found, reason=reason)
        return self._oversee(node, asked)

    def reverse(self, node: str, run: str, *, reason: str) -> sealing_pb2.OverseeResponse:
        """Have a run reversed, as one of two officers; the first one's order stops the run."""
        asked = sealing_pb2.RunOversight(step=sealing_pb2.RUN_STEP_REVERSE, run=run, reason=reason)
        return self._oversee(node, asked)

    def _oversee(self, node: str, asked: sealing_pb2.RunOversight) -> sealing_pb2.OverseeResponse:
        stub, envelope = self._sealing(node, asked.SerializeToString(deterministic=True), OVERSEE)
        with understood():
            return stub.Oversee(sealing_pb2.OverseeRequest(envelope=envelope), timeout=PAGE_DEADLINE_S)

    def _sealing(
        self, node: str, body: bytes, method: str
    ) -> tuple[sealing_pb2_grpc.SealingServiceStub, Envelope]:
        target = self._connection.node(node)
        stub = sealing_pb2_grpc.SealingServiceStub(self._to(target.installation, target.endpoint))
        return stub, self._connection.statement(body, method=method, destination=str(target.installation))
