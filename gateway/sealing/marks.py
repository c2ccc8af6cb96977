"""Marks: how a gateway sees, without listing anybody, that a question concerns a seal on its way to a node (R45).

A mark is an HMAC of a person's digest under a key of this gateway alone, cut to 16 bytes. Each proposal of a node
has one for every digest it names, written in the transaction that takes the proposal in. A stolen database shows
that so many persons wait, not who they are; whoever has the key can try numbers one by one.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from gateway.sealing.schema import sealing_mark, sealing_proposal

_BYTES: Final = 16
#: SQLite takes so many values in one query on every build.
_MOST_IN_A_QUERY: Final = 500
_ADD = insert(sealing_mark).on_conflict_do_nothing()
_CONCERNED = (
    select(
        sealing_mark.c.mark,
        sealing_mark.c.key,
        sealing_proposal.c.node,
        sealing_proposal.c.proposer,
        sealing_proposal.c.acknowledged,
    )
    .join(sealing_proposal, sealing_proposal.c.key == sealing_mark.c.key)
    .where(sealing_mark.c.mark.in_(bindparam("marks", expanding=True)))
)


class Concern(NamedTuple):
    """A proposal addressed to a node, found by one of its marks."""

    mark: bytes
    key: str
    node: str
    proposer: str
    acknowledged: bool


class Marks:
    """The store of marks, and the key they are made with."""

    def __init__(self, *, key: bytes) -> None:
        """`key` is a secret of this gateway; marks are made with a key derived from it for this purpose alone."""
        self._key = hmac.digest(key, b"hutong gateway marks v1", "sha256")
        self._lock = threading.Lock()
        self._present, self._additions = True, 0

    @property
    def present(self) -> bool:
        """Whether there may be any mark: read from memory, by every question."""
        return self._present

    def of(self, digests: Iterable[bytes]) -> frozenset[bytes]:
        """Return the marks of persons' digests."""
        return frozenset(hmac.digest(self._key, digest, "sha256")[:_BYTES] for digest in digests)

    def rows(self, digests_of: Mapping[str, Iterable[bytes]]) -> list[dict[str, object]]:
        """Return the rows for `add` of proposals, given by key with the digests that they name."""
        return [{"mark": mark, "key": key} for key, each in digests_of.items() for mark in self.of(each)]

    def add(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Keep marks; those that are kept stay."""
        if rows:
            with self._lock:
                self._present, self._additions = True, self._additions + 1
            connection.execute(_ADD, rows)

    def concerns(self, connection: Connection, marks: Collection[bytes]) -> list[Concern]:
        """Return every addressed proposal with one of `marks`, acknowledged ones included, once for each mark."""
        wanted = sorted(marks)
        found = []
        for start in range(0, len(wanted), _MOST_IN_A_QUERY):
            page = wanted[start : start + _MOST_IN_A_QUERY]
            found += [Concern(*row) for row in connection.execute(_CONCERNED, {"marks": page})]
        return found

    def count_additions(self) -> int:
        """Return how often `add` has been called, for `none_since`."""
        return self._additions

    def any(self, connection: Connection) -> bool:
        """Say whether there is any mark."""
        return connection.execute(select(sealing_mark.c.key).limit(1)).first() is not None

    def none_since(self, additions: int) -> None:
        """Say that a committed transaction found no mark, and that `add` had been called so often at that point."""
        with self._lock:
            self._present = self._additions != additions

    def after(self, connection: Connection, key: str, most: int) -> list[str]:
        """Return proposals that have marks, by key, at most so many after `key`."""
        column = sealing_mark.c.key
        query = select(column).where(column > key).distinct().order_by(column).limit(most)
        return list(connection.execute(query).scalars())

    def drop(self, connection: Connection, keys: Sequence[str]) -> None:
        """Remove the marks of proposals."""
        if keys:
            connection.execute(delete(sealing_mark).where(sealing_mark.c.key.in_(keys)))
