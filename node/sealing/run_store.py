"""Storage of runs over all records, and of the records that each of them moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, insert, select, update

from federation.law.sealing import Status
from federation.v1 import sealing_pb2 as pb
from node.sealing.schema import sealing_run, sealing_run_move
from node.store.counted import recounted
from node.store.vault import Vault
from server.journal.work import View, Work


class Place(StrEnum):
    """Which day's rules a run is under."""

    TODAY = "today"
    COMING = "coming"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Moved:
    """A record that a run moved: the version that it made, and the status before and after."""

    record_id: bytes
    version: int
    before: Status
    after: Status


class RunStore:
    """Runs, encrypted under `vault` and bound to their id; there is one of today and at most one to come."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def at(self, view: View, place: Place) -> pb.ResealRun | None:
        """Return the run of today, or the one to come."""
        return next(iter(self._read(view, place)), None)

    def past(self, view: View) -> list[pb.ResealRun]:
        """Return the runs of days past, oldest first."""
        return sorted(self._read(view, Place.PAST), key=lambda run: run.finished_at)

    def put(self, work: Work, run: pb.ResealRun, place: Place) -> None:
        """Add a run."""
        with recounted(work, sealing_run, [run.id]):
            row = {"id": run.id, "place": str(place), "body": self._body(run)}
            work.view.execute(insert(sealing_run), row)

    def keep(self, work: Work, run: pb.ResealRun) -> None:
        """Replace what is kept of a run."""
        with recounted(work, sealing_run, [run.id]):
            its = update(sealing_run).where(sealing_run.c.id == run.id)
            work.view.execute(its.values(body=self._body(run)))

    def shift(self, work: Work, run: pb.ResealRun, place: Place) -> None:
        """Give a run another place."""
        with recounted(work, sealing_run, [run.id]):
            its = update(sealing_run).where(sealing_run.c.id == run.id)
            work.view.execute(its.values(place=str(place)))

    def forget(self, work: Work, run: pb.ResealRun) -> None:
        """Delete a run of which no moved record is noted (any more)."""
        with recounted(work, sealing_run, [run.id]):
            work.view.execute(delete(sealing_run).where(sealing_run.c.id == run.id))

    def note(self, work: Work, run: pb.ResealRun, moved: Iterable[Moved]) -> None:
        """Note the records that a run moved; one that it moves again keeps its first status before."""
        moves = list(moved)
        with recounted(work, sealing_run_move, [each.record_id for each in moves]):
            self._note(work, run, moves)

    def _note(self, work: Work, run: pb.ResealRun, moved: Iterable[Moved]) -> None:
        for each in moved:
            of = (sealing_run_move.c.run == run.id) & (sealing_run_move.c.record_id == each.record_id)
            became = {"version": each.version, "after": str(each.after)}
            if not work.view.execute(update(sealing_run_move).where(of).values(became)).rowcount:
                row = {"run": run.id, "record_id": each.record_id, "before": str(each.before), **became}
                work.view.execute(insert(sealing_run_move), row)

    def moved(self, view: View, run: pb.ResealRun, limit: int) -> Sequence[Moved]:
        """Return up to `limit` of the records that a run moved."""
        table = sealing_run_move
        query = select(table).where(table.c.run == run.id).order_by(table.c.record_id).limit(limit)
        return [
            Moved(bytes(row.record_id), row.version, Status(row.before), Status(row.after))
            for row in view.execute(query)
        ]

    def drop(self, work: Work, run: pb.ResealRun, moved: Iterable[Moved]) -> None:
        """Forget that a run moved these records."""
        ids = [each.record_id for each in moved]
        of = (sealing_run_move.c.run == run.id) & sealing_run_move.c.record_id.in_(ids)
        with recounted(work, sealing_run_move, ids):
            work.view.execute(delete(sealing_run_move).where(of))

    def _read(self, view: View, place: Place) -> list[pb.ResealRun]:
        query = select(sealing_run.c.id, sealing_run.c.body).where(sealing_run.c.place == str(place))
        return [
            pb.ResealRun.FromString(self._vault.unwrap(bytes(row.body), row.id.encode()))
            for row in view.execute(query)
        ]

    def _body(self, run: pb.ResealRun) -> bytes:
        return self._vault.wrap(run.SerializeToString(deterministic=True), run.id.encode())
