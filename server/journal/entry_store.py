"""The numbered entries of a log in SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import bindparam, func, insert, select, union_all

from server.journal.driver_text import Selection, insert_rows
from server.journal.log_rows import LockedEntry, Use
from server.journal.schema import log_deferred_once, log_entry
from server.journal.view import View

_E = log_entry.c
_WITH_ONCES = (log_entry, log_deferred_once)
# Built once: composing a statement costs more than running it.
_INSERT = insert(log_entry)
_USES = Selection(
    union_all(
        *(
            select(t.c.once, t.c.attempt, t.c.via).where(t.c.once.in_(bindparam("keys", expanding=True)))
            for t in _WITH_ONCES
        )
    ),
    "keys",
)
_NONE = (None, None, None)
#: How many of the newest entries are counted at a start.
NEARBY = 2_000
# Two statements: SQLite looks up either in the index, and reads the whole table for both at once.
_FIRST, _LAST = select(func.min(_E.idx)), select(func.max(_E.idx))
_NEARBY = select(func.count()).where(_E.idx > bindparam("above"))


def extent_of(view: View) -> tuple[int, int]:
    """Return how many entries there are, and the number of the last one, which is -1 if there is none.

    Only the newest `NEARBY` are counted, so that a start takes no longer as the log grows: below these, entries that
    are missing at the beginning are noticed here, and any other when it is read (`server.stores.integrity`).
    """
    last = view.execute(_LAST).scalar_one()
    if last is None:
        return 0, -1
    first = view.execute(_FIRST).scalar_one()
    nearby = view.execute(_NEARBY, {"above": last - NEARBY}).scalar_one()
    missing = max(first, min(last + 1, NEARBY) - nearby)
    return int(last + 1 - missing), int(last)


class EntryStore:
    """Keeps one row for each entry; a table of its own knows the uses of deferred events."""

    def extent(self, view: View) -> tuple[int, int]:
        """Return how many entries there are, and the number of the last one, which is -1 if there is none."""
        return extent_of(view)

    def subtrees(self, view: View, number: int) -> bytes:
        """Return the hashes of all perfect subtrees that end at entry `number`, smallest first."""
        return bytes(view.execute(select(_E.subtrees).where(_E.idx == number)).scalar_one())

    def read(self, view: View, start: int, limit: int) -> Iterator[tuple[int, LockedEntry]]:
        """Yield at most `limit` entries from number `start` on, each with its number and without its use."""
        query = select(_E.idx, _E.leaf, _E.sealed_body).where(_E.idx >= start).order_by(_E.idx).limit(limit)
        for number, leaf, body in view.execute(query):
            yield number, LockedEntry(leaf, body)

    def number_of(self, view: View, leaf: bytes) -> int | None:
        """Return the number of the entry with this leaf hash, or None."""
        return view.execute(select(_E.idx).where(_E.leaf == leaf)).scalar_one_or_none()

    def uses(self, view: View, keys: Collection[bytes]) -> Iterator[Use]:
        """Yield all uses under any of `keys`, of entries and of events, collected or not."""
        if not keys:
            return
        for row in _USES.run(view, keys):
            yield Use(row.once, row.attempt, row.via)

    def add(self, view: View, entries: Sequence[tuple[int, bytes, LockedEntry]]) -> None:
        """Add entries, each with its number and its subtrees."""
        rows = []
        for number, subtrees, (leaf, body, use) in entries:
            once, attempt, via = use or _NONE
            rows.append(
                {
                    "idx": number,
                    "subtrees": subtrees,
                    "leaf": leaf,
                    "sealed_body": body,
                    "once": once,
                    "attempt": attempt,
                    "via": via,
                }
            )
        if rows:
            insert_rows(view, _INSERT, rows)
