"""Storage of decisions that a record is not a certain person's: their steps, insert-only, and the pairs in force."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, insert, select

from federation.errors import AlreadyExists, NotFound
from federation.v1 import identity_pb2 as pb
from node.register.links_schema import distinction, distinction_event
from node.store.counted import count_in, count_out
from server.journal.cipher import Cipher
from server.journal.work import View, Work


def records_of(view: View, persons: Collection[bytes]) -> set[bytes]:
    """Return the tokens of the records that are not of the persons with these tokens."""
    query = select(distinction.c.record).where(distinction.c.person.in_(persons))
    return {bytes(record) for record in view.execute(query).scalars()}


class DistinctionStore:
    """Reads and writes decisions; `key` encrypts their steps."""

    def __init__(self, *, key: bytes) -> None:
        self._key = Cipher(key)

    def ids(self, view: View) -> list[bytes]:
        """Return the id of every decision."""
        found = view.execute(select(distinction_event.c.distinction_id).distinct()).scalars()
        return [bytes(each) for each in found]

    def read(self, view: View, distinction_id: bytes) -> pb.PersonDistinction:
        """Return a decision with every step, oldest first; raises `NotFound`."""
        its = distinction_event.c.distinction_id == distinction_id
        events = [
            pb.DistinctionEvent.FromString(
                self._key.unlock(bytes(row.body), _place(distinction_id, row.version))
            )
            for row in view.execute(
                select(distinction_event).where(its).order_by(distinction_event.c.version)
            )
        ]
        if not events:
            raise NotFound("no decision of that id can be shown: take the id from the list of decisions")
        return pb.PersonDistinction(
            distinction_id=distinction_id.hex(),
            version=events[-1].version,
            stands=self._pair(view, distinction_id) is not None,
            events=events,
        )

    def write(self, work: Work, distinction_id: bytes, event: pb.DistinctionEvent) -> bytes:
        """Keep a step; return its bytes in clear, for its digest."""
        clear = event.SerializeToString(deterministic=True)
        body = self._key.lock(clear, _place(distinction_id, event.version))
        values = {"distinction_id": distinction_id, "version": event.version, "body": body}
        work.view.execute(insert(distinction_event), values)
        return clear

    def stand(self, work: Work, distinction_id: bytes, person: bytes, record: bytes) -> None:
        """Put the decision in force; raises `AlreadyExists` where another about the same two is."""
        both = (distinction.c.person == person, distinction.c.record == record)
        if work.view.execute(select(distinction.c.person).where(*both)).first() is not None:
            raise AlreadyExists("it is decided already that this record is not that person's")
        row = {"person": person, "record": record, "distinction_id": distinction_id}
        work.view.execute(insert(distinction), row)
        count_in(work, distinction.name, row)

    def fall(self, work: Work, distinction_id: bytes) -> bool:
        """End the force of the decision; return whether it was in force."""
        row = self._pair(work.view, distinction_id)
        if row is None:
            return False
        work.view.execute(delete(distinction).where(distinction.c.distinction_id == distinction_id))
        count_out(work, distinction.name, row)
        return True

    def _pair(self, view: View, distinction_id: bytes) -> dict[str, bytes] | None:
        query = select(distinction).where(distinction.c.distinction_id == distinction_id)
        row = view.execute(query).mappings().one_or_none()
        return None if row is None else {name: bytes(value) for name, value in row.items()}


def _place(distinction_id: bytes, version: int) -> bytes:
    return b"distinction_event" + distinction_id + version.to_bytes(4, "big")
