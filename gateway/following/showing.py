"""Recalls shown to those who have to destroy an answer, acknowledged by them, and followed by the record's owner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Row, Select, bindparam, select, update

from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.errors import InvalidRequest, NotFound
from federation.evidence.entry import EntryKind
from federation.record.validate import text_violations
from federation.statements.recalls import MOST_RECALLS, late_days, sign_recalls
from federation.v1 import recall_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import legal_day, stamp
from gateway.following.schema import recall, recall_cause
from gateway.strongbox import Strongbox
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import Act

_READ = update(recall).where(recall.c.number == bindparam("its"), recall.c.read_at == "")
_ACKNOWLEDGED = update(recall).where(recall.c.number == bindparam("its"), recall.c.acknowledged_at == "")


class Showing:
    """Shows each member its own recalls, and each owner what became of those its records caused."""

    def __init__(
        self,
        *,
        journal: Journal,
        strongbox: Strongbox,
        signer: Signer,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._box = strongbox
        self._signer = signer
        self._charter = charter
        self._now = now

    def listed(self, wanted: recall_pb2.RecallFilter, act: Act) -> Envelope:
        """Return the member's own recalls, signed; that they were read is durable then."""
        now, member = self._now(), str(act.installation.member)
        query = self._filtered(select(recall).where(recall.c.member == member), wanted, now)

        def command(work: Work) -> Sequence[Row[tuple[object, ...]]]:
            self._account(work, act, EntryKind.RECALLS_SHOWN, now)
            rows = work.view.execute(query).all()
            unread = [{"its": row.number} for row in rows if not row.read_at]
            if unread:
                work.view.execute(_READ.values(read_at=stamp(now)), unread)
            return rows

        rows = self._journal.run(command).value
        shown = [self._opened(row, {"read_at": row.read_at or stamp(now)}) for row in rows]
        return self._signed(shown, member, now)

    def acknowledge(self, said: recall_pb2.RecallAcknowledgement, act: Act, envelope: Envelope) -> Envelope:
        """Keep the statement as the receipt of each recall and return them, signed; the first one stands.

        Raises `NotFound` for a recall that is not this member's, `InvalidRequest`.
        """
        now, member = self._now(), str(act.installation.member)
        wanted = _sound(said)
        query = select(recall).where(recall.c.member == member, recall.c.recall_id.in_(wanted))
        known = Envelope()
        known.CopyFrom(envelope)
        known.DiscardUnknownFields()  # nobody stores here what is not signed
        kept = known.SerializeToString()
        with self._journal.reading() as connection:
            receipts = {
                row.recall_id: self._box.lock(kept, b"acknowledgement" + bytes(row.request))
                for row in connection.execute(query)
            }

        def command(work: Work) -> Mapping[str, Row[tuple[object, ...]]]:
            rows = {row.recall_id: row for row in work.view.execute(query)}
            missing = [each for each in wanted if each not in rows or each not in receipts]
            if missing:
                raise NotFound(f"no recall {missing[0]} of {member}")
            self._account(work, act, EntryKind.RECALL_ACKNOWLEDGED, now, recalls=wanted)
            for row in rows.values():
                if not row.acknowledged_at:
                    values = {"acknowledged_at": stamp(now), "receipt": receipts[row.recall_id]}
                    values["read_at"] = row.read_at or stamp(now)
                    work.view.execute(_ACKNOWLEDGED.values(**values), {"its": row.number})
            return rows

        rows = self._journal.run(command).value
        shown = [
            self._opened(
                rows[recall_id],
                {
                    "read_at": rows[recall_id].read_at or stamp(now),
                    "acknowledged_at": rows[recall_id].acknowledged_at or stamp(now),
                },
            )
            for recall_id in wanted
        ]
        return self._signed(shown, member, now)

    def tracked(self, wanted: recall_pb2.RecallFilter, act: Act) -> list[recall_pb2.RecallTrack]:
        """Return the recalls that the member's own nodes caused, each with its receipt."""
        now = self._now()
        own = [str(n.name) for n in self._charter().nodes if n.agency == act.installation.member]
        joined = select(recall, recall_cause.c.node, recall_cause.c.record_id).join(recall_cause)
        query = self._filtered(joined.where(recall_cause.c.node.in_(own)), wanted, now)

        def command(work: Work) -> Sequence[Row[tuple[object, ...]]]:
            self._account(work, act, EntryKind.RECALLS_SHOWN, now, nodes=own)
            return work.view.execute(query).all()

        rows = self._journal.run(command).value
        if len(rows) == (wanted.limit or MOST_RECALLS) and rows[0].number != rows[-1].number:
            rows = [row for row in rows if row.number != rows[-1].number]  # it may go on: on the next page
        return [self._track(row, now) for row in rows]

    def _filtered(
        self, query: Select[tuple[object, ...]], wanted: recall_pb2.RecallFilter, now: datetime
    ) -> Select[tuple[object, ...]]:
        if wanted.limit > MOST_RECALLS:
            raise InvalidRequest.of("limit", "SIZE", f"at most {MOST_RECALLS}")
        if wanted.after >= 2**63:
            raise InvalidRequest.of("after", "RANGE", "no recall has that number")
        if wanted.overdue_only or not wanted.acknowledged_too:
            query = query.where(recall.c.acknowledged_at == "")
        if wanted.overdue_only:
            query = query.where(recall.c.due_on < legal_day(now).isoformat())
        query = query.where(recall.c.number > wanted.after)
        return query.order_by(recall.c.number).limit(wanted.limit or MOST_RECALLS)

    def _account(self, work: Work, act: Act, kind: EntryKind, now: datetime, **said: list[str]) -> None:
        act.insist_first(work)
        act.log(work, kind, at=stamp(now), **said)

    def _opened(self, row: Row[tuple[object, ...]], times: Mapping[str, str]) -> recall_pb2.Recall:
        clear = self._box.unlock(bytes(row.body), b"recall" + bytes(row.request))
        shown = recall_pb2.Recall.FromString(clear)
        shown.number = row.number
        shown.read_at = times["read_at"]
        shown.acknowledged_at = times.get("acknowledged_at", row.acknowledged_at)
        return shown

    def _track(self, row: Row[tuple[object, ...]], now: datetime) -> recall_pb2.RecallTrack:
        clear = self._box.unlock(bytes(row.body), b"recall" + bytes(row.request))
        track = recall_pb2.RecallTrack(
            number=row.number,
            recall_id=row.recall_id,
            node=row.node,
            record_id=bytes(row.record_id).hex(),
            request_digest=bytes(row.request),
            member=row.member,
            recalled_at=recall_pb2.Recall.FromString(clear).recalled_at,
            due_on=row.due_on,
            read_at=row.read_at,
            acknowledged_at=row.acknowledged_at,
            late_days=late_days(row.due_on, row.acknowledged_at, today=legal_day(now)),
        )
        if row.receipt is not None:
            receipt = self._box.unlock(bytes(row.receipt), b"acknowledgement" + bytes(row.request))
            track.acknowledgement.CopyFrom(Envelope.FromString(receipt))
        return track

    def _signed(self, recalls: Sequence[recall_pb2.Recall], member: str, now: datetime) -> Envelope:
        return sign_recalls(recalls, member, charter=self._charter(), signer=self._signer, now=now)


def _sound(said: recall_pb2.RecallAcknowledgement) -> list[str]:
    wanted = list(dict.fromkeys(said.recall_ids))
    if not 1 <= len(wanted) <= MOST_RECALLS:
        raise InvalidRequest.of("recall_ids", "SIZE", f"name 1 to {MOST_RECALLS} recalls")
    if any(len(recall_id) != 32 for recall_id in wanted):
        raise InvalidRequest.of("recall_ids", "FORMAT", "a recall's id has 32 characters")
    violations = list(text_violations("note", said.note))
    if violations:
        raise InvalidRequest(violations)
    return wanted
