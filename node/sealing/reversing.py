"""Take back what a run over all records moved: each record gets back the status that it had before.

A reversal never opens what today's rules seal or withhold, nor what changed since in another way: such a record is
left as it is. It closes again whatever the run has opened, unless a person has decided on it.
"""

from __future__ import annotations

from datetime import datetime

from federation.evidence.entry import EntryKind
from federation.law import orders
from federation.law.orders import OrderState
from federation.law.sealing import Status
from federation.v1 import registry_pb2
from federation.v1 import sealing_pb2 as pb
from federation.values.clock import stamp
from node.register.acts import Register
from node.register.superseding import supersede
from node.sealing.ordering import next_event
from node.sealing.run_store import Moved, RunStore
from node.store.rows import CurrentRecord
from server.journal.work import Work
from server.opening import Act

_DECIDED = (OrderState.SEALED, OrderState.UNSEALED, OrderState.OF_AGE)


def reverse_page(
    work: Work, register: Register, runs: RunStore, run: pb.ResealRun, act: Act, at: datetime, limit: int
) -> None:
    """Take back up to `limit` moves of a run, and end its reversal when there are no more."""
    page = runs.moved(work.view, run, limit)
    for moved in page:
        current = register.records.by_id(work.view, moved.record_id)
        event = None if current is None else register.records.newest(work.view, current)
        if current is None or event is None or not _may(work, register, moved, current, event, at):
            run.left += 1
            continue
        newer = next_event(event, current, event.order, act, at, f"run {run.id} is reversed")
        supersede(
            work,
            register,
            current,
            newer,
            act,
            kind=EntryKind.AMENDED,
            at=at,
            once=None,
            urgent=moved.before is not Status.OPEN,
            status=moved.before,
        )
        run.restored += 1
    runs.drop(work, run, page)
    if len(page) < limit:
        run.state, run.finished_at = pb.RESEAL_STATE_REVERSED, stamp(at)
        work.log.append(
            EntryKind.RUN_REVERSED,
            at=stamp(at),
            by=str(act.installation),
            run=run.id,
            restored=run.restored,
            left=run.left,
        )
    runs.keep(work, run)


def _may(
    work: Work,
    register: Register,
    moved: Moved,
    current: CurrentRecord,
    event: registry_pb2.RecordEvent,
    at: datetime,
) -> bool:
    """Say whether a record may be put back where it stood before the run."""
    if current.status is not moved.after or orders.state_of(event.order) in _DECIDED:
        return False
    if moved.before is not Status.OPEN:
        return True
    unchanged = current.version == moved.version
    return unchanged and register.judged(work, event, at) is Status.OPEN
