"""A change in a person's favour that waits for an officer, and the tokens that lead to it from records.

Tokens are blind (`federation.values.tokens`): they lead from a record that is about to be shown to the few notices
that may change it, however many wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from federation.notices.requests import is_request
from federation.record.matching import Sought, shares_number
from federation.v1 import notice_pb2, record_pb2
from federation.values.calendar import parse_date
from federation.values.clock import legal_day, parse_stamp
from federation.values.names import earlier_key, name_key
from federation.values.numbers import series
from federation.values.tokens import token
from node.intake.matching import same_judgment

#: What courts tell in favour of the convicted: acquittals and other outcomes of a retrial, pardons.
_OUTCOMES: Final = frozenset({notice_pb2.NOTICE_KIND_RETRIAL_CHANGE, notice_pb2.NOTICE_KIND_PARDON})
KINDS: Final = _OUTCOMES | {notice_pb2.NOTICE_KIND_CORRECTION_REQUEST}
_ONE: Final = timedelta(days=1)


def favours(notice: notice_pb2.Notice) -> bool:
    """Say whether a notice would change a record in the person's favour.

    Gateways report where agencies differ: such a conflict is judged on each agency's facts already.
    """
    return notice.kind in KINDS and (not is_request(notice) or bool(notice.correction.believed))


def notice_tokens(key: bytes, notice: notice_pb2.Notice) -> Iterator[bytes]:
    """Yield the tokens of a notice: of the record that it names, else of its judgment, else of its person."""
    if notice.correction.record_id:
        yield token(key, "change-record", notice.correction.record_id)
    else:
        yield from _judgment_tokens(key, notice.judgment.number.canonical, notice.person)


def record_tokens(key: bytes, facet: record_pb2.Facet) -> Iterator[bytes]:
    """Yield the tokens of a record: every notice that may be about it (`PendingChange.fits`) has one of them."""
    yield token(key, "change-record", facet.record_id)
    yield from _judgment_tokens(key, facet.record.judgment_number.canonical, facet.record.person)


def _judgment_tokens(key: bytes, number: str, person: record_pb2.Person) -> Iterator[bytes]:
    """Yield the token of a judgment; where no number is stated, those of the person in such a judgment."""
    if number:
        yield token(key, "change-judgment", number)
        return
    for kind, its in {series(i.type, i.number) for i in person.identifiers}:
        yield token(key, "change-number", str(int(kind)), its)
    names = [n.text for n in person.names if n.text]
    for name in {key(text) for text in names for key in (name_key, earlier_key)}:
        yield token(key, "change-name", name)


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A notice that waits for an officer, and the first day on which it is late."""

    notice: notice_pb2.Notice
    since: date
    late_from: date

    @classmethod
    def of(cls, notice: notice_pb2.Notice, receipt: notice_pb2.NoticeReceipt) -> PendingChange | None:
        """Return the change that a waiting notice would bring; None where it favours nobody."""
        if not favours(notice):
            return None
        if not is_request(notice):
            came = legal_day(parse_stamp(receipt.at))
            return cls(notice, came, came)
        if not receipt.due_on:
            return None
        due = parse_date(receipt.due_on)
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
