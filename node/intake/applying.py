"""Apply one notice to the register, within the transaction of its batch: one stage, one receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from federation.charter.model import Charter
from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.notices.receipts import violations_of
from federation.notices.requests import awaits_reply
from federation.notices.routing import matter_name
from federation.v1 import notice_pb2 as pb
from federation.values.clock import stamp
from federation.values.identity import Installation
from node.documents.binding import Loose
from node.intake import notified_store
from node.intake.arriving import Arrived
from node.intake.effects import Effects
from node.intake.inbox_store import ReceivedNotice
from node.intake.matching import by_id, ended_otherwise, find, notice_person
from node.intake.moved_store import MovedPersons
from node.intake.saying import from_register, log_stage, registered
from node.intake.wrong_numbers import count_wrong_number
from node.register import hold_store
from node.register.acts import Register, log_change
from node.register.entering import NewRecord, Registrar
from node.register.putting import put
from node.store.rows import CurrentRecord, RecordRow
from server.journal.work import Work
from server.opening import Act


@dataclass(slots=True)
class Batch:
    """Work that a transaction gathers: rows to insert together, and tasks for after the commit."""

    register: Register
    some_moved: bool
    rows: list[tuple[RecordRow, bytes]] = field(default_factory=list)
    inbox: list[ReceivedNotice] = field(default_factory=list)
    #: Id of a record and digest of the notice that entered or last superseded it.
    notified: dict[bytes, bytes] = field(default_factory=dict)
    there: dict[bytes, CurrentRecord] = field(default_factory=dict)
    documented: list[tuple[pb.NoticeReceipt, pb.Notice]] = field(default_factory=list)
    loose: Loose = field(default_factory=Loose)

    def flush(self, work: Work) -> None:
        """Insert the entered records, so that the following notices find them."""
        put(work, self.register, self.rows, self.register.now())
        self.rows = []


class NoticeApplier:
    """Applies notices one after another."""

    def __init__(
        self,
        *,
        here: Installation,
        register: Register,
        entering: Registrar,
        effects: Effects,
        moved: MovedPersons,
    ) -> None:
        self._here = here
        self._register = register
        self._entering = entering
        self._effects = effects
        self._moved_persons = moved

    def held(
        self, work: Work, arrived: Sequence[Arrived], new: Sequence[Arrived], now: datetime
    ) -> list[Arrived]:
        """Return the arrived notices; a judgment that another holder has sealed is to be entered withheld (R45)."""
        if not new:
            return list(arrived)
        entries = [a.entry for a in new if a.entry is not None]
        held = self._entering.held(work, entries, new[0].act, now)
        by_digest = {a.digest: entry for a, entry in zip(new, held, strict=True)}
        return [replace(a, entry=by_digest.get(a.digest, a.entry)) for a in arrived]

    def one(
        self, work: Work, item: Arrived, batch: Batch, charter: Charter, now: datetime
    ) -> pb.NoticeReceipt:
        """Return the receipt of one notice, whose effect is in this transaction or which waits for an officer."""
        receipt = pb.NoticeReceipt(notice=item.digest, at=stamp(now), late_days=item.late_days)
        try:
            if isinstance(item.notice, InvalidRequest):
                raise item.notice
            if awaits_reply(item.notice):
                # Always left to an officer, even if no record fits: an automatic reply would reveal that none does.
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
        entry: NewRecord,
        batch: Batch,
        receipt: pb.NoticeReceipt,
        now: datetime,
    ) -> None:
        """Enter the judgment; or supersede the agency's own entry of it; or keep both for an officer to decide."""
        current = batch.there.get(entry.row.conviction)
        if current is None:
            leaf = log_change(work, EntryKind.ENTERED, item.act, now, entry.row, entry.digest, None)
            batch.rows.append((entry.row, leaf))
            if entry.watched is not None:
                hold_store.note_holds(work, [(entry.row.record_id, entry.watched)])
            row = entry.row
            batch.there[row.conviction] = row.current(leaf)
            batch.notified[row.record_id] = item.digest
            registered(receipt, row.record_id.hex(), row.version, entry.digest, leaf)
        elif current.content == entry.row.content:
            registered(receipt, current.record_id.hex(), current.version, entry.digest, current.entry)
        else:
            batch.flush(work)
            record_id = current.record_id
            if record_id in batch.notified or notified_store.by_notice(work.view, record_id):
                receipt.stage = pb.NOTICE_STAGE_CONFLICT
                receipt.record_id = current.record_id.hex()
                return
            match = by_id(work.view, self._register, current.record_id)
            if match is None or not isinstance(item.notice, pb.Notice):
                raise InvalidRequest.of("record", "STALE", "the record it concerns is gone")
            effect = self._effects.apply_to(work, match, item.notice, item.act, now)
            batch.notified[current.record_id] = item.digest
            from_register(receipt, effect)
            self._look_again(work, batch, current.record_id)

    def _other(
        self,
        work: Work,
        notice: pb.Notice,
        act: Act,
        batch: Batch,
        receipt: pb.NoticeReceipt,
        now: datetime,
    ) -> None:
        batch.flush(work)
        match = find(work.view, self._register, notice)
        if match is None:
            receipt.stage = pb.NOTICE_STAGE_RECEIVED
            if notice.judgment.number.canonical:
                count_wrong_number(work, act, now)
            return
        if ended_otherwise(match.event.record, notice):
            receipt.stage, receipt.record_id = pb.NOTICE_STAGE_CONFLICT, match.current.record_id.hex()
            return
        effect = self._effects.apply_to(work, match, notice, act, now)
        from_register(receipt, effect)
        self._look_again(work, batch, bytes.fromhex(effect.record_id))

    def _look_again(self, work: Work, batch: Batch, record_id: bytes) -> None:
        """Look up again a record that has changed, for the judgments that follow."""
        batch.there = {c: s for c, s in batch.there.items() if s.record_id != record_id}
        current = self._register.records.by_id(work.view, record_id)
        if current is not None:
            batch.there[current.conviction] = current

    def _moved(self, work: Work, notice: pb.Notice, charter: Charter) -> str:
        """Return the division that registers the person now, when that is another node of this agency (A15)."""
        division = self._moved_persons.division(work.view, notice_person(notice))
        return division if division and self.elsewhere(notice, division, charter) else ""

    def elsewhere(self, notice: pb.Notice, division: str, charter: Charter) -> bool:
        """Return whether another node of this agency registers for `division`."""
        mine = self._here
        agency = charter.members[mine.member].organ_class
        node = charter.registrar(agency, division, matter_name(notice))
        return node is not None and node.installation != mine
