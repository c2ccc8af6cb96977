"""Storage of the divisions where moved persons are registered now: found by blind tokens, encrypted."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from federation.v1 import record_pb2
from node.intake.locking import Locks
from node.intake.schema import moved
from node.store.rows import Sealer
from server.journal.work import View, Work

_ANY = select(moved.c.token).limit(1)


class MovedPersons:
    """Reads and writes the divisions that officers named; persons are known by identity numbers alone."""

    def __init__(self, *, sealer: Sealer) -> None:
        self._sealer = sealer
        self._locks = Locks(sealer.sealed_vault)

    def any(self, view: View) -> bool:
        """Return whether anybody is known to be registered elsewhere now."""
        return view.execute(_ANY).first() is not None

    def division(self, view: View, person: record_pb2.Person) -> str:
        """Return the division that registers the person now, "" when no officer has named one."""
        tokens = self._tokens(person)
        if not tokens:
            return ""
        row = view.execute(select(moved).where(moved.c.token.in_(tokens))).first()
        if row is None:
            return ""
        return self._locks.unlock(bytes(row.token), bytes(row.division), b"division").decode()

    def note(self, work: Work, person: record_pb2.Person, division: str) -> None:
        """Remember where the person is registered now."""
        for token in self._tokens(person):
            work.view.execute(delete(moved).where(moved.c.token == token))
            row = {"token": token, "division": self._locks.lock(token, division.encode(), b"division")}
            work.view.execute(insert(moved), row)

    def _tokens(self, person: record_pb2.Person) -> list[bytes]:
        only = record_pb2.Person(identifiers=person.identifiers)
        return list(self._sealer.tokens(only))
