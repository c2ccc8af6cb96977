"""The nodes and gateways to which everything that is sealed here has been addressed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Table, delete, false, literal, select
from sqlalchemy.dialects.sqlite import insert

from node.sealing.spreading_store import end
from node.store.schema import sealing_awaited, sealing_pending, sealing_proposed, sealing_told
from server.journal.work import View, Work


def greeted(view: View) -> set[str]:
    """Return the nodes and gateways to which everything has been addressed."""
    return set(view.execute(select(sealing_told.c.node)).scalars())


def note(work: Work, *, new: Collection[str], gone: Collection[str]) -> None:
    """Note who has been addressed, and who has left the charter."""
    if new:
        rows = [{"node": name} for name in new]
        work.view.execute(insert(sealing_told).on_conflict_do_nothing(), rows)
    if gone:
        work.view.execute(delete(sealing_told).where(sealing_told.c.node.in_(gone)))


def address_to(work: Work, gateway: str, *, withdraws: bool) -> None:
    """Address everything that spreads, or every withdrawal that is under way, to a new gateway."""
    its = sealing_proposed.c
    which = its.withdrawing & ~its.withdrawn if withdraws else its.body.is_not(None)
    rows = select(literal(gateway), its.key, literal(withdraws), its.urgent).where(which)
    columns = ["gateway", "key", "withdraws", "urgent"]
    work.view.execute(insert(sealing_pending).from_select(columns, rows).on_conflict_do_nothing())


def forget_other_nodes(work: Work, nodes: Collection[str], limit: int) -> int:
    """Let up to `limit` proposals await no other nodes than `nodes`; return how many were changed."""
    return _forget(work, sealing_awaited, "node", nodes, limit)


def forget_other_gateways(work: Work, gateways: Collection[str], limit: int) -> int:
    """Let up to `limit` proposals await no other gateways than `gateways`; return how many were changed."""
    return _forget(work, sealing_pending, "gateway", gateways, limit)


def _forget(work: Work, table: Table, column: str, there: Collection[str], limit: int) -> int:
    """Delete rows of addressees not in `there`; proposals that await nobody else stop spreading."""
    query = select(table.c.key).where(table.c[column].not_in(list(there)) if there else ~false())
    keys = list(work.view.execute(query.distinct().limit(limit)).scalars())
    if keys:
        others = table.c.key.in_(keys) & table.c[column].not_in(list(there))
        work.view.execute(delete(table).where(others))
        end(work, keys)
    return len(keys)
