"""Replies to correction requests (R58): accepted when the owner has corrected the record since, or refused.

A request changes no record: the owner amends or withdraws it as usual, and the reply names the resulting version. Nor
does a procuratorate's supervision: its reply says in words what was done, or why nothing was wrong, and no record.
"""

from __future__ import annotations

from datetime import date

from federation.errors import InvalidRequest
from federation.law.sealing import Status
from federation.v1 import notice_pb2 as pb
from federation.v1 import registry_pb2
from federation.values.calendar import parse_date
from node.intake.inbox_store import UndecidedNotice
from node.intake.matching import by_id, candidates
from node.register.acts import Register, not_shown, parse_id
from node.store.reading import Reader
from node.store.withdrawn import WithdrawnRecords
from server.journal.work import Work


def meant(reader: Reader, register: Register, notice: pb.Notice) -> list[pb.Candidate]:
    """Return the open records that a request may mean: the one it names, else those of its person.

    Sealed, withdrawn and unknown records are left out alike.
    """
    wanted = notice.correction.record_id
    if not wanted:
        return candidates(reader, register, notice)
    stored = reader.show(parse_id(wanted))
    if stored is None or register.stands(stored.event, register.now()) is not Status.OPEN:
        return []
    return [
        pb.Candidate(
            record_id=wanted,
            version=stored.event.version,
            score=100,
            reasons=["named in the request"],
            record=stored.event.record,
        )
    ]


def accept(
    work: Work, register: Register, decision: pb.Decision, waiting: UndecidedNotice, notice: pb.Notice
) -> registry_pb2.Receipt:
    """Return the version that corrected the record.

    Raises `NotFound` for a record that cannot be shown, `InvalidRequest` when it has not changed since the
    version complained of or, where none is named, since the request came.
    """
    correction = notice.correction
    if correction.record_id and decision.record_id not in ("", correction.record_id):
        raise InvalidRequest.of("record_id", "R58", "the request names another record")
    record_id = parse_id(decision.record_id or correction.record_id)
    event = _newest(work, register, record_id)
    corrected = (
        event.version > correction.version
        if correction.version
        else event.provenance.entered_at > waiting.receipt.at
    )
    if not corrected:
        raise InvalidRequest.of(
            "record_id", "R58", "the record has not changed since: amend or withdraw it first, then accept"
        )
    return registry_pb2.Receipt(
        record_id=record_id.hex(), version=event.version, digest=event.provenance.digest
    )


def insist_no_record(decision: pb.Decision) -> None:
    """Raise `InvalidRequest` where a reply to supervision names a record: it says in words what was done."""
    if decision.record_id:
        raise InvalidRequest.of("record_id", "R41", "leave it out: say in `reason` what was done")


def late_days(due_on: str, today: date) -> int:
    """Return how late a reply is today (R47, A26)."""
    return max(0, (today - parse_date(due_on)).days) if due_on else 0


def _newest(work: Work, register: Register, record_id: bytes) -> registry_pb2.RecordEvent:
    """Return the newest version of an open or a withdrawn record; raises `NotFound` for any other."""
    match = by_id(work.view, register, record_id)
    if match is not None and match.open_today(work, register):
        return match.event
    withdrawn = WithdrawnRecords(vault=register.sealer.withdrawn_vault).newest(work.view, record_id)
    if withdrawn is None:
        raise not_shown()
    return withdrawn
