"""The tally of one store: kept by the writer in each transaction, and bound to the head of the log.

The amounts are stored encrypted, by bucket, and those of all tables with size and root of the log under one MAC. So
nobody without the key can put back an earlier state of some rows with the amounts of that time: that MAC belongs to an
earlier head. What was found to be changed by others stays so: the MAC is not renewed until somebody settles it.

A transaction adds its changes as one row, which costs it least. They are folded into the amounts when there are many.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from federation.errors import Corrupt
from federation.evidence.merkle import Frontier
from server.journal.cipher import Cipher
from server.journal.schema import tally_amount, tally_change, tally_head
from server.journal.tally import Amount, Changes, Place, added, packed_changes, row_bytes, unpacked_changes

_NUMBER = 1
_NOTHING = Amount()
#: Changed buckets after which changes are folded: a fraction of a second at a start, and each time that it is due.
FOLDED_AFTER = 40_000
# As text for the driver: these run in every transaction, and composing costs more than running.
_STORE = (
    "INSERT INTO tally_amount (name, bucket, body) VALUES (?, ?, ?) "
    "ON CONFLICT (name, bucket) DO UPDATE SET body = excluded.body"
)
_CHANGE = "INSERT INTO tally_change (number, body) VALUES (?, ?)"
_HEAD = "UPDATE tally_head SET log_size = ?, mac = ? WHERE number = 1"
#: Events that wait for the log move with each transaction that has some, when the head of the log does not.
_NEWEST_DEFERRED = "SELECT number, leaf FROM log_deferred ORDER BY number DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Written:
    """What a transaction stored of the tally: to be adopted once it is durable."""

    changes: Mapping[Place, Amount]
    folded: bool = False
    first: bool = False


class Tally:
    """The amounts of a store's rows. Written by the writing thread, read from any thread."""

    def __init__(self, key: bytes, *, folded_after: int = FOLDED_AFTER) -> None:
        """Take a key of 32 bytes that serves nothing else; fold changes when so many buckets have changed."""
        self._folded_after = folded_after
        self._row_key, self._mac_key, amounts = (
            hmac.digest(key, label, "sha256") for label in (b"rows", b"head", b"amounts")
        )
        self._cipher = Cipher(amounts, of="an amount of the tally")
        self._amounts: dict[Place, Amount] = {}
        #: The sums of the tables, also as the MAC covers them.
        self._tables: dict[str, Amount] = {}
        self._sums = b""
        #: Buckets whose stored amount lacks changes, and the numbers of these changes and of the next one.
        self._dirty: set[Place] = set()
        self._unfolded, self._next = 0, 1
        #: Whether the store has a tally: one of an earlier program gets it at its first start.
        self.kept = False
        #: What shows that the rows, or the amounts, are not those that transactions left; empty if nothing does.
        self.fault = ""

    def changes(self) -> Changes:
        """Return the empty changes of a transaction."""
        return Changes(self._row_key)

    def amount(self, place: Place) -> Amount:
        """Return the amount that the rows of a bucket must have."""
        return self._amounts.get(place, _NOTHING)

    def count(self, table: str) -> int:
        """Return the number of rows that a table must have."""
        return self._tables.get(table, _NOTHING).rows

    def distrust(self, fault: str) -> None:
        """Note, once, that something is not as transactions left it; the head is not renewed from now on."""
        self.fault = self.fault or fault

    def load(self, view: Connection, log: Frontier) -> None:
        """Read the amounts, and compare their MAC with the head of the log; a difference becomes the `fault`."""
        for name, bucket, body in view.execute(select(tally_amount)):
            if (clear := self._opened(body, _place(name, bucket))) is None:
                self.distrust(f"the amount of bucket {bucket} of {name} was altered or moved")
            else:
                self._amounts[name, bucket] = Amount.unpacked(clear)
        for number, body in view.execute(select(tally_change).order_by(tally_change.c.number)):
            self._next = number + 1
            if (clear := self._opened(body, _place("", number))) is None:
                self.distrust(f"change {number} of the tally was altered or moved")
                continue
            self._note(unpacked_changes(clear))
        for (table, _), amount in self._amounts.items():
            added(self._tables, table, amount)
        self._sums = _summed(self._tables)
        head = view.execute(select(tally_head)).one_or_none()
        self.kept = head is not None or bool(self._amounts)
        if head is None:
            if self.kept:
                self.distrust("the head of the tally is missing")
        elif self._mac(self._sums, log, view) != head.mac:
            self.distrust(
                f"the tally was kept up to entry {head.log_size} of the log, which has {log.size}"
                if head.log_size != log.size
                else "the tally does not belong to this log, or amounts are of another time"
            )

    def write(self, view: Connection, changes: Changes, log: Frontier) -> Written:
        """Store what a transaction changed, with the log that it leads to; return what to adopt."""
        changed = changes.amounts()
        if changes.first:
            return self._begin(view, changed, log)
        if not self.kept:
            return Written({})
        folded = self._unfolded + len(changed) > self._folded_after
        if folded:
            self._fold(view, changed)
        elif changed:
            body = self._cipher.lock(packed_changes(changed), _place("", self._next))
            view.exec_driver_sql(_CHANGE, (self._next, body))
        if not self.fault:
            sums = self._sums
            if changed:
                tables = self._tables.copy()
                for (table, _), amount in changed.items():
                    added(tables, table, amount)
                sums = _summed(tables)
            view.exec_driver_sql(_HEAD, (log.size, self._mac(sums, log, view)))
        return Written(changed, folded)

    def adopt(self, written: Written) -> None:
        """Take over what a transaction stored that is durable."""
        if written.first:
            self._amounts, self._tables, self.kept, self.fault = {}, {}, True, ""
        if written.changes and not written.folded:
            self._next += 1
        self._note(written.changes)
        for (table, _), amount in written.changes.items():
            added(self._tables, table, amount)
        if written.folded:
            self._dirty, self._unfolded = set(), 0
        if written.changes or written.first:
            self._sums = _summed(self._tables)

    def _begin(self, view: Connection, amounts: Mapping[Place, Amount], log: Frontier) -> Written:
        """Store the first amounts, in place of all that there are."""
        for stored in (tally_amount, tally_change, tally_head):
            view.execute(delete(stored))
        self._store(view, amounts)
        tables: dict[str, Amount] = {}
        for (table, _), amount in amounts.items():
            added(tables, table, amount)
        head = {"number": _NUMBER, "log_size": log.size, "mac": self._mac(_summed(tables), log, view)}
        view.execute(insert(tally_head), head)
        return Written(amounts, folded=True, first=True)

    def _fold(self, view: Connection, changed: Mapping[Place, Amount]) -> None:
        """Store the amounts of all buckets that changed since the last time, and forget the changes."""
        places = {*self._dirty, *changed}
        self._store(view, {p: self.amount(p).plus(changed.get(p, _NOTHING)) for p in places})
        view.execute(delete(tally_change))

    def _store(self, view: Connection, amounts: Mapping[Place, Amount]) -> None:
        rows = [
            (*place, self._cipher.lock(amount.packed(), _place(*place))) for place, amount in amounts.items()
        ]
        if rows:
            view.exec_driver_sql(_STORE, rows)

    def _note(self, changes: Mapping[Place, Amount]) -> None:
        for place, amount in changes.items():
            added(self._amounts, place, amount)
            self._dirty.add(place)
        self._unfolded += len(changes)

    def _opened(self, body: object, place: bytes) -> bytes | None:
        try:
            return self._cipher.unlock(bytes(body), place)  # type: ignore[call-overload]
        except (Corrupt, TypeError):
            return None

    def _mac(self, sums: bytes, log: Frontier, view: Connection) -> bytes:
        """Return the MAC of the sums with the state of the log and the newest event that waits for it."""
        waiting = view.exec_driver_sql(_NEWEST_DEFERRED).one_or_none()
        message = row_bytes([log.size, log.root(), *(waiting or ())]) + sums
        return hashlib.blake2b(message, key=self._mac_key, digest_size=32).digest()


def _summed(tables: Mapping[str, Amount]) -> bytes:
    """Return the sums of all tables as the MAC covers them."""
    return b"".join(
        row_bytes([name, amount.packed()]) for name, amount in sorted(tables.items()) if amount != _NOTHING
    )


def _place(table: str, number: int) -> bytes:
    """Return the context of a stored amount, or of a change where there is no table."""
    return b"tally" + row_bytes([table, number])
