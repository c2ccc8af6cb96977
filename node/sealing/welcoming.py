"""Let nodes and gateways that are new in the charter hear of what is sealed here, and await removed ones no longer.

Done a few hundred records at a time, so that a large register holds up nothing else; what is under way when the
node stops begins anew at the next start, and proposing the same again changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Table, delete, false, literal, select
from sqlalchemy.dialects.sqlite import Insert, insert

from federation.charter.model import Charter
from federation.law.sealing import Status
from node.sealing import proposed
from node.sealing.outbox import addressees
from node.store.schema import (
    sealed_record,
    sealing_awaited,
    sealing_pending,
    sealing_proposed,
    sealing_spread,
    sealing_told,
)
from server.journal.journal import Journal
from server.journal.work import Work

#: Rows of one transaction.
STEP = 500


class Welcome:
    """Compares the charter with whom everything sealed here has been addressed to."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._greeted = ""

    def greet(self, charter: Charter) -> bool:
        """Address what is sealed to who is new, and take out who has been removed; True when something changed."""
        if charter.digest == self._greeted:
            return False
        nodes, gateways = addressees(charter)
        with self._journal.reading() as connection:
            greeted = set(connection.execute(select(sealing_told.c.node)).scalars())
        new = [name for name in (*nodes, *gateways) if name not in greeted]
        gone = greeted - {*nodes, *gateways}
        if any(name in nodes for name in new):
            self._look_again_at_sealed()
        for gateway in gateways:
            if gateway in new:
                self._address_to(gateway)
        self._forget(sealing_awaited, "node", nodes)
        self._forget(sealing_pending, "gateway", gateways)

        def command(work: Work) -> None:
            if new:
                rows = [{"node": name} for name in new]
                work.view.execute(insert(sealing_told).on_conflict_do_nothing(), rows)
            if gone:
                work.view.execute(delete(sealing_told).where(sealing_told.c.node.in_(gone)))

        if new or gone:
            self._journal.run(command, yields=True)
        self._greeted = charter.digest
        return bool(new or gone)

    def _look_again_at_sealed(self) -> None:
        """Have a proposal made of every sealed record that some node has not acknowledged."""
        its = sealed_record.c
        after = b""
        while True:
            page = (
                select(its.record_id, its.version)
                .where(its.status == str(Status.SEALED), its.record_id > after)
                .order_by(its.record_id)
                .limit(STEP)
            )

            def command(work: Work) -> bytes:
                rows = work.view.execute(page).all()  # noqa: B023  # runs before the next turn
                if rows:
                    values = [{"record_id": row.record_id, "version": row.version} for row in rows]
                    work.view.execute(insert(sealing_spread).on_conflict_do_nothing(), values)
                return bytes(rows[-1].record_id) if rows else b""

            after = self._journal.run(command, yields=True).value
            if not after:
                return

    def _address_to(self, gateway: str) -> None:
        """Have a new gateway take everything that spreads, and every withdrawal that is under way."""
        its = sealing_proposed.c
        for withdraws, which in ((False, its.body.is_not(None)), (True, its.withdrawing & ~its.withdrawn)):
            rows = select(literal(gateway), its.key, literal(withdraws), its.urgent).where(which)
            columns = ["gateway", "key", "withdraws", "urgent"]
            self._insert(insert(sealing_pending).from_select(columns, rows).on_conflict_do_nothing())

    def _insert(self, statement: Insert) -> None:
        self._journal.run(lambda work: work.view.execute(statement).rowcount, yields=True)

    def _forget(self, table: Table, column: str, there: Collection[str]) -> None:
        """Take out rows of who is no more in the charter; what nobody else awaits has ended spreading."""

        def command(work: Work) -> int:
            keys = _keys_of_others(work.view, table, column, there)
            if keys:
                others = table.c.key.in_(keys) & table.c[column].not_in(list(there))
                work.view.execute(delete(table).where(others))
                proposed.end(work.view, keys)
            return len(keys)

        while self._journal.run(command, yields=True).value:
            pass


def _keys_of_others(connection: Connection, table: Table, column: str, there: Collection[str]) -> list[str]:
    query = select(table.c.key).where(table.c[column].not_in(list(there)) if there else ~false())
    return list(connection.execute(query.distinct().limit(STEP)).scalars())
