"""Whether rows of the register are as the node's own transactions left them, before anything is answered from them.

The journal's tally states what the rows of each bucket must amount to. Whoever changes the file without the node's
keys cannot change the tally along: a row deleted, moved between tables, or put back as it was earlier shows. Until
a recount has compared all buckets since the start, each bucket is compared before the first answer that rests on it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from federation.errors import Corrupt, HutongError, Unavailable
from federation.statements.reasons import STORE_TAMPERED
from node.store.counted import amounts
from server.journal.engine import beginning
from server.journal.journal import Journal
from server.journal.tally import Amount, Place, bucket_of
from server.journal.tallying import Tally
from server.journal.work import Work

_LOGGER = logging.getLogger(__name__)
REMEDY = "`hutong node check` names what differs; docs/operations.md, The register was changed from outside"


class Safeguard:
    """Compares buckets with the tally, and keeps what it finds; used from any thread."""

    def __init__(self, journal: Journal, tally: Tally) -> None:
        self._journal = journal
        self._tally = tally
        self._engine = beginning(journal.engine, "")
        self._compared: set[Place] = set()
        self._whole = False
        self._tables: set[str] = set()
        self._listeners: list[Callable[[], None]] = []
        #: Every difference found since the start, in words.
        self.findings: list[str] = [tally.fault] if tally.fault else []

    def refusal(self) -> HutongError | None:
        """Return why no question is answered, or None."""
        if not self.findings:
            return None
        return Unavailable(f"the register was changed from outside: {REMEDY}", reason=STORE_TAMPERED)

    def differs(self, table: str) -> bool:
        """Say whether a difference was found in this table since the start."""
        return table in self._tables

    def insist(self, table: str, keys: Iterable[bytes]) -> None:
        """Raise `Corrupt` unless the rows of `table` under `keys` are as transactions left them.

        A key without a row is compared too: a row that was deleted is missing in its bucket.
        """
        if self._whole:
            return
        for bucket in {bucket_of(key) for key in keys}:
            if (table, bucket) not in self._compared:
                self.compare(table, bucket, bucket)
                if (table, bucket) not in self._compared:
                    raise tampered(_difference(table, bucket))

    def compare(self, table: str, first: int, last: int) -> None:
        """Compare a range of buckets; each difference is found."""
        # A transaction may have ended while the rows were read: with the writer held, none can.
        different = {
            bucket
            for bucket in self._different(table, first, last)
            if self._journal.inside or self._differs_for_good(table, bucket)
        }
        if different:
            self._tables.add(table)
        for bucket in sorted(different):
            self.found(_difference(table, bucket))
        self._compared -= {(table, bucket) for bucket in different}
        self._compared |= {(table, bucket) for bucket in range(first, last + 1) if bucket not in different}

    def completed(self) -> None:
        """Take note that every bucket was compared since the start: from now on only recounts compare."""
        self._whole = not self.findings

    def found(self, what: str) -> None:
        """Record a difference: from now on no question is answered, also after the next start."""
        if what in self.findings:
            return
        self._whole = False
        self._tally.distrust(what)
        self.findings.append(what)
        _LOGGER.error("no question is answered any more: %s; %s", what, REMEDY)
        for listener in self._listeners:
            listener()

    def on_finding(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each difference found; it must only set a flag."""
        self._listeners.append(listener)

    def _different(self, table: str, first: int, last: int) -> list[int]:
        with self._engine.connect() as connection:
            there = amounts(connection, self._tally.changes(), table, first, last)
        places = [(table, bucket) for bucket in range(first, last + 1)]
        return [place[1] for place in places if there.get(place, Amount()) != self._tally.amount(place)]

    def _differs_for_good(self, table: str, bucket: int) -> bool:
        place = (table, bucket)

        def differs(work: Work) -> bool:
            there = amounts(work.view, self._tally.changes(), table, bucket, bucket)
            expected = self._tally.amount(place).plus(work.counted.of(place))
            return there.get(place, Amount()) != expected

        return self._journal.run(differs).value


def _difference(table: str, bucket: int) -> str:
    return f"rows of {table} in bucket {bucket} are not those that were written"


def tampered(what: str) -> Corrupt:
    """Return the error to raise for a register that was changed from outside."""
    return Corrupt(f"{what}: {REMEDY}", reason=STORE_TAMPERED)
