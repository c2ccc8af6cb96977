"""The state of spreading proposals: the nodes and gateways each of them awaits, and its persons' tokens (R45).

A proposal spreads until every node of the charter that is not removed has acknowledged it and every gateway has it
durably. Then its content and its tokens are erased, and only ids remain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import bindparam, delete, exists, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from federation.statements.seals import MOST_WITH_ANSWER
from node.store.counted import recounted
from node.store.schema import (
    sealing_awaited,
    sealing_pending,
    sealing_proposed,
    sealing_spread,
    sealing_spreading,
)
from server.journal.work import View, Work

_ITS = sealing_proposed.c.key.in_(bindparam("keys", expanding=True))
_AWAITED = select(sealing_awaited).where(sealing_awaited.c.key.in_(bindparam("keys", expanding=True)))
_ADDRESS = insert(sealing_pending).on_conflict_do_nothing()
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
#: One read that shows whether any seal spreads.
_ANY = select(literal(1)).where(_SPREADS)
_KEYS = (
    select(sealing_spreading.c.key)
    .where(sealing_spreading.c.token.in_(bindparam("tokens", expanding=True)))
    .distinct()
    .limit(MOST_WITH_ANSWER + 1)
)


def anything_spreads(view: View) -> bool:
    """Return whether some seal has yet to reach a node or a gateway, proposed already or not."""
    return view.execute(_ANY).first() is not None


def about(view: View, tokens: Sequence[bytes]) -> list[str]:
    """Return the keys of spreading proposals about these persons: at most one more than may go with an answer."""
    return list(view.execute(_KEYS, {"tokens": tokens}).scalars())


def awaiting(view: View, after: str, limit: int) -> list[str]:
    """Return up to `limit` keys of proposals that await some node, in their order after `after`."""
    key = sealing_awaited.c.key
    listed = select(key).where(key > after).distinct().order_by(key).limit(limit)
    return list(view.execute(listed).scalars())


def awaited(view: View, keys: Collection[str]) -> dict[str, list[str]]:
    """Return, for each of `keys`, the nodes that it awaits; a key that awaits none is left out."""
    found: dict[str, list[str]] = {}
    for key, node in view.execute(_AWAITED, {"keys": list(keys)}):
        found.setdefault(key, []).append(node)
    return found


def address(work: Work, rows: Sequence[tuple[str, bool, bool]], gateways: Iterable[str]) -> None:
    """Address each of `rows` (key, whether it is a withdrawal, urgent) to every one of `gateways`."""
    pending = [
        {"gateway": gateway, "key": key, "withdraws": withdraws, "urgent": urgent}
        for gateway in gateways
        for key, withdraws, urgent in rows
    ]
    if pending:
        work.view.execute(_ADDRESS, pending)


def acknowledged(work: Work, pairs: Collection[tuple[str, str]]) -> None:
    """Note acknowledgements as pairs (key, node); a proposal that awaits nobody any more stops spreading."""
    if pairs:
        work.view.execute(_ACKNOWLEDGED, [{"its": key, "whose": node} for key, node in pairs])
        end(work, {key for key, _ in pairs})


def taken(work: Work, gateway: str, rows: Iterable[tuple[str, bool]]) -> None:
    """Note that a gateway has these proposals and withdrawals (key, whether it withdraws) durably."""
    keys: dict[bool, list[str]] = {False: [], True: []}
    for key, withdraws in rows:
        keys[withdraws].append(key)
    for withdraws, its in keys.items():
        if its:
            work.view.execute(_TAKEN, {"whose": gateway, "which": withdraws, "keys": its})
    end(work, keys[False])
    if keys[True]:
        with recounted(work, sealing_proposed, keys[True]):
            work.view.execute(_WITHDRAWN, {"keys": keys[True]})


def end(work: Work, keys: Collection[str]) -> None:
    """Erase content and tokens of those of `keys` that await no node and no gateway any more."""
    if not keys:
        return
    over = list(work.view.execute(_ENDED, {"keys": list(keys)}).scalars())
    if over:
        work.view.execute(_LOSE, {"keys": over})
        with recounted(work, sealing_proposed, over):
            work.view.execute(_ERASE, {"keys": over})
