"""The run over all records under the profile and rules of the day (A14): sealing reaches back to every old case.

Another edition of the program that reads records otherwise (`federation.record.facts.READING`) starts a run too.

Judging is repeatable: a record that stands as it should is left alone, so a run that broke off is simply run
again, and one that a change of profile starts goes on where it stopped, also after a restart.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select, union_all
from sqlalchemy.dialects.sqlite import insert

from federation.errors import HutongError, InvalidRequest
from federation.evidence.entry import EntryKind
from federation.law.sealing import Status
from federation.law.sealing_related import in_force
from federation.record.facts import READING
from federation.record.statuses import SEALING_STATUS
from federation.statements.seals import moved, summed
from federation.v1 import record_pb2, sealing_pb2
from federation.values.clock import legal_day, stamp
from federation.values.identity import Installation
from node.register.acts import Desk
from node.register.superseding import supersede
from node.sealing.ordering import next_event
from node.store import by_token, spread
from node.store.rows import Standing
from node.store.schema import open_record, resealing, sealed_record
from server.journal.log import Once
from server.journal.work import Work
from server.opening import Act

_LOGGER = logging.getLogger(__name__)
MOST_PER_PAGE: Final = 500
OFFICER: Final = "node"
_BEGINNING: Final = b""
_IDS = union_all(select(open_record.c.record_id), select(sealed_record.c.record_id)).subquery()
Moves = Counter[tuple[Status, Status]]


class Resealing:
    """Judges this node's records anew, a page at a time."""

    def __init__(
        self,
        *,
        desk: Desk,
        installation: Installation,
        page: int = MOST_PER_PAGE,
        every_s: float = 5.0,
    ) -> None:
        self._desk = desk
        self._installation = installation
        self._page = page
        self._every_s = every_s
        #: The run that is known to be finished: profile, rules beside it that bind, edition of the reading.
        self._finished = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="resealing", daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch for a change of profile or rule until the context ends."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def page(self, asked: sealing_pb2.ResealPage, act: Act) -> sealing_pb2.ResealReport:
        """Judge one page for an officer, who goes on after the `last` of the report until it is empty."""
        if not 1 <= asked.limit <= MOST_PER_PAGE:
            raise InvalidRequest.of("limit", "SIZE", f"1 to {MOST_PER_PAGE} records a page")
        after = _cursor(asked.after)
        profile, at = self._profile(), self._desk.now()

        def command(work: Work) -> sealing_pb2.ResealReport:
            act.insist_first(work)
            report = self._judge(work, after, asked.limit, profile, act, at)
            if asked.propose_again:
                spread.propose_again(work, _page(work.view, after, asked.limit))
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

        return self._desk.journal.run(command, yields=True).value

    def run_due(self) -> bool:
        """Judge one page of the run that today's profile asks for; False when that run is finished."""
        profile, at = self._profile(), self._desk.now()
        run = "+".join((profile, *in_force(legal_day(at)), READING))
        if run == self._finished:
            return False
        act = Act(self._installation, OFFICER, Once("", b""))

        def command(work: Work) -> sealing_pb2.ResealReport | None:
            after, so_far, finished = _progress(work.view, run, profile)
            if finished:
                return None
            report = self._judge(work, after, self._page, profile, act, at)
            whole = summed([so_far, report])
            keep = {
                "profile": run,
                "after": bytes.fromhex(report.last),
                "report": whole.SerializeToString(deterministic=True),
                "finished_at": "" if report.last else stamp(at),
            }
            if not report.last and whole.judged:
                whole_moves = {f"{_word(m.before)}>{_word(m.after)}": m.records for m in whole.moves}
                work.log.append(
                    EntryKind.RETROACTIVE_RUN,
                    at=stamp(at),
                    by=str(self._installation),
                    profile=profile,
                    judged=whole.judged,
                    moved=moved(whole),
                    stand=whole_moves,
                )
            work.view.execute(
                insert(resealing)
                .values(keep)
                .on_conflict_do_update(
                    index_elements=["profile"],
                    set_={name: keep[name] for name in ("after", "report", "finished_at")},
                )
            )
            _forget_others(work.view, run)
            return report

        report = self._desk.journal.run(command, yields=True).value
        if report is None or not report.last:
            self._finished = run
            return False
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                while not self._stop.is_set() and self.run_due():
                    pass
            except HutongError as error:  # no profile, or the log cannot be written: try again later
                _LOGGER.warning("the run over all records waits: %s", error.reason)
            except Exception:  # a thread that dies would leave old records as they were
                _LOGGER.exception("the run over all records waits")
            self._stop.wait(self._every_s)

    def _profile(self) -> str:
        return self._desk.profile_on(legal_day(self._desk.now()))

    def _judge(
        self, work: Work, after: bytes, limit: int, profile: str, act: Act, at: datetime
    ) -> sealing_pb2.ResealReport:
        ids = _page(work.view, after, limit)
        moves: Moves = Counter()
        for record_id in ids:
            standing = self._desk.records.by_id(work.view, record_id)
            if standing is not None:
                moves[standing.status, self._move(work, standing, profile, act, at)] += 1
        report = sealing_pb2.ResealReport(
            profile=profile,
            records=work.view.execute(select(func.count()).select_from(_IDS)).scalar_one(),
            judged=len(ids),
            last=ids[-1].hex() if len(ids) == limit else "",
        )
        for (before, now), count in sorted(moves.items()):
            report.moves.add(before=SEALING_STATUS[before], after=SEALING_STATUS[now], records=count)
        return report

    def _move(self, work: Work, standing: Standing, profile: str, act: Act, at: datetime) -> Status:
        """Move a record that stands otherwise than it should; return where it stands."""
        event = self._desk.records.newest(work.view, standing)
        if self._desk.judged(work, event, at) is standing.status:
            tokens = self._desk.sealer.found_by(event.record, standing.status)
            by_token.extend_tokens(work, standing, tokens)
            return standing.status
        newer = next_event(event, standing, event.order, act, at, f"judged anew under {profile}")
        supersede(
            work, self._desk, standing, newer, act, kind=EntryKind.AMENDED, at=at, once=None, urgent=False
        )
        there = self._desk.records.by_id(work.view, standing.record_id)
        return standing.status if there is None else there.status


def _page(connection: Connection, after: bytes, limit: int) -> Sequence[bytes]:
    query = select(_IDS.c.record_id).where(_IDS.c.record_id > after).order_by(_IDS.c.record_id).limit(limit)
    return [bytes(record_id) for record_id in connection.execute(query).scalars()]


def _progress(connection: Connection, run: str, profile: str) -> tuple[bytes, sealing_pb2.ResealReport, bool]:
    row = connection.execute(select(resealing).where(resealing.c.profile == run)).one_or_none()
    if row is None:
        return _BEGINNING, sealing_pb2.ResealReport(profile=profile), False
    report = sealing_pb2.ResealReport.FromString(bytes(row.report))
    return bytes(row.after), report, bool(row.finished_at)


def _forget_others(connection: Connection, run: str) -> None:
    """Another run counts no more: should it come back, everything is judged again."""
    connection.execute(resealing.delete().where(resealing.c.profile != run))


def _word(status: record_pb2.SealingStatus.ValueType) -> str:
    return record_pb2.SealingStatus.Name(status).removeprefix("SEALING_STATUS_").lower()


def _cursor(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InvalidRequest.of("after", "FORMAT", "is not the `last` of a report") from None
