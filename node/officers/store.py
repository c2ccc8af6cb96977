"""Storage of a node's officers: found by id, or by any spelling of the name."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, insert, select, update

from federation.v1 import officer_pb2 as pb
from federation.values.officers import officer_key, same_officer
from federation.values.tokens import token
from node.officers.schema import officer as table
from node.store.counted import count_in, recounted
from server.journal.cipher import Cipher
from server.journal.work import View, Work

OFFICERS: Final = table.name


class OfficerStore:
    """Reads and writes officers; `key` encrypts them, `lookup_key` makes the blind tokens of their names."""

    def __init__(self, *, key: bytes, lookup_key: bytes) -> None:
        self._box = Cipher(key)
        self._lookup_key = lookup_key

    def any(self, view: View) -> bool:
        """Return whether an officer was ever registered."""
        return view.execute(select(table.c.id).limit(1)).first() is not None

    def remaining(self, view: View) -> int:
        """Return how many officers are registered now."""
        return int(view.execute(select(func.count()).where(table.c.removed.is_(False))).scalar_one())

    def find(self, view: View, id: str) -> pb.Officer | None:
        """Return the officer of that id, removed or not; None for an id that was never given."""
        body = view.execute(select(table.c.body).where(table.c.id == id)).scalar_one_or_none()
        return None if body is None else self._opened(id, bytes(body))

    def named(self, view: View, name: str) -> pb.Officer | None:
        """Return the registered officer whose name this is, however it is written; of several, who is written so.

        An earlier program compared names otherwise: it made other tokens of some, and registered two that look alike.
        """
        query = select(table.c.id, table.c.body).where(
            table.c.person == self._person(name), table.c.removed.is_(False)
        )
        row = view.execute(query).one_or_none()
        found = None if row is None else self._opened(row.id, bytes(row.body))
        if found is not None and found.name == name:
            return found
        alike = [each for each in self.all(view) if not each.removed_at and same_officer(each.name, name)]
        return next((each for each in alike if each.name == name), alike[0] if alike else None)

    def all(self, view: View) -> list[pb.Officer]:
        """Return all officers, by id."""
        rows = view.execute(select(table.c.id, table.c.body).order_by(table.c.id))
        return [self._opened(row.id, bytes(row.body)) for row in rows]

    def add(self, work: Work, officer: pb.Officer) -> None:
        """Keep an officer whose id and name nobody registered has."""
        row = {"id": officer.id, **self._row(officer)}
        work.view.execute(insert(table), row)
        count_in(work, table.name, row)

    def change(self, work: Work, officer: pb.Officer) -> None:
        """Replace what is kept of an officer."""
        with recounted(work, table, [officer.id]):
            work.view.execute(update(table).where(table.c.id == officer.id).values(**self._row(officer)))

    def _row(self, officer: pb.Officer) -> dict[str, object]:
        return {
            "person": self._person(officer.name),
            "removed": bool(officer.removed_at),
            "body": self._box.lock(officer.SerializeToString(), b"officer" + officer.id.encode()),
        }

    def _opened(self, id: str, body: bytes) -> pb.Officer:
        return pb.Officer.FromString(self._box.unlock(body, b"officer" + id.encode()))

    def _person(self, name: str) -> bytes:
        return token(self._lookup_key, "officer", officer_key(name))
