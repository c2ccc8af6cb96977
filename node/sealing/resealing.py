"""The run over all records under the profile and rules of the day (A14): sealing reaches back to every old case.

An edition of the program that interprets records differently (`federation.record.facts.READING`) starts a run too.

Judging is repeatable, because a record whose status is right already is left alone. So an interrupted run is simply
run again. A run that a change of profile starts goes on where it stopped, also after a restart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.law.sealing import Status
from federation.law.sealing_related import in_force
from federation.record.facts import READING
from federation.record.statuses import SEALING_STATUS
from federation.statements.seals import moved, summed
from federation.v1 import record_pb2, sealing_pb2
from federation.values.clock import legal_day, stamp
from federation.values.identity import Installation
from node.register.acts import Register
from node.register.superseding import supersede
from node.sealing import resealing_store
from node.sealing.ordering import next_event
from node.sealing.resealing_store import ResealingProgress
from node.store import by_token, spread
from node.store.rows import CurrentRecord
from server.background import Loop
from server.journal.log import Once
from server.journal.work import Work
from server.opening import Act

MOST_PER_PAGE: Final = 500
OFFICER: Final = "node"
_BEGINNING: Final = b""
Moves = Counter[tuple[Status, Status]]


class Resealer:
    """Judges this node's records anew, a page at a time."""

    def __init__(
        self,
        *,
        register: Register,
        installation: Installation,
        page: int = MOST_PER_PAGE,
        every_s: float = 5.0,
    ) -> None:
        self._register = register
        self._installation = installation
        self._page = page
        #: The run that is known to be finished: profile, other rules that bind, edition of the reading.
        self._finished = ""
        self._loop = Loop("resealing", self.run_due, every_s=every_s, longest_s=every_s)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch for a change of profile or rule until the context ends."""
        with self._loop:
            yield

    def page(self, asked: sealing_pb2.ResealPage, act: Act) -> sealing_pb2.ResealReport:
        """Judge one page for an officer, who goes on after the `last` of the report until it is empty."""
        if not 1 <= asked.limit <= MOST_PER_PAGE:
            raise InvalidRequest.of("limit", "SIZE", f"1 to {MOST_PER_PAGE} records a page")
        after = _cursor(asked.after)
        profile, at = self._profile(), self._register.now()

        def command(work: Work) -> sealing_pb2.ResealReport:
            act.insist_first(work)
            report = self._judge(work, after, asked.limit, profile, act, at)
            if asked.propose_again:
                spread.propose_again(work, resealing_store.page(work.view, after, asked.limit))
            act.log(
                work,
                EntryKind.RETROACTIVE_RUN,
                at=stamp(at),
                profile=profile,
                proposed_again=int(asked.propose_again),
                judged=report.judged,
                moved=moved(report),
            )
            return report

        return self._register.journal.run(command, yields=True).value

    def run_due(self) -> bool:
        """Judge one page of the run that today's profile asks for; False when that run is finished."""
        profile, at = self._profile(), self._register.now()
        run = "+".join((profile, *in_force(legal_day(at)), READING))
        if run == self._finished:
            return False
        act = Act(self._installation, OFFICER, Once("", b""))

        def command(work: Work) -> sealing_pb2.ResealReport | None:
            so_far = resealing_store.progress(work.view, run) or _beginning(profile)
            if so_far.finished_at:
                return None
            report = self._judge(work, so_far.after, self._page, profile, act, at)
            whole = summed([so_far.report, report])
            if not report.last and whole.judged:
                whole_moves = {
                    f"{_status_name(m.before)}>{_status_name(m.after)}": m.records for m in whole.moves
                }
                work.log.append(
                    EntryKind.RETROACTIVE_RUN,
                    at=stamp(at),
                    by=str(self._installation),
                    profile=profile,
                    judged=whole.judged,
                    moved=moved(whole),
                    stand=whole_moves,
                )
            finished_at = "" if report.last else stamp(at)
            resealing_store.keep(work, run, ResealingProgress(bytes.fromhex(report.last), whole, finished_at))
            return report

        report = self._register.journal.run(command, yields=True).value
        if report is None or not report.last:
            self._finished = run
            return False
        return True

    def _profile(self) -> str:
        return self._register.profile_on(legal_day(self._register.now()))

    def _judge(
        self, work: Work, after: bytes, limit: int, profile: str, act: Act, at: datetime
    ) -> sealing_pb2.ResealReport:
        ids = resealing_store.page(work.view, after, limit)
        moves: Moves = Counter()
        for record_id in ids:
            current = self._register.records.by_id(work.view, record_id)
            if current is not None:
                moves[current.status, self._move(work, current, profile, act, at)] += 1
        report = sealing_pb2.ResealReport(
            profile=profile,
            records=resealing_store.count(work.view),
            judged=len(ids),
            last=ids[-1].hex() if len(ids) == limit else "",
        )
        for (before, now), count in sorted(moves.items()):
            report.moves.add(before=SEALING_STATUS[before], after=SEALING_STATUS[now], records=count)
        return report

    def _move(self, work: Work, current: CurrentRecord, profile: str, act: Act, at: datetime) -> Status:
        """Move a record whose status is not that of today's rules; return its status afterwards."""
        event = self._register.records.newest(work.view, current)
        if self._register.judged(work, event, at) is current.status:
            tokens = self._register.sealer.found_by(event.record, current.status)
            by_token.extend_tokens(work, current, tokens)
            return current.status
        newer = next_event(event, current, event.order, act, at, f"judged anew under {profile}")
        supersede(
            work, self._register, current, newer, act, kind=EntryKind.AMENDED, at=at, once=None, urgent=False
        )
        there = self._register.records.by_id(work.view, current.record_id)
        return current.status if there is None else there.status


def _beginning(profile: str) -> ResealingProgress:
    return ResealingProgress(_BEGINNING, sealing_pb2.ResealReport(profile=profile), "")


def _status_name(status: record_pb2.SealingStatus.ValueType) -> str:
    return record_pb2.SealingStatus.Name(status).removeprefix("SEALING_STATUS_").lower()


def _cursor(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InvalidRequest.of("after", "FORMAT", "is not the `last` of a report") from None
