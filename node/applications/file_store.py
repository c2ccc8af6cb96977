"""Storage of application files: numbered in the transaction, each step encrypted under the file's own key."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from sqlalchemy import func, insert, select, update

from federation.errors import NotFound
from federation.v1 import application_pb2 as pb
from federation.values.tokens import token
from node.applications.files import File
from node.applications.history import fold
from node.applications.issued_store import IssuedStore
from node.applications.schema import application, application_event, application_token
from node.store.vault import Vault
from server.journal.cipher import Cipher
from server.journal.work import View, Work


class FileStore:
    """The application files of one node, with the documents issued for them in `documents`."""

    def __init__(self, *, wrap_key: bytes, lookup_key: bytes, node: str) -> None:
        self.documents = IssuedStore(lookup_key=lookup_key)
        self._vault = Vault(key=wrap_key, purpose="application")
        self._lookup = lookup_key
        self._node = node

    def persons(self, submission: pb.Submission) -> list[bytes]:
        """Return the tokens under which a person's own applications are counted."""
        if submission.kind != pb.APPLICATION_KIND_OWN:
            return []
        return [
            token(self._lookup, "applicant", f"{i.type}:{i.number}") for i in submission.subject.identifiers
        ]

    def count(self, view: View, tokens: Sequence[bytes], year: int, *, besides: str = "") -> int:
        """Return the number of the person's applications in `year`, without those that were not accepted."""
        query = (
            select(func.count(func.distinct(application_token.c.number)))
            .select_from(application_token.join(application))
            .where(
                application_token.c.token.in_(tokens),
                application_token.c.year == year,
                application_token.c.number != besides,
                application.c.state != pb.APPLICATION_STATE_NOT_ACCEPTED,
            )
        )
        return int(view.execute(query).scalar_one()) if tokens else 0

    def open(self, work: Work, event: pb.ApplicationEvent, *, year: int, submitted_on: str) -> File:
        """Begin a file with its first event; the number is the next of this node and year."""
        latest = select(func.max(application.c.serial)).where(application.c.year == year)
        serial = (work.view.execute(latest).scalar_one() or 0) + 1
        number = f"{self._node}-{year}-{serial:06d}"
        data_key = os.urandom(32)
        work.view.execute(
            insert(application),
            {
                "number": number,
                "year": year,
                "serial": serial,
                "version": event.version,
                "state": event.state,
                "kind": event.submission.kind,
                "verifying": 0,
                "submitted_on": submitted_on,
                "due_on": event.due_on,
                "wrapped_key": self._vault.wrap(data_key, number.encode()),
            },
        )
        rows = [
            {"token": each, "year": year, "number": number}
            for each in dict.fromkeys(self.persons(event.submission))
        ]
        if rows:
            work.view.execute(insert(application_token), rows)
        file = File(pb.Application(number=number), Cipher(data_key))
        _write(work, file, event)
        return File(fold(number, [event]), file.key)

    def load(self, view: View, number: str) -> File:
        """Return a file; raises `NotFound`."""
        query = select(application.c.wrapped_key).where(application.c.number == number)
        wrapped = view.execute(query).scalar_one_or_none()
        if wrapped is None:
            raise NotFound(
                f"no application {number[:64]!r} at this node: check the number, its beginning names the node"
            )
        key = Cipher(self._vault.unwrap(bytes(wrapped), number.encode()))
        rows = view.execute(
            select(application_event.c.version, application_event.c.body)
            .where(application_event.c.number == number)
            .order_by(application_event.c.version)
        )
        events = [
            pb.ApplicationEvent.FromString(key.unlock(bytes(row.body), _event_place(number, row.version)))
            for row in rows
        ]
        made = fold(number, events)
        later = self.documents.superseded(view, number)
        for header in made.documents:
            header.superseded_by = later.get(header.number, "")
        return File(made, key)

    def append(self, work: Work, file: File, event: pb.ApplicationEvent) -> File:
        """Add a step to a file; return the file as it is now."""
        _write(work, file, event)
        work.view.execute(
            update(application)
            .where(application.c.number == file.application.number)
            .values(
                version=event.version,
                state=event.state,
                verifying=int(event.verifying),
                due_on=event.due_on,
            )
        )
        return File(fold(file.application.number, [*file.application.events, event]), file.key)

    def lines(
        self, view: View, states: Collection[int], *, today: str, late_only: bool, limit: int
    ) -> list[pb.ApplicationLine]:
        """Return up to `limit` applications in `states` (in any, if empty), the newest first."""
        query = select(application).order_by(application.c.year.desc(), application.c.serial.desc())
        if states:
            query = query.where(application.c.state.in_(states))
        if late_only:
            query = query.where(application.c.due_on != "", application.c.due_on < today)
        return [
            pb.ApplicationLine(
                number=row.number,
                version=row.version,
                kind=row.kind,
                state=row.state,
                verifying=bool(row.verifying),
                submitted_on=row.submitted_on,
                due_on=row.due_on,
                late=bool(row.due_on) and row.due_on < today,
            )
            for row in view.execute(query.limit(limit)).all()
        ]


def _write(work: Work, file: File, event: pb.ApplicationEvent) -> None:
    number = file.application.number
    body = file.key.lock(event.SerializeToString(deterministic=True), _event_place(number, event.version))
    work.view.execute(insert(application_event), {"number": number, "version": event.version, "body": body})


def _event_place(number: str, version: int) -> bytes:
    return b"application_event" + number.encode() + version.to_bytes(4, "big")
