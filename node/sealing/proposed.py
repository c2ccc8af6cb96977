"""This node's own proposals as they are kept: which spread, whom each still awaits, and when it has ended (R45).

A proposal spreads until every node of the charter that is not removed has acknowledged it and every gateway has it
durably. Until then its content is kept, encrypted, and its persons can be found by blind tokens; then both are
erased, and only ids remain. Functions take the connection of the transaction that they belong to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, and_, delete, exists, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from node.store.schema import (
    sealing_acknowledgement,
    sealing_awaited,
    sealing_pending,
    sealing_proposed,
    sealing_spread,
    sealing_spreading,
)

_NEW = insert(sealing_proposed)
_KEEP = _NEW.on_conflict_do_update(
    index_elements=[sealing_proposed.c.key],
    set_={"body": _NEW.excluded.body, "urgent": sealing_proposed.c.urgent | _NEW.excluded.urgent},
)
_SPREADS = or_(
    exists(select(sealing_spread.c.record_id)),
    exists(select(sealing_awaited.c.key)),
    exists(select(sealing_pending.c.key).where(~sealing_pending.c.withdraws)),
)
#: One read that says whether anything at all spreads.
_ANY = select(literal(1)).where(_SPREADS)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal ready to be kept: `body` is its content under the sealing key, `tokens` find its persons."""

    key: str
    proposal_id: str
    record_id: bytes
    content: bytes
    proposed_at: str
    body: bytes
    tokens: tuple[bytes, ...]
    urgent: bool
    #: To every node, also those that have acknowledged it.
    again: bool


def in_force(connection: Connection, record_id: bytes) -> Sequence[Row[tuple[object, ...]]]:
    """Return the proposals for a record that are not withdrawn and not being withdrawn."""
    table = sealing_proposed
    query = select(table).where(
        table.c.record_id == record_id, table.c.withdrawn.is_(False), table.c.withdrawing.is_(False)
    )
    return connection.execute(query.order_by(table.c.proposed_at, table.c.key)).all()


def keep(
    connection: Connection, proposal: Proposal, *, nodes: Collection[str], gateways: Iterable[str]
) -> None:
    """Keep a proposal before it is sent, addressed to every node that has not acknowledged it and every gateway."""
    connection.execute(
        _KEEP,
        {
            "key": proposal.key,
            "proposal_id": proposal.proposal_id,
            "record_id": proposal.record_id,
            "content": proposal.content,
            "proposed_at": proposal.proposed_at,
            "withdrawn": False,
            "withdrawing": False,
            "urgent": proposal.urgent,
            "body": proposal.body,
        },
    )
    heard = set() if proposal.again else _acknowledged_by(connection, proposal.key)
    awaited = [{"key": proposal.key, "node": node} for node in nodes if node not in heard]
    if awaited:
        connection.execute(insert(sealing_awaited).on_conflict_do_nothing(), awaited)
        address(connection, [(proposal.key, False, proposal.urgent)], gateways)
        found_by = [{"token": token, "key": proposal.key} for token in proposal.tokens]
        connection.execute(insert(sealing_spreading).on_conflict_do_nothing(), found_by)
    end(connection, [proposal.key])


def address(connection: Connection, rows: Sequence[tuple[str, bool, bool]], gateways: Iterable[str]) -> None:
    """Have every gateway take each of `rows` (key, whether it is a withdrawal, urgent)."""
    pending = [
        {"gateway": gateway, "key": key, "withdraws": withdraws, "urgent": urgent}
        for gateway in gateways
        for key, withdraws, urgent in rows
    ]
    if pending:
        connection.execute(insert(sealing_pending).on_conflict_do_nothing(), pending)


def withdraw(connection: Connection, record_id: bytes, gateways: Iterable[str]) -> None:
    """Withdraw what was proposed for a record that is open again: kept before anything is sent.

    From here on these ids are never proposed again, even if the record is sealed again: a holder that has the
    withdrawal would pass them over. The withdrawal is sent until every gateway has taken it.
    """
    keys = [str(row.key) for row in in_force(connection, record_id)]
    if not keys:
        return
    mine = sealing_proposed.c.key.in_(keys)
    connection.execute(update(sealing_proposed).where(mine).values(withdrawing=True, body=None))
    for table in (sealing_awaited, sealing_spreading, sealing_pending):
        connection.execute(delete(table).where(table.c.key.in_(keys)))
    address(connection, [(key, True, True) for key in keys], gateways)


def acknowledged(connection: Connection, pairs: Collection[tuple[str, str]]) -> None:
    """Note that nodes (key, node) have acknowledged; what nobody awaits any more spreads no longer."""
    for key, node in pairs:
        its = and_(sealing_awaited.c.key == key, sealing_awaited.c.node == node)
        connection.execute(delete(sealing_awaited).where(its))
    end(connection, {key for key, _ in pairs})


def taken(connection: Connection, gateway: str, rows: Iterable[tuple[str, bool]]) -> None:
    """Note that a gateway has these proposals and withdrawals (key, whether it withdraws) durably."""
    pending = sealing_pending
    keys: dict[bool, list[str]] = {False: [], True: []}
    for key, withdraws in rows:
        keys[withdraws].append(key)
    for withdraws, its in keys.items():
        mine = and_(pending.c.gateway == gateway, pending.c.withdraws.is_(withdraws), pending.c.key.in_(its))
        connection.execute(delete(pending).where(mine))
    end(connection, keys[False])
    waiting = exists(select(1).where(pending.c.key == sealing_proposed.c.key, pending.c.withdraws))
    done = and_(sealing_proposed.c.key.in_(keys[True]), ~waiting)
    connection.execute(update(sealing_proposed).where(done).values(withdrawn=True))


def end(connection: Connection, keys: Collection[str]) -> None:
    """Erase content and tokens of those of `keys` that no node and no gateway is awaited for any more."""
    if not keys:
        return
    its = sealing_proposed.c.key
    awaited = exists(select(1).where(sealing_awaited.c.key == its))
    pending = exists(select(1).where(sealing_pending.c.key == its, ~sealing_pending.c.withdraws))
    ended = select(its).where(its.in_(list(keys)), ~awaited, ~pending)
    over = list(connection.execute(ended).scalars())
    if over:
        connection.execute(delete(sealing_spreading).where(sealing_spreading.c.key.in_(over)))
        connection.execute(update(sealing_proposed).where(its.in_(over)).values(body=None))


def anything_spreads(connection: Connection) -> bool:
    """Say whether some seal has yet to reach a node or a gateway, proposed already or not."""
    return connection.execute(_ANY).first() is not None


def _acknowledged_by(connection: Connection, key: str) -> set[str]:
    table = sealing_acknowledgement
    return set(connection.execute(select(table.c.node).where(table.c.key == key)).scalars())
