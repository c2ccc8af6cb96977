"""The work list: records withheld because facts are undetermined, each with the day by which to decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from federation.clock import legal_day, parse_stamp, stamp
from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.sealing import Status
from federation.v1 import record_pb2, sealing_pb2
from journal.writer import Work
from node.registry.acts import Act, Desk, insist_first
from node.sealing.standing import standing_of
from node.store.reading import Reader

#: Working days within which a person decides on a withheld record (A18: sealing within three days).
WORKING_DAYS = 3


class WorkList:
    """Lists what waits for a person at this node."""

    def __init__(self, *, desk: Desk, reader: Reader) -> None:
        self._desk = desk
        self._reader = reader

    def show(self, asked: sealing_pb2.SealingList, act: Act) -> list[sealing_pb2.SealingTask]:
        """Return the list to an officer of this agency; looking at it is an entry of its own (R44)."""
        if asked.status != record_pb2.SEALING_STATUS_WITHHELD:
            raise InvalidRequest.of("status", "R40", "only WITHHELD records wait for a person")
        at = stamp(self._desk.now())

        def command(work: Work) -> None:
            insist_first(work, act)
            work.log.append(
                EntryKind.SEALED_ACCESS,
                at=at,
                once=act.once,
                officer=act.officer,
                by=str(act.installation),
                purpose="work-list",
            )

        self._desk.journal.run(command)
        return list(self.tasks())

    def tasks(self) -> Iterator[sealing_pb2.SealingTask]:
        """Yield the withheld records by today's rules, the longest waiting first."""
        profile = self._desk.profile_on(legal_day(self._desk.now()))
        waiting = sorted(self._reader.all(), key=lambda stored: stored.event.provenance.entered_at)
        for stored in waiting:
            decision = standing_of(stored.event, profile)
            if decision.status is not Status.WITHHELD:
                continue
            since = stored.event.provenance.entered_at
            yield sealing_pb2.SealingTask(
                record_id=stored.record_id.hex(),
                version=stored.event.version,
                rule=decision.rule,
                clause=decision.clause,
                reason=decision.reason,
                since=since,
                due_on=due_on(parse_stamp(since).date()).isoformat(),
            )


def due_on(entered: date, *, working_days: int = WORKING_DAYS) -> date:
    """Return the last day to decide: so many working days after entry; Saturdays and Sundays are none."""
    day = entered
    while working_days:
        day += timedelta(days=1)
        working_days -= day.weekday() < 5
    return day
