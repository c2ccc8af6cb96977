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
from node.register.acts import Desk
from node.register.holds import fits, held_by
from node.register.superseding import supersede
from node.sealing.ordering import next_event
from node.store.rows import Standing
from server.journal.work import Work
from server.opening import Act


def hold_fitting(
    work: Work,
    desk: Desk,
    standings: Iterable[Standing],
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
    for standing in standings:
        event = desk.records.newest(work.view, standing)
        marks = desk.marks(event.record, persons)
        if orders.after(orders.state_of(event.order), Event.PROPOSAL) is None:
            if proposal is not None and fits(desk.sealer, proposal, marks):
                yield standing.record_id, False
            continue
        [watched] = hold_store.fitting(work.view, [(standing.record_id, marks)])
        if watched is None:
            continue
        order = held_by(watched, act.officer, at)
        held = next_event(event, standing, order, act, at, f"proposal {order.proposal_id}")
        supersede(work, desk, standing, held, act, kind=EntryKind.AMENDED, at=at, once=None, spreading=True)
        hold_store.note_holds(work, [(standing.record_id, watched)])
        yield standing.record_id, True


def held_by_merge(
    work: Work, merged: Desk, parted: Desk, record_ids: Iterable[bytes]
) -> Iterator[tuple[Standing, registry_pb2.RecordEvent]]:
    """Yield the records that are held on another holder's seal which fits them as merged, and not when parted."""
    for record_id in record_ids:
        standing = parted.records.by_id(work.view, record_id)
        if standing is None or standing.status is not Status.WITHHELD:
            continue
        event = parted.records.newest(work.view, standing)
        if orders.after(orders.state_of(event.order), Event.PARTED) is None:
            continue
        both = [(record_id, desk.marks(event.record)) for desk in (merged, parted)]
        as_merged, as_parted = hold_store.fitting(work.view, both)
        if as_merged is not None and as_parted is None:
            yield standing, event


def free(
    work: Work,
    desk: Desk,
    held: Iterable[tuple[Standing, registry_pb2.RecordEvent]],
    act: Act,
    at: datetime,
    reason: str,
) -> None:
    """Release records that nothing holds any more: the rule decides on them."""
    for standing, event in held:
        freed = next_event(event, standing, registry_pb2.SealingOrder(), act, at, reason)
        hold_store.release(work, standing.record_id)
        supersede(work, desk, standing, freed, act, kind=EntryKind.AMENDED, at=at, once=None, spreading=True)
