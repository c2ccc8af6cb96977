"""Expected notices: overdue ends of sentences and outcomes of retrials, corrections about to end (R25-R27, R48).

Open and sealed persons are listed separately, so that the ordinary list does not depend on who is sealed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from federation.charter.model import Member
from federation.errors import InvalidRequest, PermissionDenied
from federation.evidence.entry import EntryKind
from federation.law.sealing import Status
from federation.notices.expected import Expected, expected, in_correction, outcome_expected
from federation.v1 import notice_pb2, record_pb2, timeliness_pb2
from federation.v1 import timeliness_pb2 as pb
from federation.values.clock import legal_day, stamp
from federation.values.divisions import check_area
from federation.values.identity import OrganFunction
from node.register.acts import Register, parse_id
from node.store.reading import Reader, StoredRecord
from server.journal.work import Work
from server.opening import Act

#: Notices in one answer, and records looked through for it.
MOST_LISTED = 200
MOST_READ = 5000
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Enquirer:
    """Who asks: an officer of the node's own member, or of a county bureau about sentences that it executes."""

    member: Member
    own: bool

    def sees(self, executor: str) -> bool:
        """Return whether sentences that the executor `executor` carries out may be shown."""
        return self.own or executor == self.member.title


class ExpectedNotices:
    """Lists the notices that one node's records still wait for."""

    def __init__(self, *, register: Register, reader: Reader, sealed_reader: Reader) -> None:
        self._register = register
        self._reader = reader
        self._sealed_reader = sealed_reader

    def show(self, page: pb.ExpectedPage, act: Act, asker: Enquirer) -> pb.ListExpectedResponse:
        """Return a page of the list asked for, and log that it was shown.

        Raises `InvalidRequest`, and `PermissionDenied` unless the asker is of the node's member or a county bureau.
        """
        _insist_allowed(page, asker)
        now = self._register.now()
        after = parse_id(page.after) if page.after else b""

        def command(work: Work) -> None:
            act.insist_first(work)
            kind = EntryKind.SEALED_ACCESS if page.sealed else EntryKind.EXPECTED_LISTED
            officer = {"officer": act.officer, "by": str(act.installation)}
            work.log.append(kind, at=stamp(now), once=act.once, purpose=_purpose(page), **officer)

        self._register.journal.run(command, onces=[act.once])
        response, today = pb.ListExpectedResponse(), legal_day(now)
        for stored in self._records(page.sealed, after):
            response.next = stored.record_id.hex()
            if not page.sealed and self._register.stands(stored.event, now) is not Status.OPEN:
                continue
            for expected_notice in _fitting(stored.event.record, page, asker, today):
                response.expected.append(_listed(stored, expected_notice, today, asker))
            if len(response.expected) >= MOST_LISTED:
                return response
        if not self._more(page.sealed, response.next):
            response.next = ""
        return response

    def _records(self, sealed: bool, after: bytes) -> Iterator[StoredRecord]:
        reader = self._sealed_reader if sealed else self._reader
        for _ in range(MOST_READ // _PAGE):
            found = reader.page(after, _PAGE)
            yield from found
            if len(found) < _PAGE:
                return
            after = found[-1].record_id

    def _more(self, sealed: bool, last: str) -> bool:
        reader = self._sealed_reader if sealed else self._reader
        return bool(last) and bool(reader.page(bytes.fromhex(last), 1))


def _insist_allowed(page: pb.ExpectedPage, asker: Enquirer) -> None:
    if not asker.own and not asker.member.does(OrganFunction.COUNTY_JUSTICE_BUREAU):
        raise PermissionDenied(
            "what is expected is shown to the node's own member and to county justice bureaus",
            reason="NOT_OWN_MEMBER",
        )
    if page.sealed and not asker.own:
        raise PermissionDenied(
            "sealed persons are listed for the node's own member alone: ask that agency", reason="SEALED"
        )
    if page.sealed and not page.undertaking:
        raise InvalidRequest.of("undertaking", "R44", "sealed persons are listed under an undertaking only")
    if page.list == pb.EXPECTED_LIST_ENDING and not 1 <= page.within_days <= 366:
        raise InvalidRequest.of("within_days", "RANGE", "must be 1 to 366")
    if page.list == pb.EXPECTED_LIST_REGISTERED_ELSEWHERE:
        try:
            check_area(page.division, least=2)
        except ValueError as error:
            raise InvalidRequest.of("division", "GB/T 2260", f"the division of the bureau {error}") from None
    if page.list not in pb.ExpectedList.values() or not page.list:
        raise InvalidRequest.of(
            "list", "known_word", "say which list: overdue, ending or registered elsewhere"
        )


def _purpose(page: pb.ExpectedPage) -> str:
    return pb.ExpectedList.Name(page.list).removeprefix("EXPECTED_LIST_").lower()


def _fitting(
    record: record_pb2.Record, page: pb.ExpectedPage, asker: Enquirer, today: date
) -> Iterator[Expected]:
    """Yield what the list asked for has of a record: the end of the sentence, and the outcome of a retrial."""
    if (ends := _fits(record, page, asker, today)) is not None:
        yield ends
    outcome = outcome_expected(record) if page.list == pb.EXPECTED_LIST_OVERDUE else None
    if outcome is not None and asker.own and outcome.due_on < today:
        yield outcome


def _fits(record: record_pb2.Record, page: pb.ExpectedPage, asker: Enquirer, today: date) -> Expected | None:
    expected_notice = expected(record)
    if expected_notice is None or not asker.sees(expected_notice.executor):
        return None
    if page.list == pb.EXPECTED_LIST_OVERDUE:
        return expected_notice if expected_notice.due_on < today else None
    if page.list == pb.EXPECTED_LIST_ENDING:
        soon = today <= expected_notice.ends_on <= today + timedelta(days=page.within_days)
        return (
            expected_notice
            if soon and expected_notice.kind == notice_pb2.NOTICE_KIND_CORRECTION_COMPLETED
            else None
        )
    elsewhere = not record.person.household_division.startswith(page.division)
    return expected_notice if elsewhere and in_correction(record) else None


def _listed(
    stored: StoredRecord, expected_notice: Expected, today: date, asker: Enquirer
) -> pb.ExpectedNotice:
    record = stored.event.record
    return timeliness_pb2.ExpectedNotice(
        record_id=stored.record_id.hex() if asker.own else "",
        kind=expected_notice.kind,
        ends_on=expected_notice.ends_on.isoformat(),
        due_on=expected_notice.due_on.isoformat(),
        days_overdue=max(0, (today - expected_notice.due_on).days),
        executor=expected_notice.executor,
        name=record.person.names[0].text if record.person.names else "",
        household_division=record.person.household_division,
        judgment_number=record.judgment_number.canonical,
        basis=expected_notice.basis,
    )
