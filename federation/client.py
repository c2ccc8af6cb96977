"""The client library: ask the gateway, enter at a node, read evidence; signed, verified, closed when done.

    with Client.open(Path("home/federation.json"), "police", officer="王警官") as client:
        answered = client.ask(query)
        print(answered.answer.finding)

Every answer's signature and request are checked before it is returned; errors are those of
`federation.errors`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc

from federation import clock
from federation.charter.model import Charter, Gateway, Node
from federation.charter.trust import CharterTrust
from federation.documents.document import open_document
from federation.envelope import ANSWER, GATEWAY, Signer, make_statement, verify_payload
from federation.errors import BadEnvelope, Corrupt, NotFound
from federation.evidence import checks
from federation.identity import Installation, Role
from federation.methods import (
    ACKNOWLEDGE_RECALLS,
    AMEND,
    ASK,
    CERTIFY,
    DECIDE_NOTICE,
    ENTER,
    ENTER_MANY,
    HISTORY,
    LIST_RECALLS,
    LIST_WAITING,
    RESEAL,
    SEAL,
    SEALING_OBJECT,
    SEALING_SHOW,
    SERVE_NOTICE,
    SHOW,
    SUBMIT_NOTICES,
    TOLD,
    TRACK_NOTICES,
    TRACK_RECALLS,
    UNSEAL,
    WITHDRAW,
)
from federation.notices.document_receipts import read_way
from federation.notices.receipts import Tracked, read_receipts, read_track
from federation.recalls import MOST_RECALLS, read_recalls
from federation.seals import CheckedCertificate, open_certificate
from federation.transport.status import understood
from federation.transport.tls import channel
from federation.undertaking import METHOD as UNDERTAKE
from federation.undertaking import undertaken
from federation.v1 import (
    evidence_pb2,
    evidence_pb2_grpc,
    notice_pb2,
    notice_pb2_grpc,
    query_pb2,
    query_pb2_grpc,
    recall_pb2,
    recall_pb2_grpc,
    record_pb2,
    registry_pb2,
    registry_pb2_grpc,
    sealing_pb2,
    sealing_pb2_grpc,
)
from federation.v1.envelope_pb2 import Envelope

#: Seconds that an answer may take in all.
ASK_DEADLINE_S = 20.0
PAGE_DEADLINE_S = 60.0


@dataclass(frozen=True)
class Answered:
    """A verified answer with the envelope that proves it."""

    answer: query_pb2.Answer
    envelope: Envelope
    request_digest: bytes


@dataclass(frozen=True)
class Credentials:
    """What one client installation holds: its TLS certificate and key, and its signing key."""

    installation: Installation
    certificate: Path
    key: Path
    signing_key: Path


class Client:
    """One installation's connection to the federation; a context manager."""

    def __init__(self, *, trust: CharterTrust, credentials: Credentials, officer: str) -> None:
        self._trust = trust
        self._credentials = credentials
        self._officer = officer
        self._signer = Signer.load(credentials.signing_key, credentials.installation)
        self._channels: dict[Installation, grpc.Channel] = {}

    @classmethod
    def open(cls, description: Path, member: str, *, officer: str) -> Client:
        """Return a client of `member` in the local federation that `federation.json` describes.

        Raises `NotFound` when the federation or the member is not there.
        """
        try:
            federation = json.loads(description.read_text("utf-8"))
        except OSError:
            raise NotFound(f"no federation at {description}: start one with `hutong up`") from None
        known = federation["members"]
        if member not in known:
            raise NotFound(f"no member {member!r}; there are {', '.join(sorted(known))}")
        mine = known[member]
        folder = Path(mine["cert"]).parent
        published = Path(federation["charter"])
        trust = CharterTrust(published, folder / "charter", published / "metadata" / "1.root.json", every=5.0)
        credentials = Credentials(
            Installation.parse(mine["installation"]),
            Path(mine["cert"]),
            Path(mine["key"]),
            Path(mine["signing_key"]),
        )
        return cls(trust=trust, credentials=credentials, officer=officer)

    def __enter__(self) -> Self:
        self._trust.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._channels.values():
            each.close()
        self._trust.__exit__(kind, error, trace)

    @property
    def charter(self) -> Charter:
        """The charter in force."""
        return self._trust.current()

    def node(self, name: str) -> Node:
        """Return the node called `name`; raises `NotFound`."""
        for node in self.charter.nodes:
            if node.name == name:
                return node
        raise NotFound(f"no node {name!r}; there are {', '.join(str(n.name) for n in self.charter.nodes)}")

    def statement(self, body: bytes, *, method: str, destination: str, retry_of: bytes = b"") -> Envelope:
        """Return a signed statement of this client's officer."""
        return make_statement(
            signer=self._signer,
            federation=self.charter.federation,
            method=method,
            destination=destination,
            officer=self._officer,
            body=body,
            charter_version=self.charter.version,
            now=clock.now(),
            retry_of=retry_of,
        )

    @property
    def officer(self) -> str:
        """The natural person who acts through this client."""
        return self._officer

    def channel_to(self, server: Node | Gateway) -> grpc.Channel:
        """Return this client's own channel to a server, closed with the client; for further services."""
        return self._to(server.installation, server.endpoint)

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

    def enter(self, node: str, record: record_pb2.Record) -> registry_pb2.Receipt:
        """Enter one record at a node of this member."""
        body = registry_pb2.EntryPage(records=[record]).SerializeToString(deterministic=True)
        stub, envelope = self._registry(node, body, ENTER)
        with understood():
            return stub.Enter(registry_pb2.EnterRequest(envelope=envelope), timeout=PAGE_DEADLINE_S).receipt

    def enter_many(
        self, node: str, records: Iterable[record_pb2.Record], *, page: int = 200
    ) -> Iterator[registry_pb2.EntryOutcome]:
        """Enter records in pages over one stream; yield each one's outcome, durable when it is yielded."""
        target = self.node(node)
        stub = registry_pb2_grpc.RegistryServiceStub(self._to(target.installation, target.endpoint))
        expected: list[int] = []

        def pages() -> Iterator[registry_pb2.EnterManyRequest]:
            for batch in _batches(records, page):
                expected.append(len(batch))
                body = registry_pb2.EntryPage(records=batch).SerializeToString(deterministic=True)
                envelope = self.statement(body, method=ENTER_MANY, destination=str(target.installation))
                yield registry_pb2.EnterManyRequest(envelope=envelope)

        with understood():
            for number, response in enumerate(stub.EnterMany(pages())):
                if len(response.outcomes) != expected[number]:
                    raise Corrupt(f"{node} acknowledged another number of records than were sent")
                yield from response.outcomes

    def amend(self, node: str, amendment: registry_pb2.Amendment) -> registry_pb2.Receipt:
        """Correct a record of this member's node."""
        stub, envelope = self._registry(node, amendment.SerializeToString(deterministic=True), AMEND)
        with understood():
            return stub.Amend(registry_pb2.AmendRequest(envelope=envelope), timeout=PAGE_DEADLINE_S).receipt

    def withdraw(self, node: str, withdrawal: registry_pb2.Withdrawal) -> registry_pb2.Receipt:
        """Withdraw a record of this member's node."""
        stub, envelope = self._registry(node, withdrawal.SerializeToString(deterministic=True), WITHDRAW)
        request = registry_pb2.WithdrawRequest(envelope=envelope)
        with understood():
            return stub.Withdraw(request, timeout=PAGE_DEADLINE_S).receipt

    def show(self, node: str, record_id: str) -> record_pb2.Facet:
        """Show a record of this member's node."""
        body = registry_pb2.RecordReference(record_id=record_id).SerializeToString()
        stub, envelope = self._registry(node, body, SHOW)
        with understood():
            return stub.Show(registry_pb2.ShowRequest(envelope=envelope), timeout=PAGE_DEADLINE_S).facet

    def history(self, node: str, record_id: str) -> list[registry_pb2.RecordEvent]:
        """Show every version of a record of this member's node."""
        body = registry_pb2.RecordReference(record_id=record_id).SerializeToString()
        stub, envelope = self._registry(node, body, HISTORY)
        request = registry_pb2.HistoryRequest(envelope=envelope)
        with understood():
            return list(stub.History(request, timeout=PAGE_DEADLINE_S).events)

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

    def object_to_seal(self, node: str, objection: sealing_pb2.SealingObjection) -> registry_pb2.Receipt:
        """Object to another holder's seal on which a record of this member's node is held."""
        stub, envelope = self._sealing(node, objection.SerializeToString(deterministic=True), SEALING_OBJECT)
        request = sealing_pb2.SealingServiceObjectRequest(envelope=envelope)
        with understood():
            return stub.Object(request, timeout=PAGE_DEADLINE_S).receipt

    def sealing_certificate(
        self, node: str, record_id: str, *, reason: str
    ) -> tuple[CheckedCertificate, Envelope]:
        """Return the certificate of sealing of a record of this member's node, verified, and as it was signed."""
        query = sealing_pb2.CertificateQuery(record_id=record_id, reason=reason)
        stub, envelope = self._sealing(node, query.SerializeToString(deterministic=True), CERTIFY)
        request = sealing_pb2.CertifyRequest(envelope=envelope)
        with understood():
            signed = stub.Certify(request, timeout=PAGE_DEADLINE_S).certificate
        return open_certificate(signed, self.charter, now=clock.now()), signed

    def sealing_notice(self, node: str, notice: sealing_pb2.NoticeOfSealing) -> Envelope:
        """Return the notice of sealing of a record of this member's node, signed by the node and checked."""
        stub, envelope = self._sealing(node, notice.SerializeToString(deterministic=True), SERVE_NOTICE)
        request = sealing_pb2.ServeRequest(envelope=envelope)
        with understood():
            document = stub.Serve(request, timeout=PAGE_DEADLINE_S).document
        open_document(document, self.charter, at=clock.now())
        return document

    def reseal(
        self, node: str, *, page: int = 200, after: str = "", propose_again: bool = False
    ) -> Iterator[sealing_pb2.ResealReport]:
        """Judge all records of this member's node by today's profile; yield the report of each page (A14).

        With `propose_again` what is sealed is proposed to every node once more.
        """
        while True:
            asked = sealing_pb2.ResealPage(after=after, limit=page, propose_again=propose_again)
            stub, envelope = self._sealing(node, asked.SerializeToString(deterministic=True), RESEAL)
            request = sealing_pb2.ResealRequest(envelope=envelope)
            with understood():
                report = stub.Reseal(request, timeout=PAGE_DEADLINE_S).report
            yield report
            if not report.last:
                return
            after = report.last

    def notify(self, notices: Sequence[notice_pb2.Notice]) -> list[notice_pb2.NoticeReceipt]:
        """Hand a page of notices to the gateway; return its verified receipts in their order."""
        contents = [notice.SerializeToString(deterministic=True) for notice in notices]
        page = notice_pb2.NoticePage(notices=[hashlib.sha256(c).digest() for c in contents])
        body = page.SerializeToString(deterministic=True)
        envelope = self.statement(body, method=SUBMIT_NOTICES, destination=GATEWAY)
        consignment = notice_pb2.Consignment(envelope=envelope, notices=contents)
        with understood():
            response = self._notices().Submit(
                notice_pb2.SubmitRequest(consignments=[consignment]), timeout=PAGE_DEADLINE_S
            )
        receipts = read_receipts(
            response.receipts[0], self.charter, role=Role.INTERCONNECTS, now=clock.now()
        ).receipts
        if [r.notice for r in receipts] != list(page.notices):
            raise Corrupt("the gateway acknowledged other notices than were sent")
        return list(receipts)

    def track(
        self,
        notices: Sequence[bytes],
        *,
        kind: notice_pb2.NoticeKind.ValueType = notice_pb2.NOTICE_KIND_UNSPECIFIED,
    ) -> list[Tracked]:
        """Return every stage of notices of this member by their digests; of the newest (of a kind) for none."""
        asked = notice_pb2.NoticeList(notices=notices, newest=0 if notices else 100, kind=kind)
        body = asked.SerializeToString(deterministic=True)
        envelope = self.statement(body, method=TRACK_NOTICES, destination=GATEWAY)
        with understood():
            response = self._notices().Track(
                notice_pb2.TrackRequest(envelope=envelope), timeout=PAGE_DEADLINE_S
            )
        charter, now = self.charter, clock.now()
        ways = [read_way(path, charter, now=now) for path in response.documents]
        return [read_track(track, charter, ways, now=now) for track in response.tracks]

    def waiting(
        self,
        node: str,
        *,
        limit: int = 200,
        after: bytes = b"",
        kind: notice_pb2.NoticeKind.ValueType = notice_pb2.NOTICE_KIND_UNSPECIFIED,
    ) -> list[notice_pb2.WaitingNotice]:
        """Return the notices (of a kind) on which an officer of this member's node has to decide."""
        page = notice_pb2.WaitingPage(limit=limit, after=after, kind=kind)
        body = page.SerializeToString(deterministic=True)
        stub, envelope = self._intake(node, body, LIST_WAITING)
        request = notice_pb2.ListWaitingRequest(envelope=envelope)
        with understood():
            return list(stub.ListWaiting(request, timeout=PAGE_DEADLINE_S).waiting)

    def decide(self, node: str, decision: notice_pb2.Decision) -> notice_pb2.NoticeReceipt:
        """Decide on a notice that waits at this member's node; return its further receipt."""
        body = decision.SerializeToString(deterministic=True)
        stub, envelope = self._intake(node, body, DECIDE_NOTICE)
        with understood():
            response = stub.Decide(notice_pb2.DecideRequest(envelope=envelope), timeout=PAGE_DEADLINE_S)
        page = read_receipts(response.receipts, self.charter, role=Role.ANSWERS, now=clock.now())
        return page.receipts[0]

    def intake_report(self, server: Installation) -> notice_pb2.ReportResponse:
        """Return the figures of notices at a server of this member."""
        stub = notice_pb2_grpc.IntakeServiceStub(self._server(server))
        with understood():
            return stub.Report(notice_pb2.ReportRequest(), timeout=PAGE_DEADLINE_S)

    def recalls(
        self, *, acknowledged_too: bool = False, overdue_only: bool = False, after: int = 0
    ) -> list[recall_pb2.Recall]:
        """Return this member's recalls, verified, at most 200 after the number given; reading leaves a receipt."""
        body = _filter(acknowledged_too, overdue_only, after)
        envelope = self.statement(body, method=LIST_RECALLS, destination=GATEWAY)
        request = recall_pb2.RecallServiceListRequest(envelope=envelope)
        with understood():
            response = self._recalls().List(request, timeout=PAGE_DEADLINE_S)
        return self._read_recalls(response.recalls)

    def acknowledge(self, recall_ids: Sequence[str], note: str = "") -> list[recall_pb2.Recall]:
        """Say that the answers are destroyed; return the recalls with the time of that, verified."""
        said = recall_pb2.RecallAcknowledgement(recall_ids=recall_ids, note=note)
        body = said.SerializeToString(deterministic=True)
        envelope = self.statement(body, method=ACKNOWLEDGE_RECALLS, destination=GATEWAY)
        request = recall_pb2.RecallServiceAcknowledgeRequest(envelope=envelope)
        with understood():
            response = self._recalls().Acknowledge(request, timeout=PAGE_DEADLINE_S)
        return self._read_recalls(response.receipts)

    def recalls_caused(
        self, *, acknowledged_too: bool = True, overdue_only: bool = False, after: int = 0
    ) -> list[recall_pb2.RecallTrack]:
        """Return what became of the recalls that records of this member's nodes caused, at most 200."""
        body = _filter(acknowledged_too, overdue_only, after)
        envelope = self.statement(body, method=TRACK_RECALLS, destination=GATEWAY)
        request = recall_pb2.RecallServiceTrackRequest(envelope=envelope)
        with understood():
            return list(self._recalls().Track(request, timeout=PAGE_DEADLINE_S).tracks)

    def told(self, node: str, record_id: str) -> list[recall_pb2.Disclosure]:
        """Return to whom a record of this member's node was told."""
        target = self.node(node)
        body = registry_pb2.RecordReference(record_id=record_id).SerializeToString()
        envelope = self.statement(body, method=TOLD, destination=str(target.installation))
        stub = recall_pb2_grpc.RecallServiceStub(self._to(target.installation, target.endpoint))
        with understood():
            return list(
                stub.Told(recall_pb2.ToldRequest(envelope=envelope), timeout=PAGE_DEADLINE_S).disclosures
            )

    def checkpoint(self, server: Installation) -> Envelope:
        """Return the newest signed state of a server's log, unverified."""
        with understood():
            response = self._evidence(server).GetCheckpoint(
                evidence_pb2.GetCheckpointRequest(), timeout=PAGE_DEADLINE_S
            )
        return response.checkpoint

    def entries(self, server: Installation, *, page: int = 500) -> Iterator[evidence_pb2.LogEntry]:
        """Yield every log entry of a server of this member, in clear, in order.

        Reading leaves entries too: the last page is the one that is not full, never an empty one.
        """
        start = 0
        while True:
            request = evidence_pb2.ListEntriesRequest(start=start, limit=page)
            with understood():
                entries = self._evidence(server).ListEntries(request, timeout=PAGE_DEADLINE_S).entries
            yield from entries
            if len(entries) < page:
                return
            start += len(entries)

    def _registry(
        self, node: str, body: bytes, method: str
    ) -> tuple[registry_pb2_grpc.RegistryServiceStub, Envelope]:
        target = self.node(node)
        stub = registry_pb2_grpc.RegistryServiceStub(self._to(target.installation, target.endpoint))
        return stub, self.statement(body, method=method, destination=str(target.installation))

    def _sealing(
        self, node: str, body: bytes, method: str
    ) -> tuple[sealing_pb2_grpc.SealingServiceStub, Envelope]:
        target = self.node(node)
        stub = sealing_pb2_grpc.SealingServiceStub(self._to(target.installation, target.endpoint))
        return stub, self.statement(body, method=method, destination=str(target.installation))

    def _notices(self) -> notice_pb2_grpc.NoticeServiceStub:
        gateway = self.charter.gateways[0]
        return notice_pb2_grpc.NoticeServiceStub(self._to(gateway.installation, gateway.endpoint))

    def _recalls(self) -> recall_pb2_grpc.RecallServiceStub:
        gateway = self.charter.gateways[0]
        return recall_pb2_grpc.RecallServiceStub(self._to(gateway.installation, gateway.endpoint))

    def _read_recalls(self, envelope: Envelope) -> list[recall_pb2.Recall]:
        member = str(self._credentials.installation.member)
        return list(read_recalls(envelope, self.charter, member, now=clock.now()).recalls)

    def _intake(
        self, node: str, body: bytes, method: str
    ) -> tuple[notice_pb2_grpc.IntakeServiceStub, Envelope]:
        target = self.node(node)
        stub = notice_pb2_grpc.IntakeServiceStub(self._to(target.installation, target.endpoint))
        return stub, self.statement(body, method=method, destination=str(target.installation))

    def _evidence(self, server: Installation) -> evidence_pb2_grpc.EvidenceServiceStub:
        return evidence_pb2_grpc.EvidenceServiceStub(self._server(server))

    def _server(self, server: Installation) -> grpc.Channel:
        charter = self.charter
        places: list[Node | Gateway] = [*charter.nodes, *charter.gateways]
        for place in places:
            if place.installation == server:
                return self._to(server, place.endpoint)
        raise NotFound(f"the charter names no server {server}")

    def _to(self, server: Installation, endpoint: str) -> grpc.Channel:
        if server not in self._channels:
            self._channels[server] = channel(
                endpoint,
                server=server,
                charter=self.charter,
                certificate=self._credentials.certificate,
                key=self._credentials.key,
            )
        return self._channels[server]


def _filter(acknowledged_too: bool, overdue_only: bool, after: int) -> bytes:
    wanted = recall_pb2.RecallFilter(
        acknowledged_too=acknowledged_too, overdue_only=overdue_only, after=after, limit=MOST_RECALLS
    )
    return wanted.SerializeToString(deterministic=True)


def _batches(records: Iterable[record_pb2.Record], size: int) -> Iterator[list[record_pb2.Record]]:
    batch: list[record_pb2.Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
