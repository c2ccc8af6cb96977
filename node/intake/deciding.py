"""Notices that need an officer: those that wait, with their candidates, and the decision (R31)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from federation.charter.model import Charter
from federation.errors import FieldViolation, InvalidRequest, NotFound
from federation.evidence.entry import EntryKind
from federation.notices.check import admitted_notice, parse_notice
from federation.notices.others import judged, notice_without_others
from federation.notices.receipts import UNDECIDED, violations_of
from federation.notices.requests import awaits_reply
from federation.notices.routing import insist_division
from federation.record.others import without_others
from federation.transport.limits import RESPONSE_CONTENT, first_page
from federation.v1 import notice_pb2 as pb
from federation.v1.envelope_pb2 import Envelope
from federation.values.clock import legal_day, stamp
from node.disclosures.waiting_store import recalls_waiting
from node.documents.binding import Loose
from node.documents.library import Library
from node.intake import notified_store, wrong_number_store
from node.intake.applying import NoticeApplier
from node.intake.effects import Effects
from node.intake.inbox_store import Inbox, UndecidedNotice
from node.intake.matching import Match, by_id, notice_person, only_fitting
from node.intake.moved_store import MovedPersons
from node.intake.receiving import ConsignmentReceiver
from node.intake.replying import accept, insist_no_record, late_days, meant
from node.intake.saying import from_register, reported, unreported
from node.register.acts import Register, insist_reason, not_shown, parse_id
from node.register.sealed_others import SealedOthers
from node.store.reading import Reader
from server.journal.log import Once
from server.journal.work import Work
from server.opening import Act

MOST_SHOWN = 200


class NoticeDecisions:
    """Shows waiting notices and carries decisions out."""

    def __init__(
        self,
        *,
        register: Register,
        reader: Reader,
        effects: Effects,
        inbox: Inbox,
        moved: MovedPersons,
        receiving: ConsignmentReceiver,
        applying: NoticeApplier,
        library: Library,
        others: SealedOthers,
        charter: Callable[[], Charter],
    ) -> None:
        self._register = register
        self._others = others
        self._reader = reader
        self._effects = effects
        self._inbox = inbox
        self._moved = moved
        self._receiving = receiving
        self._applying = applying
        self._library = library
        self._charter = charter

    def waiting(self, page: pb.WaitingPage, act: Act) -> list[pb.WaitingNotice]:
        """Return notices that wait, each with the open records that may be meant: as many as fit into a message."""
        if page.limit > MOST_SHOWN:
            raise InvalidRequest.of("limit", "SIZE", f"at most {MOST_SHOWN}")
        at = stamp(self._register.now())

        def command(work: Work) -> list[UndecidedNotice]:
            act.insist_first(work)
            found = list(
                self._inbox.waiting(
                    work.view,
                    UNDECIDED,
                    after=page.after,
                    limit=page.limit or MOST_SHOWN,
                    kind=page.kind,
                )
            )
            act.log(
                work,
                EntryKind.NOTICE_TRACKED,
                at=at,
                notices=len(found),
            )
            return found

        found = self._register.journal.run(command, onces=[act.once]).value
        shown = (self._shown(waiting) for waiting in found)
        return first_page(shown, pb.WaitingNotice.ByteSize, most=MOST_SHOWN, content=RESPONSE_CONTENT)

    def _shown(self, waiting: UndecidedNotice) -> pb.WaitingNotice:
        """Return a waiting notice and its candidates, without what may name a sealed offender of the judgment (R41)."""
        notice = parse_notice(waiting.content)
        candidates = meant(self._reader, self._register, admitted_notice(waiting.content))
        records = {bytes.fromhex(each.record_id): each.record for each in candidates}
        records[waiting.digest] = judged(notice)
        hidden, extensions = self._others.of(records), self._register.extensions()
        if waiting.digest in hidden:
            notice_without_others(notice, extensions)
        for record_id in hidden - {waiting.digest}:
            without_others(records[record_id], extensions)
        return pb.WaitingNotice(
            digest=waiting.digest,
            stage=waiting.receipt.stage,
            notice=notice,
            sender=str(waiting.sender),
            received_at=waiting.receipt.at,
            candidates=candidates,
            due_on=waiting.receipt.due_on,
        )

    def decide(self, decision: pb.Decision, act: Act) -> Envelope:
        """Carry a decision out and return the further receipt, signed.

        Raises `NotFound` when nothing waits under that digest or the record named cannot be shown here,
        `InvalidRequest` when the decision does not fit the notice.
        """
        insist_reason(decision.reason)
        now, charter, loose = self._register.now(), self._charter(), Loose()

        def command(work: Work) -> pb.NoticeReceipt:
            act.insist_first(work)
            waiting = self._inbox.one(work.view, decision.notice)
            if waiting is None or waiting.receipt.stage not in UNDECIDED:
                raise NotFound("no notice waits under that digest")
            receipt = pb.NoticeReceipt(
                notice=waiting.digest,
                at=stamp(now),
                late_days=waiting.receipt.late_days,
                decided_by=act.officer,
                reason=decision.reason,
            )
            leaf = act.log(
                work,
                EntryKind.NOTICE_DECIDED,
                at=stamp(now),
                notice=waiting.digest.hex(),
                decision=pb.DecisionKind.Name(decision.kind).removeprefix("DECISION_KIND_").lower(),
                record=decision.record_id,
            )
            shown = self._carry_out(work, decision, waiting, receipt, charter, act.once)
            receipt.log_entry = receipt.log_entry or leaf
            notice = parse_notice(waiting.content)
            unheard = unreported(notice.kind, waiting.receipt)
            given = reported(notice.kind, waiting.receipt) if unheard else None
            self._inbox.settle(work, receipt, given=given)
            self._library.settle(work, receipt, notice, loose)
            return receipt if shown else reported(notice.kind, receipt)

        receipt = self._register.journal.run(command, onces=[act.once]).value
        self._library.tidy(loose)
        return self._receiving.signed([receipt], charter, now)

    def _carry_out(
        self,
        work: Work,
        decision: pb.Decision,
        waiting: UndecidedNotice,
        receipt: pb.NoticeReceipt,
        charter: Charter,
        once: Once,
    ) -> bool:
        """Carry out a decision and return whether the officer may be shown the record that it changed."""
        notice = admitted_notice(waiting.content)
        if awaits_reply(notice):
            self._reply(work, decision, waiting, notice, receipt)
            return True
        if decision.kind == pb.DECISION_KIND_REFUSE:
            receipt.stage = pb.NOTICE_STAGE_REFUSED
            violation = FieldViolation("notice", "R30", f"an officer refused it: {decision.reason}")
            receipt.violations.extend(violations_of([violation]))
            return True
        if decision.kind == pb.DECISION_KIND_FORWARD:
            insist_division(decision.division, "division", allow_synthetic=self._register.allow_synthetic)
            if not self._applying.elsewhere(notice, decision.division, charter):
                raise InvalidRequest.of(
                    "division", "R28", "no other node of this agency registers for it: decide it here"
                )
            receipt.stage, receipt.division = pb.NOTICE_STAGE_FORWARDED, decision.division
            self._moved.note(work, notice_person(notice), decision.division)
            return True
        if decision.kind != pb.DECISION_KIND_APPLY:
            raise InvalidRequest.of("kind", "R31", "say apply, refuse or forward")
        match, shown = self._chosen(work, decision, waiting, notice)
        sender = Act(waiting.sender, waiting.officer, once)
        effect = self._effects.apply_to(work, match, notice, sender, self._register.now())
        if notice.kind == pb.NOTICE_KIND_JUDGMENT:
            notified_store.note(work, {match.current.record_id: waiting.digest})
        from_register(receipt, effect)
        return shown

    def _chosen(
        self, work: Work, decision: pb.Decision, waiting: UndecidedNotice, notice: pb.Notice
    ) -> tuple[Match, bool]:
        """Return the record that a notice is to be applied to, and whether the officer may be shown it.

        A conflict names its own record. An officer can name an open record; for one that cannot be shown, the notice
        must leave one record alone, which the officer is not shown either (A14). Raises `NotFound`.
        """
        named = decision.record_id or waiting.receipt.record_id
        if not named:
            only = only_fitting(work.view, self._register, notice)
            if only is None:
                raise NotFound("the person's identity number does not leave one record: name the record")
            return only, only.open_today(work, self._register)
        match = by_id(work.view, self._register, parse_id(named))
        if match is None or (
            named != waiting.receipt.record_id and not match.open_today(work, self._register)
        ):
            raise not_shown()
        return match, True

    def _reply(
        self,
        work: Work,
        decision: pb.Decision,
        waiting: UndecidedNotice,
        notice: pb.Notice,
        receipt: pb.NoticeReceipt,
    ) -> None:
        """Reply to a correction request or a procuratorate's supervision, with the lateness (R58)."""
        receipt.due_on = waiting.receipt.due_on
        receipt.late_days = late_days(receipt.due_on, legal_day(self._register.now()))
        supervised = notice.kind == pb.NOTICE_KIND_SUPERVISION
        if decision.kind == pb.DECISION_KIND_APPLY and supervised:
            insist_no_record(decision)
            receipt.stage = pb.NOTICE_STAGE_REGISTERED
        elif decision.kind == pb.DECISION_KIND_APPLY:
            from_register(receipt, accept(work, self._register, decision, waiting, notice))
        elif decision.kind == pb.DECISION_KIND_REFUSE:
            receipt.stage = pb.NOTICE_STAGE_REFUSED
            field = "supervision" if supervised else "correction"
            violation = FieldViolation(field, "R58", f"the owner refused it: {decision.reason}")
            receipt.violations.extend(violations_of([violation]))
        else:
            raise InvalidRequest.of("kind", "R58", "accept or refuse what asks for a reply")

    def report(self) -> pb.ReportResponse:
        """Return the numbers of notices by sender, kind and stage, and how late they were."""
        response = pb.ReportResponse()
        with self._register.journal.reading() as view:
            for count in self._inbox.counts(view):
                response.rows.add(**asdict(count))
            response.wrong_numbers.extend(wrong_number_store.rows(view))
            known = {str(gateway.installation) for gateway in self._charter().gateways}
            for via, answers in recalls_waiting(view):
                response.untold.add(gateway=via, recalls=answers, in_charter=via in known)
        return response
