"""This node's own proposals as they are kept: which spread, whom each still awaits, and when it has ended (R45).

A proposal spreads until every node of the charter that is not removed has acknowledged it and every gateway has it
durably. Until then its content is kept, encrypted, and its persons can be found by blind tokens; then both are
erased, and only ids remain. Functions take the connection of the transaction that they belong to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, bindparam, delete, exists, literal, or_, select, update
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
_AWAIT = insert(sealing_awaited).on_conflict_do_nothing()
_AWAITED = select(sealing_awaited).where(sealing_awaited.c.key.in_(bindparam("keys", expanding=True)))
_HEARD = select(sealing_acknowledgement.c.key, sealing_acknowledgement.c.node).where(
    sealing_acknowledgement.c.key.in_(bindparam("keys", expanding=True))
)
_ADDRESS = insert(sealing_pending).on_conflict_do_nothing()
_FIND_BY = insert(sealing_spreading).on_conflict_do_nothing()
_ACKNOWLEDGED = delete(sealing_awaited).where(
    sealing_awaited.c.key == bindparam("its"), sealing_awaited.c.node == bindparam("whose")
)
_TAKEN = delete(sealing_pending).where(
    sealing_pending.c.gateway == bindparam("whose"),
    sealing_pending.c.withdraws == bindparam("which"),
    sealing_pending.c.key.in_(bindparam("keys", expanding=True)),
)
_WITHDRAWN = (
    update(sealing_proposed)
    .where(
        _ITS,
        ~exists(
            select(1).where(sealing_pending.c.key == sealing_proposed.c.key, sealing_pending.c.withdraws)
        ),
    )
    .values(withdrawn=True)
)
_ENDED = select(sealing_proposed.c.key).where(
    _ITS,
    ~exists(select(1).where(sealing_awaited.c.key == sealing_proposed.c.key)),
    ~exists(select(1).where(sealing_pending.c.key == sealing_proposed.c.key, ~sealing_pending.c.withdraws)),
)
_LOSE = delete(sealing_spreading).where(sealing_spreading.c.key.in_(bindparam("keys", expanding=True)))
_ERASE = update(sealing_proposed).where(_ITS).values(body=None)
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


def in_force(connection: Connection, *record_ids: bytes) -> Sequence[Row[tuple[object, ...]]]:
    """Return the proposals for these records that are not withdrawn and not being withdrawn, oldest first."""
    return connection.execute(_IN_FORCE, {"records": record_ids}).all()


def known(connection: Connection, keys: Collection[str]) -> frozenset[str]:
    """Return those of `keys` that are proposals of this node."""
    return frozenset(connection.execute(_KNOWN, {"keys": list(keys)}).scalars())


def awaited(connection: Connection, keys: Collection[str]) -> dict[str, list[str]]:
    """Return for each of `keys` which nodes it awaits; a key that awaits nobody is not there."""
    found: dict[str, list[str]] = {}
    for key, node in connection.execute(_AWAITED, {"keys": list(keys)}):
        found.setdefault(key, []).append(node)
    return found


def keep(
    connection: Connection,
    proposals: Sequence[Proposal],
    *,
    nodes: Collection[str],
    gateways: Collection[str],
) -> None:
    """Keep proposals before they are sent, each for every node that has not acknowledged it and every gateway."""
    if not proposals:
        return
    connection.execute(_KEEP, [_row(each) for each in proposals])
    keys = [each.key for each in proposals]
    heard = {(key, node) for key, node in connection.execute(_HEARD, {"keys": keys})}
    heard -= {(each.key, node) for each in proposals if each.again for node in nodes}
    still = {each.key: [node for node in nodes if (each.key, node) not in heard] for each in proposals}
    if awaiting := [{"key": key, "node": node} for key, its in still.items() for node in its]:
        connection.execute(_AWAIT, awaiting)
    spreading = [each for each in proposals if still[each.key]]
    address(connection, [(each.key, False, each.urgent) for each in spreading], gateways)
    if found_by := [{"token": token, "key": each.key} for each in spreading for token in each.tokens]:
        connection.execute(_FIND_BY, found_by)
    end(connection, keys)


def address(connection: Connection, rows: Sequence[tuple[str, bool, bool]], gateways: Iterable[str]) -> None:
    """Have every gateway take each of `rows` (key, whether it is a withdrawal, urgent)."""
    pending = [
        {"gateway": gateway, "key": key, "withdraws": withdraws, "urgent": urgent}
        for gateway in gateways
        for key, withdraws, urgent in rows
    ]
    if pending:
        connection.execute(_ADDRESS, pending)


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
    if pairs:
        connection.execute(_ACKNOWLEDGED, [{"its": key, "whose": node} for key, node in pairs])
        end(connection, {key for key, _ in pairs})


def taken(connection: Connection, gateway: str, rows: Iterable[tuple[str, bool]]) -> None:
    """Note that a gateway has these proposals and withdrawals (key, whether it withdraws) durably."""
    keys: dict[bool, list[str]] = {False: [], True: []}
    for key, withdraws in rows:
        keys[withdraws].append(key)
    for withdraws, its in keys.items():
        if its:
            connection.execute(_TAKEN, {"whose": gateway, "which": withdraws, "keys": its})
    end(connection, keys[False])
    if keys[True]:
        connection.execute(_WITHDRAWN, {"keys": keys[True]})


def end(connection: Connection, keys: Collection[str]) -> None:
    """Erase content and tokens of those of `keys` that no node and no gateway is awaited for any more."""
    if not keys:
        return
    over = list(connection.execute(_ENDED, {"keys": list(keys)}).scalars())
    if over:
        connection.execute(_LOSE, {"keys": over})
        connection.execute(_ERASE, {"keys": over})


def anything_spreads(connection: Connection) -> bool:
    """Say whether some seal has yet to reach a node or a gateway, proposed already or not."""
    return connection.execute(_ANY).first() is not None


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
