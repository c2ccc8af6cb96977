"""Judge a page of a register by the rules of a day, and change nothing: what a dry run finds, and what a run moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from federation.law import job_limits
from federation.law.sealing import Status
from federation.law.sealing_related import in_force
from federation.record.facts import READING
from federation.record.statuses import SEALING_STATUS
from federation.v1 import registry_pb2
from federation.v1 import sealing_pb2 as pb
from federation.values.tokens import FINDING
from node.register.acts import Register
from node.register.decision import decision_on
from node.sealing import resealing_store
from node.store.rows import CurrentRecord
from server.journal.work import View

_STATUS = {number: status for status, number in SEALING_STATUS.items()}


@dataclass(frozen=True, slots=True)
class SealingRules:
    """By what the records are judged and found on a day: profile, other rules that bind, reading, tokens."""

    profile: str
    day: date

    @classmethod
    def on(cls, day: date, profile_on: Callable[[date], str]) -> SealingRules:
        """Return the rules of the day; `profile_on` is the charter's."""
        return cls(profile_on(day), day)

    @property
    def text(self) -> str:
        """The same text for the same rules, whatever the day."""
        return "+".join((self.profile, *in_force(self.day), READING, FINDING))


@dataclass(frozen=True, slots=True)
class JudgedPage:
    """The records of a page, each with its newest version and its status by the rules."""

    found: Sequence[tuple[CurrentRecord, registry_pb2.RecordEvent, Status]]
    #: The last record of the page; empty when there is no more.
    last: bytes
    judged: int

    @property
    def moves(self) -> Counter[tuple[Status, Status]]:
        """The count of records for each pair of the status now and the status by the rules judged by."""
        return Counter((current.status, status) for current, _, status in self.found)


def judge_page(register: Register, view: View, rules: SealingRules, after: bytes, limit: int) -> JudgedPage:
    """Return the page that follows the record `after`."""
    ids = resealing_store.page(view, after, limit)
    found = []
    for record_id in ids:
        current = register.records.by_id(view, record_id)
        if current is not None:
            event = register.records.newest(view, current)
            found.append((current, event, decision_on(event, rules.profile, rules.day).status))
    return JudgedPage(found, ids[-1] if len(ids) == limit else b"", len(ids))


def report_of(
    rules: SealingRules,
    judged: JudgedPage,
    moves: job_limits.Moves,
    records: int,
    *,
    dry_run: bool,
) -> pb.ResealReport:
    """Return what became of a page."""
    report = pb.ResealReport(
        profile=rules.profile,
        records=records,
        judged=judged.judged,
        last=judged.last.hex(),
        dry_run=dry_run,
    )
    for (before, after), count in sorted(moves.items()):
        report.moves.add(before=SEALING_STATUS[before], after=SEALING_STATUS[after], records=count)
    return report


def moves_of(reports: Iterable[pb.ResealReport]) -> Counter[tuple[Status, Status]]:
    """Return the moves of some reports together."""
    moves: Counter[tuple[Status, Status]] = Counter()
    for report in reports:
        for move in report.moves:
            moves[_STATUS[move.before], _STATUS[move.after]] += move.records
    return moves
