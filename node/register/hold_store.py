"""Storage of other holders' seals, kept for ever, and of the records that are withheld because of them.

The seals are kept as tokens of (person, judgment), and of the judgment alone, made under the node's own key. A token
reveals neither person nor judgment, so the table lists nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.statements.seals import key_of
from federation.v1 import sealing_pb2
from federation.values.clock import stamp
from node.register.holds import Watched
from node.store.counted import count_in, count_out, recounted
from node.store.rows import JudgmentMarks
from node.store.schema import sealing_hold, sealing_proposed, sealing_received, sealing_watch
from server.journal.work import View, Work

_ANY = select(sealing_watch.c.token).limit(1)
_RECEIVE = insert(sealing_received).on_conflict_do_nothing().returning(*sealing_received.c)
_WITHDRAWN = select(sealing_received.c.key).where(
    sealing_received.c.key.in_(bindparam("keys", expanding=True)), sealing_received.c.withdrawn
)
_WATCH = insert(sealing_watch).on_conflict_do_nothing().returning(*sealing_watch.c)
_WITHDRAW = update(sealing_received).where(sealing_received.c.key == bindparam("its")).values(withdrawn=True)
_WATCHED = select(sealing_watch).where(sealing_watch.c.key == bindparam("its"))
_WATCH_NO_MORE = delete(sealing_watch).where(sealing_watch.c.key == bindparam("its"))
_HELD = select(sealing_hold.c.record_id).where(sealing_hold.c.key == bindparam("its"))
_HOLD_NO_MORE = delete(sealing_hold).where(sealing_hold.c.key == bindparam("its"))
_HOLD = insert(sealing_hold).on_conflict_do_nothing()
_OWN = select(sealing_proposed.c.key).where(
    sealing_proposed.c.key == bindparam("its"), sealing_proposed.c.record_id == bindparam("whose")
)
_KEYS = select(sealing_watch.c.token, sealing_watch.c.key).where(
    sealing_watch.c.token.in_(bindparam("tokens", expanding=True))
)
_FITTING = (
    select(sealing_watch.c.token, sealing_watch.c.by_number, sealing_received)
    .join(sealing_received, sealing_received.c.key == sealing_watch.c.key)
    .where(sealing_watch.c.token.in_(bindparam("tokens", expanding=True)))
    .order_by(sealing_received.c.received_at, sealing_received.c.key)
)


def remember(
    work: Work, proposals: Sequence[tuple[sealing_pb2.SealingProposal, JudgmentMarks]], at: datetime
) -> list[sealing_pb2.SealingProposal]:
    """Keep nodes' proposals, each with its marks; return those that are not withdrawn already."""
    keyed = [(key_of(each.proposer, each.proposal_id), each, marks) for each, marks in proposals]
    _receive(work, [_received(key, each.proposal_id, each, at, withdrawn=False) for key, each, _ in keyed])
    withdrawn = set(work.view.execute(_WITHDRAWN, {"keys": [key for key, _, _ in keyed]}).scalars())
    in_force = [(key, each, marks) for key, each, marks in keyed if key not in withdrawn]
    rows: list[dict[str, object]] = []
    for key, _, marks in in_force:
        rows += [{"token": t, "key": key, "by_number": True} for t in marks.numbers]
        rows += [{"token": t, "key": key, "by_number": False} for t in (*marks.finals, *marks.cases)]
    if rows:
        for row in work.view.execute(_WATCH, rows).mappings():
            count_in(work, sealing_watch.name, dict(row))
    return [each for _, each, _ in in_force]


def forget(work: Work, proposal: sealing_pb2.SealingProposal, at: datetime) -> list[bytes]:
    """Delete a withdrawn proposal, also one that has yet to come; return the records held on it."""
    key = key_of(proposal.proposer, proposal.withdraws)
    _receive(work, [_received(key, proposal.withdraws, proposal, at, withdrawn=True)])
    its = {"its": key}
    with recounted(work, sealing_received, [key]):
        work.view.execute(_WITHDRAW, its)
    for row in work.view.execute(_WATCHED, its).mappings().all():
        count_out(work, sealing_watch.name, dict(row))
    work.view.execute(_WATCH_NO_MORE, its)
    records = [bytes(record_id) for record_id in work.view.execute(_HELD, its).scalars()]
    work.view.execute(_HOLD_NO_MORE, its)
    return records


def _receive(work: Work, rows: Sequence[dict[str, object]]) -> None:
    """Keep proposals that are not known yet."""
    if rows:
        for row in work.view.execute(_RECEIVE, rows).mappings():
            count_in(work, sealing_received.name, dict(row))


def keys_of(view: View, tokens: Iterable[bytes]) -> dict[bytes, set[str]]:
    """Return for each of `tokens` that other holders' seals have the keys of these seals."""
    found: dict[bytes, set[str]] = {}
    for token, key in view.execute(_KEYS, {"tokens": list(tokens)}):
        found.setdefault(bytes(token), set()).add(key)
    return found


def any_stands(view: View) -> bool:
    """Return whether there is any seal of another holder to compare records with."""
    return view.execute(_ANY).first() is not None


def fitting(view: View, marked: Sequence[tuple[bytes, JudgmentMarks]]) -> list[Watched | None]:
    """Return, for each (record id, its marks), another record's seal that fits; None where there is none.

    The judgment's number decides; where one side does not know it, the day on which the judgment became final.
    A seal proposed for the record itself does not hold it.
    """
    if not marked or view.execute(_ANY).first() is None:
        return [None] * len(marked)
    tokens = {t for _, marks in marked for t in (*marks.numbers, *marks.finals)}
    found: dict[bytes, list[Row[Any]]] = {}
    for row in view.execute(_FITTING, {"tokens": list(tokens)}):
        found.setdefault(bytes(row.token), []).append(row)
    return [_first(view, record_id, marks, found) for record_id, marks in marked]


def note_holds(work: Work, held: Iterable[tuple[bytes, Watched]]) -> None:
    """Remember which records are held on which proposals."""
    rows = [{"record_id": record_id, "key": watched.key} for record_id, watched in held]
    if rows:
        work.view.execute(_HOLD, rows)


def release(work: Work, record_id: bytes) -> None:
    """Forget on which proposals a record was held: nothing holds it any more."""
    work.view.execute(delete(sealing_hold).where(sealing_hold.c.record_id == record_id))


def _first(
    view: View, record_id: bytes, marks: JudgmentMarks, found: dict[bytes, list[Row[Any]]]
) -> Watched | None:
    hits = [row for t in marks.numbers for row in found.get(t, ()) if row.by_number]
    hits += [
        row
        for t in marks.finals
        for row in found.get(t, ())
        if not row.by_number and not (row.knows_number and marks.numbers)
    ]
    for row in hits:
        if not _own(view, record_id, row.key):
            return Watched(row.key, row.proposal_id, row.proposer, row.rule)
    return None


def _own(view: View, record_id: bytes, key: str) -> bool:
    return view.execute(_OWN, {"its": key, "whose": record_id}).first() is not None


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
