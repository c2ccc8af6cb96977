"""Storage of working records: encrypted under a key of their own, which no reader of the register holds."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, insert, select

from federation.v1 import record_pb2, working_pb2
from federation.values.tokens import person_tokens
from node.working.schema import working_access, working_record, working_token
from server.journal.cipher import Cipher
from server.journal.work import View, Work


class WorkingStore:
    """Reads and writes working records, and every act on them."""

    def __init__(self, *, key: bytes) -> None:
        self._key = key
        self._box = Cipher(key)

    def put(self, work: Work, working_id: bytes, note: working_pb2.WorkingNote) -> None:
        """Keep a new working record."""
        body = self._box.lock(note.SerializeToString(), b"working_record" + working_id)
        work.view.execute(insert(working_record), {"working_id": working_id, "body": body})
        tokens = [{"token": each, "working_id": working_id} for each in self._tokens(note.person)]
        if tokens:
            work.view.execute(insert(working_token), tokens)

    def note(self, view: View, working_id: bytes) -> working_pb2.WorkingNote | None:
        """Return the working record of that id; None for an unknown one."""
        query = select(working_record.c.body).where(working_record.c.working_id == working_id)
        body = view.execute(query).scalar_one_or_none()
        if body is None:
            return None
        clear = self._box.unlock(bytes(body), b"working_record" + working_id)
        return working_pb2.WorkingNote.FromString(clear)

    def about(self, view: View, identifier: record_pb2.Identifier) -> list[bytes]:
        """Return the ids of the working records about the person of that number, in their order."""
        tokens = self._tokens(record_pb2.Person(identifiers=[identifier]))
        query = select(working_token.c.working_id).where(working_token.c.token.in_(tokens)).distinct()
        return sorted(bytes(each) for each in view.execute(query).scalars())

    def add_access(self, work: Work, working_id: bytes, access: working_pb2.WorkingAccess) -> None:
        """Remember an act on a working record."""
        query = select(func.count()).where(working_access.c.working_id == working_id)
        number = work.view.execute(query).scalar_one() + 1
        body = self._box.lock(access.SerializeToString(), _place(working_id, number))
        work.view.execute(insert(working_access), {"working_id": working_id, "number": number, "body": body})

    def accesses(self, view: View, working_id: bytes) -> list[working_pb2.WorkingAccess]:
        """Return all acts on a working record, oldest first."""
        query = (
            select(working_access.c.number, working_access.c.body)
            .where(working_access.c.working_id == working_id)
            .order_by(working_access.c.number)
        )
        return [
            working_pb2.WorkingAccess.FromString(
                self._box.unlock(bytes(row.body), _place(working_id, row.number))
            )
            for row in view.execute(query)
        ]

    def _tokens(self, person: record_pb2.Person) -> Iterable[bytes]:
        return list(dict.fromkeys(person_tokens(self._key, person)))


def handlers(accesses: Iterable[working_pb2.WorkingAccess]) -> list[str]:
    """Return the handlers: all officers named when it was added or assigned, each once."""
    return list(dict.fromkeys(name for access in accesses for name in access.handlers))


def _place(working_id: bytes, number: int) -> bytes:
    return b"working_access" + working_id + number.to_bytes(4, "big")
