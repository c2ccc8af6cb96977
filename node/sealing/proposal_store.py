"""This node's own proposals as they are kept: made, in force, waiting for a gateway, withdrawn (R45).

While a proposal spreads (`spreading_store`) its content is kept, encrypted under the sealing key, and its persons can
be found by blind tokens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.v1 import sealing_pb2
from node.sealing.spreading_store import address, end
from node.store.counted import recounted
from node.store.schema import (
    sealing_acknowledgement,
    sealing_awaited,
    sealing_pending,
    sealing_proposed,
    sealing_spreading,
)
from node.store.vault import Vault
from server.journal.work import View, Work

_NEW = insert(sealing_proposed)
_KEEP = _NEW.on_conflict_do_update(
    index_elements=[sealing_proposed.c.key],
    set_={"body": _NEW.excluded.body, "urgent": sealing_proposed.c.urgent | _NEW.excluded.urgent},
)
_ITS = sealing_proposed.c.key.in_(bindparam("keys", expanding=True))
_KNOWN = select(sealing_proposed.c.key).where(_ITS)
_IN_FORCE = (
    select(sealing_proposed)
    .where(
        sealing_proposed.c.record_id.in_(bindparam("records", expanding=True)),
        sealing_proposed.c.withdrawn.is_(False),
        sealing_proposed.c.withdrawing.is_(False),
    )
    .order_by(sealing_proposed.c.proposed_at, sealing_proposed.c.key)
)
_SPREADING = select(sealing_proposed).where(sealing_proposed.c.body.is_not(None))
_PENDING = (
    select(sealing_pending.c.withdraws, sealing_proposed)
    .join(sealing_proposed, sealing_proposed.c.key == sealing_pending.c.key)
    .where(sealing_pending.c.gateway == bindparam("its"))
    .order_by(sealing_pending.c.urgent.desc())
    .limit(bindparam("most"))
)
_AWAIT = insert(sealing_awaited).on_conflict_do_nothing()
_HEARD = select(sealing_acknowledgement.c.key, sealing_acknowledgement.c.node).where(
    sealing_acknowledgement.c.key.in_(bindparam("keys", expanding=True))
)
_FIND_BY = insert(sealing_spreading).on_conflict_do_nothing()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal ready to be kept: `body` is its content, encrypted, `tokens` find its persons."""

    key: str
    proposal_id: str
    record_id: bytes
    #: Token of its content: equal content is the same proposal.
    content: bytes
    proposed_at: str
    body: bytes
    tokens: tuple[bytes, ...]
    urgent: bool
    #: To every node, also those that have acknowledged it.
    again: bool


@dataclass(frozen=True, slots=True)
class InForce:
    """A proposal that is not withdrawn and not being withdrawn; it may have ended spreading."""

    key: str
    proposal_id: str
    record_id: bytes
    content: bytes
    proposed_at: str


@dataclass(frozen=True, slots=True)
class SpreadingProposal:
    """A proposal that spreads, with its content."""

    key: str
    proposal: sealing_pb2.SealingProposal
    urgent: bool


@dataclass(frozen=True, slots=True)
class PendingItem:
    """An item for a gateway: the withdrawal of a proposal, or the proposal unless it has ended spreading."""

    key: str
    proposal_id: str
    withdraws: bool
    spreading: SpreadingProposal | None


class OwnProposalStore:
    """Reads and writes proposals under the key that encrypts their content."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def lock(self, key: str, proposal: sealing_pb2.SealingProposal) -> bytes:
        """Return a proposal's content encrypted: done before the transaction that keeps it."""
        return self._vault.wrap(proposal.SerializeToString(deterministic=True), key.encode())

    def spreading(self, view: View, keys: Sequence[str]) -> list[SpreadingProposal]:
        """Return the spreading proposals among `keys`, in the order of their keys."""
        if not keys:
            return []
        query = _SPREADING.where(sealing_proposed.c.key.in_(keys)).order_by(sealing_proposed.c.key)
        return [self._spreading(row) for row in view.execute(query).all()]

    def pending(self, view: View, gateway: str, most: int) -> list[PendingItem]:
        """Return up to `most` items that `gateway` has yet to take, urgent ones first."""
        return [
            PendingItem(
                key=row.key,
                proposal_id=row.proposal_id,
                withdraws=bool(row.withdraws),
                spreading=None if row.withdraws or row.body is None else self._spreading(row),
            )
            for row in view.execute(_PENDING, {"its": gateway, "most": most}).all()
        ]

    def _spreading(self, row: Row[Any]) -> SpreadingProposal:
        body = self._vault.unwrap(bytes(row.body), row.key.encode())
        return SpreadingProposal(row.key, sealing_pb2.SealingProposal.FromString(body), bool(row.urgent))


def in_force(view: View, *record_ids: bytes) -> list[InForce]:
    """Return the proposals for these records that are not withdrawn and not being withdrawn, oldest first."""
    return [
        InForce(
            key=row.key,
            proposal_id=row.proposal_id,
            record_id=bytes(row.record_id),
            content=bytes(row.content),
            proposed_at=row.proposed_at,
        )
        for row in view.execute(_IN_FORCE, {"records": record_ids}).all()
    ]


def known(view: View, keys: Collection[str]) -> frozenset[str]:
    """Return those of `keys` that are proposals of this node."""
    return frozenset(view.execute(_KNOWN, {"keys": list(keys)}).scalars())


def keep(
    work: Work, proposals: Sequence[Proposal], *, nodes: Collection[str], gateways: Collection[str]
) -> None:
    """Keep proposals before they are sent, each for every node that has not acknowledged it and every gateway."""
    if not proposals:
        return
    keys = [each.key for each in proposals]
    with recounted(work, sealing_proposed, keys):
        work.view.execute(_KEEP, [_row(each) for each in proposals])
    heard = {(key, node) for key, node in work.view.execute(_HEARD, {"keys": keys})}
    heard -= {(each.key, node) for each in proposals if each.again for node in nodes}
    still = {each.key: [node for node in nodes if (each.key, node) not in heard] for each in proposals}
    if awaiting := [{"key": key, "node": node} for key, its in still.items() for node in its]:
        work.view.execute(_AWAIT, awaiting)
    spreading = [each for each in proposals if still[each.key]]
    address(work, [(each.key, False, each.urgent) for each in spreading], gateways)
    if found_by := [{"token": token, "key": each.key} for each in spreading for token in each.tokens]:
        work.view.execute(_FIND_BY, found_by)
    end(work, keys)


def withdraw(work: Work, record_id: bytes, gateways: Iterable[str]) -> None:
    """Withdraw the proposals for a record that is open again; the withdrawals are stored before they are sent.

    Their ids are never proposed again, even if the record is sealed again: a holder that has the withdrawal
    would ignore them. The withdrawal is sent until every gateway has taken it.
    """
    keys = [each.key for each in in_force(work.view, record_id)]
    if not keys:
        return
    mine = sealing_proposed.c.key.in_(keys)
    with recounted(work, sealing_proposed, keys):
        work.view.execute(update(sealing_proposed).where(mine).values(withdrawing=True, body=None))
    for table in (sealing_awaited, sealing_spreading, sealing_pending):
        work.view.execute(delete(table).where(table.c.key.in_(keys)))
    address(work, [(key, True, True) for key in keys], gateways)


def _row(proposal: Proposal) -> dict[str, object]:
    return {
        "key": proposal.key,
        "proposal_id": proposal.proposal_id,
        "record_id": proposal.record_id,
        "content": proposal.content,
        "proposed_at": proposal.proposed_at,
        "withdrawn": False,
        "withdrawing": False,
        "urgent": proposal.urgent,
        "body": proposal.body,
    }
