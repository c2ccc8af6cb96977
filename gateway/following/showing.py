"""Show recalls to the members that must destroy an answer and acknowledge it, and to the owners of the records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from federation.charter.envelope import Signer
from federation.charter.model import Charter
from federation.errors import InvalidRequest, NotFound
from federation.evidence.entry import EntryKind
from federation.statements.recalls import MOST_RECALLS, late_days, sign_recalls
from federation.v1 import recall_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import legal_day, stamp
from federation.values.written import written_violations
from gateway.following.caused_recall_store import CausedRecall, CausedRecallStore
from gateway.following.cursors import Cursors
from gateway.following.kept_recalls import KeptRecall, RecallRange
from gateway.following.member_recall_store import MemberRecallStore
from server.journal.journal import Journal
from server.journal.work import Work
from server.opening import Act


class RecallLists:
    """Shows each member its own recalls, and each owner the state of those that its records caused."""

    def __init__(
        self,
        *,
        journal: Journal,
        recalls: MemberRecallStore,
        caused: CausedRecallStore,
        cursors: Cursors,
        signer: Signer,
        charter: Callable[[], Charter],
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._recalls = recalls
        self._caused = caused
        self._cursors = cursors
        self._signer = signer
        self._charter = charter
        self._now = now

    def listed(self, wanted: recall_pb2.RecallFilter, act: Act) -> Envelope:
        """Return the member's own recalls, signed, once it is durable that they were read."""
        now, member = self._now(), str(act.installation.member)
        page = self._page(wanted, member, now)

        def command(work: Work) -> Sequence[KeptRecall]:
            self._account(work, act, EntryKind.RECALLS_SHOWN, now)
            found = self._recalls.page(work.view, member, page)
            self._recalls.mark_read(work, [each.number for each in found if not each.read_at], stamp(now))
            return found

        found = self._journal.run(command).value
        return self._signed([self._read(each, now) for each in found], member, now)

    def acknowledge(
        self, acknowledgement: recall_pb2.RecallAcknowledgement, act: Act, envelope: Envelope
    ) -> Envelope:
        """Keep the statement as the receipt of each recall, unless it has one; return the recalls, signed.

        Raises `NotFound` for a recall that is not this member's, `InvalidRequest`.
        """
        now, member = self._now(), str(act.installation.member)
        wanted = _sound(acknowledgement)
        known = Envelope()
        known.CopyFrom(envelope)
        known.DiscardUnknownFields()  # unsigned fields are not stored
        with self._journal.reading() as view:
            receipts = {
                recall_id: self._recalls.prepared(each, known)
                for recall_id, each in self._recalls.named(view, member, wanted).items()
            }

        def command(work: Work) -> Mapping[str, KeptRecall]:
            found = self._recalls.named(work.view, member, wanted)
            missing = [each for each in wanted if each not in found or each not in receipts]
            if missing:
                raise NotFound(f"no recall {missing[0]} of {member}: take ids from the list of recalls")
            self._account(work, act, EntryKind.RECALL_ACKNOWLEDGED, now, recalls=wanted)
            for recall_id, each in found.items():
                if not each.acknowledged_at:
                    self._recalls.acknowledge(work, each, receipts[recall_id], stamp(now))
            return found

        found = self._journal.run(command).value
        shown = [self._read(found[recall_id], now) for recall_id in wanted]
        for each in shown:
            each.acknowledged_at = each.acknowledged_at or stamp(now)
        return self._signed(shown, member, now)

    def tracked(self, wanted: recall_pb2.RecallFilter, act: Act) -> list[recall_pb2.RecallTrack]:
        """Return the recalls that the member's own nodes caused, each with its receipt."""
        now = self._now()
        own = [str(n.name) for n in self._charter().nodes if n.agency == act.installation.member]
        member = str(act.installation.member)
        page = self._page(wanted, member, now)

        def command(work: Work) -> Sequence[CausedRecall]:
            self._account(work, act, EntryKind.RECALLS_SHOWN, now, nodes=own)
            return self._caused.page(work.view, own, page)

        found = self._journal.run(command).value
        if len(found) == page.most and found[0].recall.number != found[-1].recall.number:
            last = found[-1].recall.number  # there may be more, on the next page
            found = [each for each in found if each.recall.number != last]
        return [self._track(each, member, now) for each in found]

    def _page(self, wanted: recall_pb2.RecallFilter, member: str, now: datetime) -> RecallRange:
        """Return the page that is asked for; raises `InvalidRequest`."""
        if wanted.limit > MOST_RECALLS:
            raise InvalidRequest.of("limit", "SIZE", f"at most {MOST_RECALLS}")
        return RecallRange(
            after=self._cursors.number(wanted.after, member),
            most=wanted.limit or MOST_RECALLS,
            unacknowledged=wanted.overdue_only or not wanted.acknowledged_too,
            due_before=legal_day(now).isoformat() if wanted.overdue_only else "",
        )

    def _account(self, work: Work, act: Act, kind: EntryKind, now: datetime, **fields: list[str]) -> None:
        act.insist_first(work)
        act.log(work, kind, at=stamp(now), **fields)

    def _read(self, its: KeptRecall, now: datetime) -> recall_pb2.Recall:
        shown = self._recalls.opened(its)
        shown.number = self._cursors.shown(its.number, its.member)
        shown.read_at = shown.read_at or stamp(now)
        return shown

    def _track(self, caused: CausedRecall, member: str, now: datetime) -> recall_pb2.RecallTrack:
        its = caused.recall
        return recall_pb2.RecallTrack(
            number=self._cursors.shown(its.number, member),
            recall_id=its.recall_id,
            node=caused.node,
            record_id=caused.record_id.hex(),
            request_digest=its.request,
            member=its.member,
            recalled_at=self._caused.opened(its).recalled_at,
            due_on=its.due_on,
            read_at=its.read_at,
            acknowledged_at=its.acknowledged_at,
            late_days=late_days(its.due_on, its.acknowledged_at, today=legal_day(now)),
            acknowledgement=self._caused.receipt(its),
        )

    def _signed(self, recalls: Sequence[recall_pb2.Recall], member: str, now: datetime) -> Envelope:
        return sign_recalls(recalls, member, charter=self._charter(), signer=self._signer, now=now)


def _sound(acknowledgement: recall_pb2.RecallAcknowledgement) -> list[str]:
    wanted = list(dict.fromkeys(acknowledgement.recall_ids))
    if not 1 <= len(wanted) <= MOST_RECALLS:
        raise InvalidRequest.of("recall_ids", "SIZE", f"name 1 to {MOST_RECALLS} recalls")
    if any(len(recall_id) != 32 for recall_id in wanted):
        raise InvalidRequest.of("recall_ids", "FORMAT", "a recall's id has 32 characters")
    violations = list(written_violations("note", acknowledgement.note))
    if violations:
        raise InvalidRequest(violations)
    return wanted
