"""What the register needs of a store of records: who keeps them otherwise keeps this, and its tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from federation.v1 import registry_pb2
from node.store.rows import Row, Standing
from server.journal.work import View, Work


class Records(Protocol):
    """The records of one register as they stand, and every version of them.

    A record stands among the open ones or among those that are sealed or withheld, or it is withdrawn. `put`,
    `replace` and `withdraw` count in `Work.changed` each version that they store, and note in `Work.erased` that a key
    or a token has to leave the disk. A version whose sealing the other holders have to hear of is noted with it.
    """

    def by_id(self, view: View, record_id: bytes) -> Standing | None:
        """Return the record of that id, open or sealed; None when unknown or withdrawn."""

    def by_conviction(self, view: View, convictions: Iterable[bytes]) -> Mapping[bytes, Standing]:
        """Return the records registered for any of these tokens of person and judgment, open or not, by token."""

    def of_tokens(
        self, view: View, tokens: Iterable[bytes], *, most: int
    ) -> Iterator[tuple[Standing, registry_pb2.RecordEvent]]:
        """Yield the records that any of `tokens` leads to, open or not, with their newest version.

        Tokens that lead to more than `most` open records lead to none of these, and so with the others: what comes of
        the open ones depends on no sealed one (R41). Raises `Corrupt`.
        """

    def newest(self, view: View, standing: Standing) -> registry_pb2.RecordEvent:
        """Return the newest version of a standing record as it was written; raises `Corrupt`."""

    def put(self, work: Work, rows: Sequence[tuple[Row, bytes]], *, urgent: bool = True) -> None:
        """Insert versions of records that stand nowhere, each with the leaf hash of its log entry.

        What is sealed is noted to be proposed to the other holders, before the rest if `urgent`: people sealed it.
        Records of other classes than criminal ones are judged by each holder alone.
        """

    def replace(self, work: Work, standing: Standing, row: Row, entry: bytes, *, urgent: bool = True) -> None:
        """Put `row`, the next version, in the place of the standing record, where its status asks for."""

    def withdraw(
        self, work: Work, standing: Standing, *, version: int, wrapped_key: bytes, event: bytes
    ) -> None:
        """Take the record out of every look-up; key and last event, both encrypted, stay as audit evidence (A16)."""
