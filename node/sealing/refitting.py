"""Compare records with other holders' seals, and release those that only a merge had withheld (R45)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from federation.evidence.entry import EntryKind
from federation.law import orders
from federation.law.orders import Event
from federation.law.sealing import Status
from federation.v1 import registry_pb2, sealing_pb2
from node.register import hold_store
from node.register.acts import Register
from node.register.holds import fits, held_by
from node.register.superseding import supersede
from node.sealing.ordering import next_event
from node.store.rows import CurrentRecord
from server.journal.work import Work
from server.opening import Act


def hold_fitting(
    work: Work,
    register: Register,
    current_records: Iterable[CurrentRecord],
    act: Act,
    at: datetime,
    *,
    proposal: sealing_pb2.SealingProposal | None = None,
) -> Iterator[tuple[bytes, bool]]:
    """Withhold those open records that a remembered proposal fits, under every number of the person.

    Yields the id of each record withheld, with True. Yields with False the id of each record that `proposal`, which
    has just come in, fits but that stays open because the agency's own officers unsealed it on a listed ground.
    """
    persons = list(proposal.person_digests) if proposal else ()
    for current in current_records:
        event = register.records.newest(work.view, current)
        marks = register.marks(event.record, persons)
        if orders.after(orders.state_of(event.order), Event.PROPOSAL) is None:
            if proposal is not None and fits(register.sealer, proposal, marks):
                yield current.record_id, False
            continue
        [watched] = hold_store.fitting(work.view, [(current.record_id, marks)])
        if watched is None:
            continue
        order = held_by(watched, act.officer, at)
        held = next_event(event, current, order, act, at, f"proposal {order.proposal_id}")
        supersede(
            work, register, current, held, act, kind=EntryKind.AMENDED, at=at, once=None, spreading=True
        )
        hold_store.note_holds(work, [(current.record_id, watched)])
        yield current.record_id, True


def held_by_merge(
    work: Work, merged: Register, parted: Register, record_ids: Iterable[bytes]
) -> Iterator[tuple[CurrentRecord, registry_pb2.RecordEvent]]:
    """Yield the records that are held on another holder's seal which fits them as merged, and not when parted."""
    for record_id in record_ids:
        current = parted.records.by_id(work.view, record_id)
        if current is None or current.status is not Status.WITHHELD:
            continue
        event = parted.records.newest(work.view, current)
        if orders.after(orders.state_of(event.order), Event.PARTED) is None:
            continue
        both = [(record_id, register.marks(event.record)) for register in (merged, parted)]
        as_merged, as_parted = hold_store.fitting(work.view, both)
        if as_merged is not None and as_parted is None:
            yield current, event


def free(
    work: Work,
    register: Register,
    held: Iterable[tuple[CurrentRecord, registry_pb2.RecordEvent]],
    act: Act,
    at: datetime,
    reason: str,
) -> None:
    """Release records that nothing holds any more: the rule decides on them."""
    for current, event in held:
        freed = next_event(event, current, registry_pb2.SealingOrder(), act, at, reason)
        hold_store.release(work, current.record_id)
        supersede(
            work, register, current, freed, act, kind=EntryKind.AMENDED, at=at, once=None, spreading=True
        )
