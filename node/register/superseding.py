"""Replace a record by its next version, in the table that its status requires."""

from __future__ import annotations

from datetime import datetime

from federation.errors import AlreadyExists
from federation.evidence.entry import EntryKind
from federation.law import orders
from federation.law.orders import Event, OrderState
from federation.law.sealing import Status
from federation.law.superseding import supersedes_disclosed
from federation.record.classes import CRIMINAL
from federation.record.facts import readings_of
from federation.v1 import record_pb2, registry_pb2
from federation.values.clock import stamp
from federation.values.numbers import series
from node.register import hold_store
from node.register.acts import Register, log_change, provenance_of, receipt_of, registered
from node.register.holds import held_by
from node.store import spread
from node.store.rows import CurrentRecord
from server.journal.log import Once
from server.journal.work import Work
from server.opening import Act


def supersede(
    work: Work,
    register: Register,
    current: CurrentRecord,
    event: registry_pb2.RecordEvent,
    act: Act,
    *,
    kind: EntryKind,
    at: datetime,
    once: Once | None,
    urgent: bool = True,
    spreading: bool = False,
    status: Status | None = None,
) -> registry_pb2.Receipt:
    """Store `event` as the newest version of the record; return its receipt.

    A version that is not open gets a new data key; earlier events stay as written. A record that another
    holder has sealed is withheld, whatever the event states. Answers that disclosed the record are recalled when they
    are no longer accurate, and when the record is sealed or withheld. Raises `AlreadyExists` when the person and
    judgment that it names now are registered as another record. If `urgent`, a seal that this makes or ends
    spreads before others. If `spreading`, another holder's seal or a merge is the cause: the change is accounted for by
    the entry of the next fixed time. `status` is that of a run over all records, or of its reversal; without it a
    record that is not open is opened only if its facts, its person or the order about it changed, and not because
    other rules apply today: that is for a run, which officers can see and take back.
    """
    if status is None:
        status = register.judged(work, event, at)
        if status is Status.OPEN and current.status is not Status.OPEN:
            before = register.records.newest(work.view, current)
            status = status if _has_ground_to_open(before, event) else current.status
    may_be_held = orders.after(orders.state_of(event.order), Event.PROPOSAL) is not None
    if status is Status.OPEN and may_be_held:
        status = _held_by_another(work, register, current, event, act, at)
    data_key = register.sealer.next_key(current, closes=status is not Status.OPEN)
    row = register.sealer.row(event, record_id=current.record_id, status=status, data_key=data_key)
    others = registered(register, work.view, [row]) if row.conviction != current.conviction else {}
    if any(other.record_id != current.record_id for other in others.values()):
        raise AlreadyExists("this person and judgment are registered as another record: withdraw one of them")
    digest = event.provenance.digest
    leaf = log_change(work, kind, act, at, row, digest, once, spreading=spreading)
    moved = (current.status is Status.OPEN) != (status is Status.OPEN)
    closed = moved and status is not Status.OPEN
    register.disclosures.changed(
        work,
        current.record_id,
        row.version,
        at,
        superseded=lambda: (
            closed or supersedes_disclosed(register.records.newest(work.view, current).record, event.record)
        ),
        spreading=spreading,
    )
    register.records.replace(work, current, row, leaf, urgent=urgent)
    if status is not Status.OPEN:
        register.disclosures.texts_closed(work, row.judgments, at)
    if status is Status.OPEN and current.status is not Status.OPEN and row.record_class == CRIMINAL:
        spread.note_opened(work, current.record_id, row.version, urgent=urgent)
    if moved:
        work.log.defer(EntryKind.RESEALED, at=stamp(at), record=current.record_id.hex(), version=row.version)
    return receipt_of(row, digest, leaf)


def order_after(before: registry_pb2.RecordEvent, corrected: record_pb2.Record) -> registry_pb2.SealingOrder:
    """Return the order that stays in force: unsealing ends when the facts or the person it rested on change.

    This does not depend on who changes them, an officer or a court's notice: the rule judges the new facts (R40).
    """
    changed = readings_of(before.record) != readings_of(corrected) or _another(before.record, corrected)
    ends = changed and orders.after(orders.state_of(before.order), Event.CHANGED) is OrderState.NONE
    return registry_pb2.SealingOrder() if ends else before.order


def _has_ground_to_open(before: registry_pb2.RecordEvent, after: registry_pb2.RecordEvent) -> bool:
    """Say whether a version differs from the one before it in what decides on sealing (R40, R45)."""
    return (
        readings_of(before.record) != readings_of(after.record)
        or _another(before.record, after.record)
        or orders.state_of(before.order) is not orders.state_of(after.order)
    )


def _another(one: record_pb2.Record, other: record_pb2.Record) -> bool:
    """Return whether two records bear identity numbers and share none, under whatever kind of document."""
    mine, theirs = ({series(i.type, i.number) for i in r.person.identifiers} for r in (one, other))
    return bool(mine and theirs) and not mine & theirs


def _held_by_another(
    work: Work,
    register: Register,
    current: CurrentRecord,
    event: registry_pb2.RecordEvent,
    act: Act,
    at: datetime,
) -> Status:
    """Withhold a record that is open by its own facts if another holder's seal fits it (R45)."""
    marked = [(current.record_id, register.marks(event.record))]
    [watched] = hold_store.fitting(work.view, marked)
    if watched is None:
        return Status.OPEN
    event.order.CopyFrom(held_by(watched, act.officer, at))
    hold_store.note_holds(work, [(current.record_id, watched)])
    return Status.WITHHELD


def take_out(
    work: Work,
    register: Register,
    current: CurrentRecord,
    act: Act,
    *,
    reason: str,
    at: datetime,
    once: Once | None,
) -> registry_pb2.Receipt:
    """Withdraw a record from every answer; its events stay as audit evidence (A16)."""
    record_id = current.record_id
    event = registry_pb2.RecordEvent(
        kind=registry_pb2.RECORD_EVENT_KIND_WITHDRAWN,
        version=current.version + 1,
        provenance=provenance_of(act, at, record_pb2.Record(), b""),
        reason=reason,
    )
    leaf = work.log.append(
        EntryKind.WITHDRAWN,
        at=stamp(at),
        once=once,
        officer=act.officer,
        by=str(act.installation),
        record=record_id.hex(),
        version=event.version,
    )
    register.disclosures.changed(work, record_id, event.version, at, superseded=lambda: True)
    register.records.withdraw(work, current, register.sealer.withdrawal(current, event))
    return registry_pb2.Receipt(
        record_id=record_id.hex(), version=event.version, entered_at=stamp(at), log_entry=leaf
    )
