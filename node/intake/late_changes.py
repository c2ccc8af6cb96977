"""Changes in a person's favour that are late: corrections without a reply, courts' outcomes that wait (R47).

A record that such a change is about is shown with the mark that nobody relies on it unchecked. What waits is in the
inbox alone; what was read of it once is remembered here by its digest, for a notice never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from federation.notices.check import admitted_notice
from federation.notices.receipts import UNDECIDED
from federation.notices.requests import is_request
from federation.record.matching import Sought, shares_number
from federation.v1 import notice_pb2, record_pb2
from federation.values.calendar import parse_date
from federation.values.clock import legal_day, parse_stamp
from federation.values.names import name_key
from node.intake.inbox_store import Inbox, UndecidedNotice
from node.intake.matching import same_judgment
from server.journal.journal import Journal

#: What courts tell in favour of the convicted: acquittals and other outcomes of a retrial, pardons.
_OUTCOMES: Final = frozenset({notice_pb2.NOTICE_KIND_RETRIAL_CHANGE, notice_pb2.NOTICE_KIND_PARDON})
KINDS: Final = _OUTCOMES | {notice_pb2.NOTICE_KIND_CORRECTION_REQUEST}
_ONE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A notice that waits for an officer, and the first day on which it is late."""

    notice: notice_pb2.Notice
    since: date
    late_from: date

    @classmethod
    def of(cls, waiting: UndecidedNotice) -> PendingChange | None:
        """Return the change that a waiting notice would bring; None where it favours nobody.

        Gateways report where agencies differ: such a conflict is judged on each agency's facts already.
        """
        notice = admitted_notice(waiting.content)
        if not is_request(notice):
            came = legal_day(parse_stamp(waiting.receipt.at))
            return cls(notice, came, came)
        if not notice.correction.believed or not waiting.receipt.due_on:
            return None
        due = parse_date(waiting.receipt.due_on)
        return cls(notice, due, due + _ONE)

    def fits(self, facet: record_pb2.Facet) -> bool:
        """Say whether the change may be about this record: the one named, else one of the judgment and person.

        A number that fits is enough, and so is the name in any spelling: what the notice got wrong may be why it waits.
        """
        wanted = self.notice.correction.record_id
        if wanted:
            return wanted == facet.record_id
        if not same_judgment(facet.record, self.notice):
            return False
        sought, person = Sought.of_person(self.notice.person), facet.record.person
        return shares_number(sought, person) or not sought.keys.isdisjoint(
            name_key(n.text) for n in person.names
        )

    def as_message(self) -> record_pb2.LateChange:
        """Return the mark on the record: which field, and since when."""
        field = self.notice.correction.field if is_request(self.notice) else "record"
        return record_pb2.LateChange(field=field, since=self.since.isoformat())


class LateChanges:
    """Marks records of which a change is late."""

    def __init__(self, *, inbox: Inbox, journal: Journal, now: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._journal = journal
        self._now = now
        self._read: dict[bytes, PendingChange | None] = {}

    def mark(self, facets: Collection[record_pb2.Facet]) -> None:
        """Mark those of the records, which are about to be shown, of which a change is late today."""
        if not facets:
            return
        today = legal_day(self._now())
        late = [change for change in self._pending() if change.late_from <= today]
        for facet in facets:
            facet.late_changes.extend(change.as_message() for change in late if change.fits(facet))

    def _pending(self) -> Iterable[PendingChange]:
        known, read = self._read, dict[bytes, PendingChange | None]()
        with self._journal.reading() as view:
            for digest in self._inbox.undecided(view, UNDECIDED, KINDS):
                if digest in known:
                    read[digest] = known[digest]
                elif (waiting := self._inbox.one(view, digest)) is not None:
                    read[digest] = PendingChange.of(waiting)
        self._read = read
        return [change for change in read.values() if change is not None]
