"""`hutong node check`: the whole register compared with its tally at once, in a home whose node may be running.

Each piece is read together with the amounts of its buckets, as of one moment, so that a running node's transactions
make no difference. Only an operator, who has the keys, can have a register answer again that differs: what the log
does not bear out is taken out, and an entry of the log names it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from federation.errors import Corrupt, OutOfOrder
from federation.evidence.entry import EntryKind
from federation.statements.reasons import STORE_TAMPERED
from federation.values import clock
from node.store.borne_out import examine, mend
from node.store.counted import COLUMNS, EDITION, LATER, UNBOUND, amounts, count_all
from node.store.keys import NodeKeys
from node.store.planted import planted
from node.store.recounting import buckets_at_a_time
from node.store.rows import Sealer
from server.homelock import exclusive
from server.journal.engine import open_sqlite
from server.journal.log import Log
from server.journal.schema import tally_head
from server.journal.tally import BUCKETS, Amount
from server.journal.tallying import Tally
from server.stores.files import RESTORE, StoreFiles
from server.stores.making import KEYS, STORE, counted_before, mark_counted

#: Records that an entry of the log names; more are only counted.
_MOST_LOGGED = 1000
#: Seconds that one look at the store may take.
_LOOK_S = 1.0


@dataclass(slots=True)
class Findings:
    """What a check found: rows by table, records whose keys are not bound yet, and every difference as a sentence.

    `named` are the records behind the differences, as far as the log shows them.
    """

    rows: dict[str, int] = field(default_factory=dict)
    unbound: int = 0
    differences: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)


class RegisterCheck:
    """One check of the register in a home."""

    def __init__(self, home: Path) -> None:
        """Read the keys; raises `ValueError` or `Unavailable` naming the file that is missing or wrong."""
        StoreFiles(home / STORE).insist_there()
        self._home, self._keys = home, NodeKeys.load(home / KEYS)
        self.findings = Findings()

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Compare the register, piece by piece; yield after each how many rows are compared, and how many there are."""
        self.findings.rows = dict.fromkeys(COLUMNS, 0)
        left = [(table, 0) for table in COLUMNS]
        with self._opened() as engine:
            with engine.connect() as connection:
                self.findings.differences += [*planted(connection), *_out_of_order(connection)]
            while left:
                # A look at the store is short: while it is open, data deleted meanwhile stays on the disk.
                with engine.connect() as connection:
                    tally, until = self._tally(connection), time.monotonic() + _LOOK_S
                    while left and time.monotonic() < until:
                        self._compare(connection, tally, left)
                        yield sum(self.findings.rows.values()), sum(map(tally.count, COLUMNS))

    def name(self) -> None:
        """Name the records behind the differences, by reading the whole log and register."""
        log = Log(body_key=self._keys.journal)
        with self._opened() as engine, engine.connect() as connection:
            log.restore(connection)
            self.findings.named = examine(connection, log, Sealer(keys=self._keys)).named()

    def mend(self, *, officer: str, reason: str) -> None:
        """Take out what the log does not bear out, and begin a new tally with the rest; entered in the log.

        Raises `OutOfOrder` when the check found nothing, `Unavailable` while a server runs on the home, and `Corrupt`
        when SQLite itself would show other rows than there are.
        """
        if not self.findings.differences:
            raise OutOfOrder("the register is as the node wrote it: there is nothing to mend")
        log, tally = Log(body_key=self._keys.journal), Tally(self._keys.tally)
        with exclusive(self._home), self._opened() as engine:
            with engine.begin() as connection:
                if what := next(planted(connection), ""):
                    raise Corrupt(
                        f"{what}: such a database cannot be mended; {RESTORE}", reason=STORE_TAMPERED
                    )
                connection.exec_driver_sql("REINDEX")  # an index may show other rows than its table has
                log.restore(connection)
                found = examine(connection, log, Sealer(keys=self._keys))
                mend(connection, found)
                pending, changes = log.pending(), tally.changes()
                self.findings.named = found.named()
                pending.append(
                    EntryKind.REGISTER_MENDED,
                    at=clock.stamp(clock.now()),
                    program=version("hutong"),
                    officer=officer,
                    reason=reason,
                    differences=len(self.findings.differences),
                    found=self.findings.named[:_MOST_LOGGED],
                )
                count_all(connection, changes)
                tally.write(connection, changes, log.write(connection, pending))
            mark_counted(self._home / KEYS)

    @contextmanager
    def _opened(self) -> Iterator[Engine]:
        engine = open_sqlite(self._home / STORE)
        try:
            yield engine
        finally:
            engine.dispose()

    def _tally(self, connection: Connection) -> Tally:
        """Return the tally as stored; raises `OutOfOrder` when the node was not started since it keeps one."""
        log, tally = Log(body_key=self._keys.journal), Tally(self._keys.tally)
        if inspect(connection).has_table(tally_head.name):
            log.restore(connection)
            tally.load(connection, log.frontier)
        begun = tally.kept and (tally.count(EDITION) == len(LATER) or tally.fault)
        if not begun and (tally.kept or not counted_before(self._home / KEYS)):
            raise OutOfOrder("the register is counted at the node's next start: start it once, then check")
        if not tally.kept:
            tally.distrust("the tally of the register is missing")
        if tally.fault and tally.fault not in self.findings.differences:
            self.findings.differences.append(tally.fault)
        self.findings.unbound = tally.count(UNBOUND)
        return tally

    def _compare(self, connection: Connection, tally: Tally, left: list[tuple[str, int]]) -> None:
        """Compare the first buckets that are left, and take them off."""
        table, first = left[0]
        last = min(BUCKETS, first + buckets_at_a_time(tally.count(table))) - 1
        there = amounts(connection, tally.changes(), table, first, last)
        for bucket in range(first, last + 1):
            found, written = there.get((table, bucket), Amount()), tally.amount((table, bucket))
            if found != written:
                number = f"{found.rows} rows where {written.rows} were written"
                same = f"other rows than the {written.rows} that were written"
                sentence = same if found.rows == written.rows else number
                self.findings.differences.append(f"{table}, bucket {bucket}: {sentence}")
        self.findings.rows[table] += sum(amount.rows for amount in there.values())
        left[:1] = [] if last + 1 == BUCKETS else [(table, last + 1)]


def _out_of_order(connection: Connection) -> list[str]:
    """Return what SQLite finds wrong with tables and indexes: in one that is out of order, a search can miss a row."""
    found = connection.execute(text("PRAGMA integrity_check(20)")).scalars().all()
    return (
        []
        if list(found) == ["ok"]
        else [f"SQLite says: {' '.join(str(each).split())[:200]}" for each in found]
    )
