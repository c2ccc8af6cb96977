"""The interface that the register needs of a store of records; any other store must keep it and pass its tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from federation.v1 import registry_pb2
from node.store.rows import CurrentRecord, RecordRow, Withdrawal
from server.journal.work import View, Work


class Records(Protocol):
    """The current records of one register, and every version of them.

    A record is kept among the open ones, or among those that are sealed or withheld, or it is withdrawn. `put`,
    `replace` and `withdraw` count in `Work.changed` each version that they store, and note in `Work.erased` that a key
    or a token has to leave the disk. They also note versions whose sealing the other holders must learn of, and count
    in `Work.counted` every row that they add or take away.
    """

    def by_id(self, view: View, record_id: bytes) -> CurrentRecord | None:
        """Return the record of that id, open or sealed; None when unknown or withdrawn."""

    def by_conviction(self, view: View, convictions: Iterable[bytes]) -> Mapping[bytes, CurrentRecord]:
        """Return the records registered for any of these tokens of person and judgment, open or not, by token."""

    def of_tokens(
        self, view: View, tokens: Iterable[bytes], *, most: int
    ) -> Iterator[tuple[CurrentRecord, registry_pb2.RecordEvent]]:
        """Yield the records that any of `tokens` leads to, open or not, with their newest version.

        A token that leads to more than `most` open records yields none of them. The same applies to sealed and withheld
        ones, counted separately, so that the open records found never depend on sealed ones (R41). Raises `Corrupt`.
        """

    def newest(self, view: View, current: CurrentRecord) -> registry_pb2.RecordEvent:
        """Return the newest version of a current record as it was written; raises `Corrupt`."""

    def put(self, work: Work, rows: Sequence[tuple[RecordRow, bytes]], *, urgent: bool = True) -> None:
        """Insert versions of records that are in no table yet, each with the leaf hash of its log entry.

        Sealed records are noted to be proposed to the other holders; those that people sealed are `urgent` and go
        first. Records of other classes than criminal ones are judged by each holder alone.
        """

    def replace(
        self, work: Work, current: CurrentRecord, row: RecordRow, entry: bytes, *, urgent: bool = True
    ) -> None:
        """Replace the current record by `row`, its next version, in the place that its status requires."""

    def withdraw(self, work: Work, current: CurrentRecord, last: Withdrawal) -> None:
        """Remove the record from every look-up; key and last event, both encrypted, stay as audit evidence (A16)."""
