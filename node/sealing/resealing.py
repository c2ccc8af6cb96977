"""Runs over all records under the profile and rules of the day (A14): sealing reaches back to every old case.

An edition of the program that interprets records differently (`federation.record.facts.READING`), or finds them by
other tokens (`federation.values.tokens.FINDING`), starts a run too. A run begins with a dry run, which adds the tokens.
What it finds decides whether the run moves records by itself or waits for two officers (`federation.law.job_limits`).
Judging is repeatable, because a record whose status is right already is left alone; a run goes on where it stopped,
also after a restart.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Final

from federation.background.loop import Loop
from federation.errors import HutongError, InvalidRequest
from federation.evidence.entry import EntryKind
from federation.law import job_limits
from federation.statements.seals import moved, summed
from federation.v1 import sealing_pb2 as pb
from federation.values.clock import legal_day, parse_stamp, stamp
from federation.values.identity import Installation
from node.register.acts import Register
from node.sealing import resealing_store
from node.sealing.judging import SealingRules, judge_page, moves_of, report_of
from node.sealing.moving import move_page, renew_tokens
from node.sealing.reversing import reverse_page
from node.sealing.run_store import Place, RunStore
from node.store import spread
from server.journal.log import Once
from server.journal.work import View, Work
from server.opening import Act

MOST_PER_PAGE: Final = 500
OFFICER: Final = "node"
_MOVING = (pb.RESEAL_STATE_MOVES, pb.RESEAL_STATE_FINISHED)


class Resealer:
    """Judges this node's records anew, a page at a time."""

    def __init__(
        self,
        *,
        register: Register,
        installation: Installation,
        insist_sound: Callable[[], None],
        page: int = MOST_PER_PAGE,
        every_s: float = 5.0,
    ) -> None:
        """`insist_sound` raises while the store may be an older one, with a run that was reversed or never approved."""
        self._register = register
        self._insist_sound = insist_sound
        self._runs = RunStore(register.sealer.run_vault)
        self._act = Act(installation, OFFICER, Once("", b""))
        self._page = page
        self._loop = Loop("resealing", self.run_due, every_s=every_s, longest_s=every_s)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch for a change of profile or rule, and for what officers decide, until the context ends."""
        with self._loop:
            yield

    def begin(self) -> None:
        """Try the rules of today on an empty register at once: what is entered later is judged as it comes."""
        with self._register.journal.reading() as view:
            if resealing_store.count(view):
                return
        with suppress(HutongError):  # the loop tries again
            while self.run_due():
                pass

    def wake(self) -> None:
        """Go on soon: officers have decided."""
        self._loop.wake()

    def page(self, asked: pb.ResealPage, act: Act) -> pb.ResealReport:
        """Judge one page for an officer, who goes on after the `last` of the report until it is empty.

        Records are moved only while the run of the day may move them; else the report is that of a dry run.
        """
        if not 1 <= asked.limit <= MOST_PER_PAGE:
            raise InvalidRequest.of("limit", "SIZE", f"1 to {MOST_PER_PAGE} records a page")
        self._insist_sound()
        after, at = _cursor(asked.after), self._register.now()

        def command(work: Work) -> pb.ResealReport:
            act.insist_first(work)
            rules = SealingRules.on(legal_day(at), work.charter.profile_on)
            run = self._runs.at(work.view, Place.TODAY)
            judged = judge_page(self._register, work.view, rules, after, asked.limit)
            if asked.dry_run or run is None or run.rules != rules.text or run.state not in _MOVING:
                run = None
            if run is None:
                records = resealing_store.count(work.view)
                report = report_of(rules, judged, judged.moves, records, dry_run=True)
            else:
                report = move_page(work, self._register, self._runs, run, rules, judged, act, at)
                whole = summed([run.done, report])
                whole.judged, whole.last = run.done.judged, run.done.last
                if not report.dry_run:
                    run.done.CopyFrom(whole)
                    self._runs.keep(work, run)
            if asked.propose_again:
                spread.propose_again(work, resealing_store.page(work.view, after, asked.limit))
            act.log(
                work,
                EntryKind.RETROACTIVE_RUN,
                at=stamp(at),
                profile=rules.profile,
                proposed_again=int(asked.propose_again),
                dry_run=int(report.dry_run),
                judged=report.judged,
                moved=moved(report),
            )
            return report

        return self._register.journal.run(command, yields=True).value

    def run_due(self) -> bool:
        """Do one page of what is due; False when nothing is, or it waits for officers."""
        self._insist_sound()
        at = self._register.now()
        today = SealingRules.on(legal_day(at), self._register.profile_on)
        with self._register.journal.reading() as view:
            if not self._due(view, today, self._coming(today, self._register.profile_on), at):
                return False

        def command(work: Work) -> bool:
            now = SealingRules.on(legal_day(at), work.charter.profile_on)
            return self._step(work, now, self._coming(now, work.charter.profile_on), at)

        return self._register.journal.run(command, yields=True).value

    def _due(self, view: View, today: SealingRules, coming: SealingRules | None, at: datetime) -> bool:
        run, ahead = self._runs.at(view, Place.TODAY), self._runs.at(view, Place.COMING)
        if run is None or run.rules != today.text or (ahead.rules if ahead else "") != _text(coming):
            return True
        busy = (pb.RESEAL_STATE_DRY_RUN, pb.RESEAL_STATE_MOVES, pb.RESEAL_STATE_IS_REVERSED)
        if run.state in busy or (ahead and ahead.state == pb.RESEAL_STATE_DRY_RUN):
            return True
        kept = [run, *self._runs.past(view)]
        return any(each.state == pb.RESEAL_STATE_IS_REVERSED or _over(each, at) for each in kept)

    def _step(self, work: Work, today: SealingRules, coming: SealingRules | None, at: datetime) -> bool:
        run = self._runs.at(work.view, Place.TODAY)
        ahead = self._runs.at(work.view, Place.COMING)
        if run is None or run.rules != today.text:
            self._turn(work, run, ahead, today)
        elif run.state == pb.RESEAL_STATE_DRY_RUN:
            self._try(work, run, today, at)
        elif run.state == pb.RESEAL_STATE_MOVES:
            self._move(work, run, today, at)
        elif reversing := self._reversing(work.view, run):
            reverse_page(work, self._register, self._runs, reversing, self._act, at, self._page)
        elif (ahead.rules if ahead else "") != _text(coming):
            self._look_ahead(work, ahead, coming)
        elif ahead is not None and coming is not None and ahead.state == pb.RESEAL_STATE_DRY_RUN:
            self._try(work, ahead, coming, at)
        else:
            return self._forget(work, run, at)
        return True

    def _turn(
        self, work: Work, run: pb.ResealRun | None, ahead: pb.ResealRun | None, today: SealingRules
    ) -> None:
        """Begin the run of other rules than yesterday's, or go on with it where its dry run came before its day."""
        if run is not None and run.reversible_until:  # it has moved records
            self._runs.shift(work, run, Place.PAST)
        elif run is not None:
            self._runs.forget(work, run)
        if ahead is not None and ahead.rules == today.text and ahead.state == pb.RESEAL_STATE_MOVES:
            self._runs.shift(work, ahead, Place.TODAY)
            return
        if ahead is not None:
            self._runs.forget(work, ahead)
        self._runs.put(work, _new(today), Place.TODAY)

    def _look_ahead(self, work: Work, ahead: pb.ResealRun | None, coming: SealingRules | None) -> None:
        if ahead is not None:
            self._runs.forget(work, ahead)
        if coming is not None:
            self._runs.put(work, _new(coming), Place.COMING)

    def _try(self, work: Work, run: pb.ResealRun, rules: SealingRules, at: datetime) -> None:
        """Judge a page of the dry run; after the last one, decide whether people must."""
        judged = judge_page(self._register, work.view, rules, bytes.fromhex(run.dry_run.last), self._page)
        records = resealing_store.count(work.view)
        renew_tokens(work, self._register, judged, self._act, at)
        page = report_of(rules, judged, judged.moves, records, dry_run=True)
        run.dry_run.CopyFrom(summed([run.dry_run, page]))
        if not page.last:
            run.free = job_limits.free(records)
            run.found = hashlib.sha256(run.id.encode() + run.dry_run.SerializeToString()).hexdigest()[:16]
            fault = run.stopped or job_limits.fault(moves_of([run.dry_run]), {}, records)
            run.state = pb.RESEAL_STATE_AWAITS_APPROVAL if fault else pb.RESEAL_STATE_MOVES
            if fault:
                work.log.append(
                    EntryKind.INCIDENT,
                    at=stamp(at),
                    what="run-awaits-approval",
                    because=fault,
                    run=run.id,
                )
        self._runs.keep(work, run)

    def _move(self, work: Work, run: pb.ResealRun, rules: SealingRules, at: datetime) -> None:
        """Move the records of a page; after the last one, report the status of all records."""
        judged = judge_page(self._register, work.view, rules, bytes.fromhex(run.done.last), self._page)
        report = move_page(work, self._register, self._runs, run, rules, judged, self._act, at)
        if report.dry_run:
            return
        run.done.CopyFrom(summed([run.done, report]))
        if not report.last:
            run.state, run.finished_at = pb.RESEAL_STATE_FINISHED, stamp(at)
        self._runs.keep(work, run)
        if report.last or not run.done.judged:
            return
        stand = {f"{before}>{after}".lower(): n for (before, after), n in moves_of([run.done]).items()}
        work.log.append(
            EntryKind.RETROACTIVE_RUN,
            at=stamp(at),
            by=str(self._act.installation),
            profile=rules.profile,
            judged=run.done.judged,
            moved=moved(run.done),
            stand=stand,
        )

    def _forget(self, work: Work, run: pb.ResealRun, at: datetime) -> bool:
        """Forget what can be reversed no more: a page of the records that a run moved, and with the last one the run.

        The run of today stays, without what it moved. Return False when nothing is left to forget.
        """
        each = next((each for each in (*self._runs.past(work.view), run) if _over(each, at)), None)
        if each is None:
            return False
        page = self._runs.moved(work.view, each, self._page)
        self._runs.drop(work, each, page)
        if len(page) < self._page:
            self._runs.forget(work, each)
            if each is run:
                run.reversible_until = ""
                self._runs.put(work, run, Place.TODAY)
        return True

    def _reversing(self, view: View, run: pb.ResealRun) -> pb.ResealRun | None:
        wanted = [run, *self._runs.past(view)]
        return next((each for each in wanted if each.state == pb.RESEAL_STATE_IS_REVERSED), None)

    def _coming(self, today: SealingRules, profile_on: Callable[[date], str]) -> SealingRules | None:
        """Return the next rules that differ from today's, as far as they are known."""
        days = (today.day + timedelta(days=n) for n in range(1, job_limits.AHEAD.days + 1))
        return next(
            (each for day in days if (each := SealingRules.on(day, profile_on)).text != today.text), None
        )


def _new(rules: SealingRules) -> pb.ResealRun:
    return pb.ResealRun(
        id=os.urandom(8).hex(),
        rules=rules.text,
        state=pb.RESEAL_STATE_DRY_RUN,
        since=rules.day.isoformat(),
    )


def _text(rules: SealingRules | None) -> str:
    return rules.text if rules else ""


def _over(run: pb.ResealRun, at: datetime) -> bool:
    """Say whether a run that moved records can be reversed no more."""
    return bool(run.reversible_until) and parse_stamp(run.reversible_until) < at


def _cursor(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InvalidRequest.of(
            "after",
            "FORMAT",
            "is not the `last` of a report: copy it from there, or leave it out to begin anew",
        ) from None
