"""What other holders have sealed, remembered for ever as tokens of (person, judgment): nothing slips in later.

Tokens are made under the node's own key and name no half of the pair, so that the table lists nobody. Every record
that is entered or changed is held against them in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.statements.seals import key_of
from federation.v1 import registry_pb2, sealing_pb2
from federation.values.clock import stamp
from node.store.rows import Marks, Sealer
from node.store.schema import sealing_hold, sealing_proposed, sealing_received, sealing_watch

_ANY = select(sealing_watch.c.token).limit(1)
_RECEIVE = insert(sealing_received).on_conflict_do_nothing()
_WITHDRAWN = select(sealing_received.c.key).where(
    sealing_received.c.key.in_(bindparam("keys", expanding=True)), sealing_received.c.withdrawn
)
_WATCH = insert(sealing_watch).on_conflict_do_nothing()
_WITHDRAW = update(sealing_received).where(sealing_received.c.key == bindparam("its")).values(withdrawn=True)
_WATCH_NO_MORE = delete(sealing_watch).where(sealing_watch.c.key == bindparam("its"))
_HELD = select(sealing_hold.c.record_id).where(sealing_hold.c.key == bindparam("its"))
_HOLD_NO_MORE = delete(sealing_hold).where(sealing_hold.c.key == bindparam("its"))
_HOLD = insert(sealing_hold).on_conflict_do_nothing()
_OWN = select(sealing_proposed.c.key).where(
    sealing_proposed.c.key == bindparam("its"), sealing_proposed.c.record_id == bindparam("whose")
)
_FITTING = (
    select(sealing_watch.c.token, sealing_watch.c.by_number, sealing_received)
    .join(sealing_received, sealing_received.c.key == sealing_watch.c.key)
    .where(sealing_watch.c.token.in_(bindparam("tokens", expanding=True)))
    .order_by(sealing_received.c.received_at, sealing_received.c.key)
)


@dataclass(frozen=True, slots=True)
class Watched:
    """Another holder's proposal that stands."""

    key: str
    proposal_id: str
    proposer: str
    rule: str


def remember(
    connection: Connection, sealer: Sealer, proposals: Sequence[sealing_pb2.SealingProposal], at: datetime
) -> list[sealing_pb2.SealingProposal]:
    """Keep nodes' proposals; return those that are not withdrawn already."""
    keyed = [(key_of(each.proposer, each.proposal_id), each) for each in proposals]
    connection.execute(
        _RECEIVE, [_received(key, each.proposal_id, each, at, withdrawn=False) for key, each in keyed]
    )
    withdrawn = set(connection.execute(_WITHDRAWN, {"keys": [key for key, _ in keyed]}).scalars())
    standing = [(key, each) for key, each in keyed if key not in withdrawn]
    rows: list[dict[str, object]] = []
    for key, each in standing:
        marks = sealer.judgment_marks(each.judgment_digests, each.final_digests)
        rows += [{"token": t, "key": key, "by_number": True} for t in marks.numbers]
        rows += [{"token": t, "key": key, "by_number": False} for t in marks.finals]
    if rows:
        connection.execute(_WATCH, rows)
    return [each for _, each in standing]


def forget(connection: Connection, proposal: sealing_pb2.SealingProposal, at: datetime) -> list[bytes]:
    """Take a withdrawn proposal out, also one that has yet to come; return the records held on it."""
    key = key_of(proposal.proposer, proposal.withdraws)
    connection.execute(_RECEIVE, _received(key, proposal.withdraws, proposal, at, withdrawn=True))
    its = {"its": key}
    connection.execute(_WITHDRAW, its)
    connection.execute(_WATCH_NO_MORE, its)
    records = [bytes(record_id) for record_id in connection.execute(_HELD, its).scalars()]
    connection.execute(_HOLD_NO_MORE, its)
    return records


def any_stands(connection: Connection) -> bool:
    """Say whether there is any seal of another holder to hold records against."""
    return connection.execute(_ANY).first() is not None


def fitting(connection: Connection, marked: Sequence[tuple[bytes, Marks]]) -> list[Watched | None]:
    """Return, for each (record id, its marks), another record's seal that fits; None where there is none.

    The judgment's number decides; where one side does not know it, the day on which it became final. What was
    proposed for the record itself does not hold it.
    """
    if not marked or connection.execute(_ANY).first() is None:
        return [None] * len(marked)
    tokens = {t for _, marks in marked for t in (*marks.numbers, *marks.finals)}
    found: dict[bytes, list[Row[tuple[object, ...]]]] = {}
    for row in connection.execute(_FITTING, {"tokens": list(tokens)}):
        found.setdefault(bytes(row.token), []).append(row)
    return [_first(connection, record_id, marks, found) for record_id, marks in marked]


def fits(sealer: Sealer, proposal: sealing_pb2.SealingProposal, marks: Marks) -> bool:
    """Say whether this one proposal fits a record's marks, as `fitting` says it of all."""
    said = sealer.judgment_marks(proposal.judgment_digests, proposal.final_digests)
    if set(said.numbers) & set(marks.numbers):
        return True
    return bool(set(said.finals) & set(marks.finals)) and not (proposal.judgment_digests and marks.numbers)


def note_holds(connection: Connection, held: Iterable[tuple[bytes, Watched]]) -> None:
    """Remember which records are held on which proposals."""
    rows = [{"record_id": record_id, "key": watched.key} for record_id, watched in held]
    if rows:
        connection.execute(_HOLD, rows)


def held_by(watched: Watched, officer: str, at: datetime) -> registry_pb2.SealingOrder:
    """Return the order by which a record is withheld on another holder's proposal."""
    return registry_pb2.SealingOrder(
        kind=registry_pb2.SEALING_ORDER_KIND_HELD,
        because=watched.rule,
        ordered_by=officer,
        ordered_at=stamp(at),
        proposal_id=watched.proposal_id,
        proposer=watched.proposer,
    )


def _first(
    connection: Connection,
    record_id: bytes,
    marks: Marks,
    found: dict[bytes, list[Row[tuple[object, ...]]]],
) -> Watched | None:
    hits = [row for t in marks.numbers for row in found.get(t, ()) if row.by_number]
    hits += [
        row
        for t in marks.finals
        for row in found.get(t, ())
        if not row.by_number and not (row.knows_number and marks.numbers)
    ]
    for row in hits:
        if not _own(connection, record_id, row.key):
            return Watched(row.key, row.proposal_id, row.proposer, row.rule)
    return None


def _own(connection: Connection, record_id: bytes, key: str) -> bool:
    return connection.execute(_OWN, {"its": key, "whose": record_id}).first() is not None


def _received(
    key: str, proposal_id: str, proposal: sealing_pb2.SealingProposal, at: datetime, *, withdrawn: bool
) -> dict[str, object]:
    return {
        "key": key,
        "proposal_id": proposal_id,
        "proposer": proposal.proposer,
        "rule": proposal.rule,
        "received_at": stamp(at),
        "knows_number": bool(proposal.judgment_digests),
        "withdrawn": withdrawn,
    }
