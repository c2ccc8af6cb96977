"""Receiving notices from gateways: verified as of their acceptance, applied once, answered with receipts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from google.protobuf.message import DecodeError

from federation.charter.model import Charter
from federation.clock import legal_day, parse_stamp, stamp
from federation.envelope import GATEWAY, Opened, Signer, open_statement
from federation.errors import BadEnvelope, InvalidRequest
from federation.evidence.entry import EntryKind
from federation.identity import Role
from federation.methods import SUBMIT_NOTICES
from federation.notices.check import admit_notice, digest_of, parse_notice
from federation.notices.receipts import FINAL, read_receipts, sign_receipts, violations_of
from federation.notices.requests import is_request, signing_role
from federation.notices.routing import matter_word
from federation.v1 import notice_pb2 as pb
from federation.v1 import registry_pb2
from federation.v1.envelope_pb2 import Envelope
from journal.log import Once
from journal.writer import Work
from node.documents.binding import Loose
from node.documents.library import Library
from node.intake.effects import Effects
from node.intake.inbox import INSERT, Inbox
from node.intake.matching import by_id, notice_person
from node.registry.acts import Act, Desk, log_change
from node.registry.entering import Entering, Entry
from node.sealing import watching
from node.store import records
from node.store.rows import Row

#: Stage -> the log's kind of entry.
_KINDS = {
    pb.NOTICE_STAGE_REGISTERED: EntryKind.NOTICE_REGISTERED,
    pb.NOTICE_STAGE_UNMATCHED: EntryKind.NOTICE_WAITING,
    pb.NOTICE_STAGE_CONFLICT: EntryKind.NOTICE_WAITING,
    pb.NOTICE_STAGE_REFUSED: EntryKind.NOTICE_REFUSED,
    pb.NOTICE_STAGE_FORWARDED: EntryKind.NOTICE_FORWARDED,
}
MOST_NOTICES = 1000


@dataclass(frozen=True, slots=True)
class Arrived:
    """One notice, verified and made ready outside the transaction."""

    digest: bytes
    content: bytes
    act: Act
    late_days: int
    due_on: str
    notice: pb.Notice | InvalidRequest
    entry: Entry | None = None


@dataclass(slots=True)
class _Batch:
    """What a transaction gathers: rows to insert together, and what to do after the commit."""

    some_moved: bool
    rows: list[tuple[Row, bytes]] = field(default_factory=list)
    inbox: list[dict[str, object]] = field(default_factory=list)
    notified: list[dict[str, object]] = field(default_factory=list)
    there: dict[bytes, records.Standing] = field(default_factory=dict)
    documented: list[tuple[pb.NoticeReceipt, pb.Notice]] = field(default_factory=list)
    changes: int = 0
    moved: bool = False
    loose: Loose = field(default_factory=Loose)

    def flush(self, work: Work) -> None:
        """Insert the entered records, so that what follows finds them."""
        records.put(work.connection, self.rows)
        self.rows = []


class Receiving:
    """Takes consignments of gateways."""

    def __init__(
        self,
        *,
        desk: Desk,
        entering: Entering,
        effects: Effects,
        inbox: Inbox,
        library: Library,
        signer: Signer,
        charter: Callable[[], Charter],
    ) -> None:
        self._desk = desk
        self._entering = entering
        self._effects = effects
        self._inbox = inbox
        self._library = library
        self._signer = signer
        self._charter = charter

    def submit(self, consignments: Sequence[pb.Consignment]) -> list[Envelope]:
        """Return a signed page of receipts for each consignment, in order; all durable.

        Raises `BadEnvelope`, `PermissionDenied` or `InvalidRequest` when a consignment itself does not hold;
        what is wrong with a notice is its receipt.
        """
        now, charter = self._desk.now(), self._charter()
        if sum(len(c.notices) for c in consignments) > MOST_NOTICES:
            raise InvalidRequest.of("consignments", "SIZE", f"at most {MOST_NOTICES} notices at once")
        arrived = [self._arrive(c, charter, now) for c in consignments]

        def command(work: Work) -> tuple[list[pb.NoticeReceipt], _Batch]:
            return self._settle(work, [a for page in arrived for a in page], charter, now)

        committed = self._desk.journal.run(command)
        receipts, batch = committed.value
        self._after(batch)
        pages, start = [], 0
        for page in arrived:
            pages.append(
                sign_receipts(
                    receipts[start : start + len(page)],
                    charter=charter,
                    signer=self._signer,
                    log_size=committed.log_size,
                    log_root=committed.log_root,
                    now=now,
                )
            )
            start += len(page)
        return pages

    def _arrive(self, consignment: pb.Consignment, charter: Charter, now: datetime) -> list[Arrived]:
        """Verify the sender's own signature as of the moment at which the gateway's signed receipt accepted it."""
        acceptance = read_receipts(consignment.acceptance, charter, role=Role.INTERCONNECTS, now=now)
        accepted_at = parse_stamp(acceptance.signed_at)
        opened = open_statement(
            consignment.envelope,
            charter,
            method=SUBMIT_NOTICES,
            destination=GATEWAY,
            role=signing_role(consignment.envelope, charter, consignment.notices),
            now=accepted_at,
            as_of_version=acceptance.charter_version,
        )
        signed = _signed_digests(opened)
        accepted = {r.notice: r for r in acceptance.receipts if r.stage == pb.NOTICE_STAGE_ACCEPTED}
        act = Act(opened.installation, opened.officer, Once(opened.keyid, opened.statement.nonce))
        arrived = []
        for content in consignment.notices:
            digest = digest_of(content)
            if digest not in signed or digest not in accepted:
                raise BadEnvelope(
                    "a notice is not among those signed for and accepted", reason="NOTICE_NOT_SIGNED"
                )
            self._insist_addressed(accepted[digest], charter)
            arrived.append(self._prepare(digest, content, act, accepted[digest], charter, accepted_at, now))
        return arrived

    def _insist_addressed(self, accepted: pb.NoticeReceipt, charter: Charter) -> None:
        """Raise `BadEnvelope` for a notice that its acceptance sends to other agencies alone.

        To which node of an agency it goes may have changed since (A15); a node the charter no longer names may have
        been one of this agency's.
        """
        agencies = {str(node.name): charter.members[node.agency].organ_class for node in charter.nodes}
        mine = charter.members[self._signer.installation.member].organ_class
        names = [a.node for a in accepted.addressees]
        if not any(agencies.get(name, mine) == mine for name in names):
            raise BadEnvelope(
                f"notice {accepted.notice.hex()} is for {', '.join(names)}, not for {self._signer.installation}",
                reason="NOT_ADDRESSED",
            )

    def _prepare(
        self,
        digest: bytes,
        content: bytes,
        act: Act,
        accepted: pb.NoticeReceipt,
        charter: Charter,
        accepted_at: datetime,
        now: datetime,
    ) -> Arrived:
        sender = charter.members[act.installation.member]
        entry = None
        notice: pb.Notice | InvalidRequest
        try:
            notice = admit_notice(
                parse_notice(content),
                sender,
                today=legal_day(accepted_at),
                allow_synthetic=self._desk.allow_synthetic,
                whole=False,
            )
        except InvalidRequest as error:
            notice = error
        else:
            if notice.kind == pb.NOTICE_KIND_JUDGMENT:
                made = self._entering.prepare(self._effects.facet(notice.record), act, now)
                if isinstance(made, InvalidRequest):
                    notice = made
                else:
                    entry = made
        return Arrived(digest, content, act, accepted.late_days, accepted.due_on, notice, entry)

    def _settle(
        self, work: Work, arrived: Sequence[Arrived], charter: Charter, now: datetime
    ) -> tuple[list[pb.NoticeReceipt], _Batch]:
        batch, receipts = _Batch(some_moved=self._inbox.any_moved(work.connection)), []
        known = self._inbox.receipts(work.connection, [a.digest for a in arrived])
        new = [a for a in arrived if a.entry is not None and a.digest not in known]
        arrived = self._held(work, arrived, new, now)
        entries = [a.entry.row.conviction for a in new if a.entry is not None]
        batch.there = dict(records.by_conviction(work.connection, entries)) if entries else {}
        for item in arrived:
            earlier = known.get(item.digest)
            if earlier is not None:
                again = pb.NoticeReceipt()
                again.CopyFrom(earlier)
                again.repeated = True
                receipts.append(again)
                continue
            receipt = self._one(work, item, batch, charter, now)
            waits = receipt.stage in (pb.NOTICE_STAGE_UNMATCHED, pb.NOTICE_STAGE_CONFLICT)
            kind = item.notice.kind if isinstance(item.notice, pb.Notice) else pb.NOTICE_KIND_UNSPECIFIED
            batch.inbox.append(
                self._inbox.row(
                    receipt,
                    sender=item.act.installation,
                    officer=item.act.officer,
                    kind=kind,
                    content=item.content if waits else None,
                )
            )
            known[item.digest] = receipt
            receipts.append(receipt)
            if isinstance(item.notice, pb.Notice) and item.notice.documents:
                batch.documented.append((receipt, item.notice))
        batch.flush(work)
        for receipt, notice in batch.documented:
            self._library.settle(work, receipt, notice, batch.loose)
        if batch.inbox:
            work.connection.execute(INSERT, batch.inbox)
        self._inbox.notified(work.connection, batch.notified)
        return receipts, batch

    def _held(
        self, work: Work, arrived: Sequence[Arrived], new: Sequence[Arrived], now: datetime
    ) -> list[Arrived]:
        """Return what arrived with the judgments that another holder has sealed withheld (R45)."""
        if not new:
            return list(arrived)
        entries = [a.entry for a in new if a.entry is not None]
        held = self._entering.held(work, entries, new[0].act, now)
        by_digest = {a.digest: entry for a, entry in zip(new, held, strict=True)}
        return [replace(a, entry=by_digest.get(a.digest, a.entry)) for a in arrived]

    def _one(
        self, work: Work, item: Arrived, batch: _Batch, charter: Charter, now: datetime
    ) -> pb.NoticeReceipt:
        receipt = pb.NoticeReceipt(notice=item.digest, at=stamp(now), late_days=item.late_days)
        try:
            if isinstance(item.notice, InvalidRequest):
                raise item.notice
            if is_request(item.notice):
                # Always a person's to answer, also when no record is meant: a reply by itself would be an oracle.
                receipt.stage, receipt.due_on = pb.NOTICE_STAGE_UNMATCHED, item.due_on
                receipt.log_entry = log_stage(work, receipt, item.act, now)
                return receipt
            division = self._moved(work, item.notice, charter) if batch.some_moved else ""
            if division:
                receipt.stage, receipt.division = pb.NOTICE_STAGE_FORWARDED, division
            elif item.entry is not None:
                self._judgment(work, item, item.entry, batch, receipt, now)
            else:
                self._other(work, item.notice, item.act, batch, receipt, now)
        except InvalidRequest as error:
            receipt.stage = pb.NOTICE_STAGE_REFUSED
            receipt.violations.extend(violations_of(error.violations))
        if not receipt.log_entry or receipt.stage != pb.NOTICE_STAGE_REGISTERED:
            receipt.log_entry = log_stage(work, receipt, item.act, now)
        return receipt

    def _judgment(
        self,
        work: Work,
        item: Arrived,
        entry: Entry,
        batch: _Batch,
        receipt: pb.NoticeReceipt,
        now: datetime,
    ) -> None:
        """Enter it; or supersede what the agency itself registered; or keep both and let an officer decide."""
        standing = batch.there.get(entry.row.conviction)
        if standing is None:
            leaf = log_change(work, EntryKind.ENTERED, item.act, now, entry.row, entry.digest, None)
            batch.rows.append((entry.row, leaf))
            if entry.watched is not None:
                watching.note_holds(work.connection, [(entry.row.record_id, entry.watched)])
            row = entry.row
            batch.there[row.conviction] = records.standing_as(row, leaf)
            batch.notified.append({"record_id": row.record_id, "digest": item.digest})
            batch.changes += 1
            registered(receipt, row.record_id.hex(), row.version, entry.digest, leaf)
        elif standing.content == entry.row.content:
            registered(receipt, standing.record_id.hex(), standing.version, entry.digest, standing.entry)
        else:
            batch.flush(work)
            mine = {bytes(row["record_id"]) for row in batch.notified}  # type: ignore[call-overload]
            if standing.record_id in mine or self._inbox.notified_by(work.connection, standing.record_id):
                receipt.stage = pb.NOTICE_STAGE_CONFLICT
                receipt.record_id = standing.record_id.hex()
                return
            match = by_id(work.connection, self._desk, standing.record_id)
            if match is None or not isinstance(item.notice, pb.Notice):
                raise InvalidRequest.of("record", "STALE", "the record it concerns is gone")
            effect = self._effects.apply_to(work, match, item.notice, item.act, now)
            batch.notified.append({"record_id": standing.record_id, "digest": item.digest})
            batch.changes += 1
            batch.moved |= effect.moved
            from_register(receipt, effect.receipt)
            self._look_again(work, batch, standing.record_id)

    def _other(
        self,
        work: Work,
        notice: pb.Notice,
        act: Act,
        batch: _Batch,
        receipt: pb.NoticeReceipt,
        now: datetime,
    ) -> None:
        batch.flush(work)
        effect = self._effects.apply(work, notice, act, now)
        if effect is None:
            receipt.stage = pb.NOTICE_STAGE_UNMATCHED
            return
        batch.changes += not effect.receipt.repeated
        batch.moved |= effect.moved
        from_register(receipt, effect.receipt)
        self._look_again(work, batch, bytes.fromhex(effect.receipt.record_id))

    def _look_again(self, work: Work, batch: _Batch, record_id: bytes) -> None:
        """What stands has changed for one record: look it up anew for the judgments that follow."""
        batch.there = {c: s for c, s in batch.there.items() if s.record_id != record_id}
        standing = records.by_id(work.connection, record_id)
        if standing is not None:
            batch.there[standing.conviction] = standing

    def _moved(self, work: Work, notice: pb.Notice, charter: Charter) -> str:
        """Return the division that registers the person now, when that is another node of this agency (A15)."""
        division = self._inbox.moved_to(work.connection, notice_person(notice))
        return division if division and self.elsewhere(notice, division, charter) else ""

    def elsewhere(self, notice: pb.Notice, division: str, charter: Charter) -> bool:
        """Say whether another node of this agency registers for `division`."""
        mine = self._signer.installation
        agency = charter.members[mine.member].organ_class
        node = charter.registrar(agency, division, matter_word(notice))
        return node is not None and node.installation != mine

    def track(self, digests: Sequence[bytes]) -> list[pb.NoticeTrack]:
        """Return what became of notices, for gateways; unknown ones, and those that still wait, are left out."""
        if len(digests) > MOST_NOTICES:
            raise InvalidRequest.of("notices", "SIZE", f"at most {MOST_NOTICES} at once")
        now, charter = self._desk.now(), self._charter()
        with self._desk.journal.engine.connect() as connection:
            known: Mapping[bytes, pb.NoticeReceipt] = self._inbox.receipts(connection, digests)
        return [
            pb.NoticeTrack(notice=digest, receipts=[self.signed([known[digest]], charter, now)])
            for digest in digests
            if digest in known and known[digest].stage in FINAL
        ]

    def signed(self, receipts: Sequence[pb.NoticeReceipt], charter: Charter, now: datetime) -> Envelope:
        """Return receipts under this node's signature, with the state of its log now."""
        size, root = self._desk.journal.state()
        return sign_receipts(
            receipts, charter=charter, signer=self._signer, log_size=size, log_root=root, now=now
        )

    def _after(self, batch: _Batch) -> None:
        self._desk.version.confirm(batch.changes)
        if batch.moved:
            self._desk.journal.scrub()
        self._library.tidy(batch.loose)


def registered(receipt: pb.NoticeReceipt, record_id: str, version: int, digest: bytes, leaf: bytes) -> None:
    """Say in `receipt` what now stands."""
    receipt.stage = pb.NOTICE_STAGE_REGISTERED
    receipt.record_id, receipt.version = record_id, version
    receipt.record_digest, receipt.log_entry = digest, leaf


def from_register(receipt: pb.NoticeReceipt, given: registry_pb2.Receipt) -> None:
    """Say in `receipt` what the register's receipt says."""
    registered(receipt, given.record_id, given.version, given.digest, given.log_entry)


def log_stage(work: Work, receipt: pb.NoticeReceipt, act: Act, now: datetime) -> bytes:
    """Add the log entry of a stage that the register has no entry for; return its leaf hash."""
    return work.log.append(
        _KINDS[receipt.stage],
        at=stamp(now),
        notice=receipt.notice.hex(),
        stage=pb.NoticeStage.Name(receipt.stage).removeprefix("NOTICE_STAGE_").lower(),
        officer=act.officer,
        by=str(act.installation),
        rules=sorted({v.rule for v in receipt.violations}),
    )


def _signed_digests(opened: Opened) -> frozenset[bytes]:
    try:
        return frozenset(pb.NoticePage.FromString(opened.statement.body).notices)
    except DecodeError:
        raise InvalidRequest.of("body", "FORMAT", "is not a NoticePage") from None
