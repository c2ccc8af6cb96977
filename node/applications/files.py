"""Keep application files: numbered in the transaction, every step ciphertext under the file's own key."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from federation.errors import NotFound
from federation.v1 import application_pb2 as pb
from federation.v1 import document_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.tokens import token
from node.applications.history import fold
from node.applications.schema import (
    application,
    application_document,
    application_event,
    application_token,
)
from node.store.vault import Vault
from server.journal.cipher import Cipher


@dataclass(frozen=True, slots=True)
class File:
    """One application with the key of what is personal in it."""

    application: pb.Application
    key: Cipher


@dataclass(frozen=True, slots=True)
class Issued:
    """A document as it is issued: what is signed, and what stays known of it."""

    envelope: Envelope
    document: document_pb2.Document
    header: document_pb2.DocumentHeader


class Files:
    """The application files of one node."""

    def __init__(self, *, wrap_key: bytes, lookup_key: bytes, node: str) -> None:
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

    def count(self, connection: Connection, tokens: Sequence[bytes], year: int, *, besides: str = "") -> int:
        """Return how many applications of the person in `year` stand, those not accepted left out."""
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
        return int(connection.execute(query).scalar_one()) if tokens else 0

    def open(
        self, connection: Connection, event: pb.ApplicationEvent, *, year: int, submitted_on: str
    ) -> File:
        """Begin a file with its first event; the number is the next of this node and year."""
        latest = select(func.max(application.c.serial)).where(application.c.year == year)
        serial = (connection.execute(latest).scalar_one() or 0) + 1
        number = f"{self._node}-{year}-{serial:06d}"
        data_key = os.urandom(32)
        connection.execute(
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
            connection.execute(insert(application_token), rows)
        file = File(pb.Application(number=number), Cipher(data_key))
        self._write(connection, file, event)
        return File(fold(number, [event]), file.key)

    def load(self, connection: Connection, number: str) -> File:
        """Return a file; raises `NotFound`."""
        query = select(application.c.wrapped_key).where(application.c.number == number)
        wrapped = connection.execute(query).scalar_one_or_none()
        if wrapped is None:
            raise NotFound(f"no application {number[:64]!r} at this node")
        key = Cipher(self._vault.unwrap(bytes(wrapped), number.encode()))
        rows = connection.execute(
            select(application_event.c.version, application_event.c.body)
            .where(application_event.c.number == number)
            .order_by(application_event.c.version)
        )
        events = [
            pb.ApplicationEvent.FromString(key.unlock(bytes(row.body), _event_place(number, row.version)))
            for row in rows
        ]
        made = fold(number, events)
        superseded = select(application_document.c.number, application_document.c.superseded_by).where(
            application_document.c.application == number
        )
        later = {row.number: row.superseded_by for row in connection.execute(superseded)}
        for header in made.documents:
            header.superseded_by = later.get(header.number, "")
        return File(made, key)

    def append(self, connection: Connection, file: File, event: pb.ApplicationEvent) -> File:
        """Add a step to a file; return the file as it is now."""
        self._write(connection, file, event)
        connection.execute(
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

    def issue(self, connection: Connection, file: File, issued: Sequence[Issued]) -> None:
        """Keep documents that a step issues; one that takes another's place is noted at that one."""
        for each in issued:
            said = each.document
            body = file.key.lock(
                each.envelope.SerializeToString(deterministic=True), _document_place(said.number)
            )
            connection.execute(
                insert(application_document),
                {
                    "number": said.number,
                    "application": file.application.number,
                    "digest": each.header.digest,
                    "check": self.check(said.number, said.code),
                    "issued_on": said.issued_on,
                    "valid_until": said.valid_until,
                    "collect_until": each.header.collect_until,
                    "superseded_by": "",
                    "body": body,
                },
            )
            if said.supersedes:
                connection.execute(
                    update(application_document)
                    .where(application_document.c.number == said.supersedes)
                    .values(superseded_by=said.number)
                )

    def supersede_results(
        self, connection: Connection, persons: Sequence[bytes], by: str, *, besides: str, today: str
    ) -> None:
        """Note at every result in force of these persons' other applications that `by` takes its place.

        A corrected result speaks for what earlier ones said of the same person, whatever that was.
        """
        of_person = select(application_token.c.number).where(application_token.c.token.in_(persons))
        connection.execute(
            update(application_document)
            .where(
                application_document.c.application.in_(of_person),
                application_document.c.application != besides,
                application_document.c.superseded_by == "",
                application_document.c.valid_until >= today,
            )
            .values(superseded_by=by)
        )

    def collect(self, connection: Connection, file: File, today: str) -> list[Envelope]:
        """Return the documents that are still handed out, oldest first."""
        rows = connection.execute(
            select(application_document.c.number, application_document.c.body)
            .where(
                application_document.c.application == file.application.number,
                application_document.c.collect_until >= today,
            )
            .order_by(func.length(application_document.c.number), application_document.c.number)
        )
        return [
            Envelope.FromString(file.key.unlock(bytes(row.body), _document_place(row.number)))
            for row in rows
            if row.body
        ]

    def forget(self, connection: Connection, today: str) -> None:
        """Remove the content of documents whose days of collection are over (R45)."""
        connection.execute(
            update(application_document)
            .where(application_document.c.collect_until < today, application_document.c.body != b"")
            .values(body=b"")
        )

    def check(self, number: str, code: str) -> bytes:
        """Return what is kept of a verification code."""
        return token(self._lookup, "document", number, code)

    def _write(self, connection: Connection, file: File, event: pb.ApplicationEvent) -> None:
        number = file.application.number
        body = file.key.lock(event.SerializeToString(deterministic=True), _event_place(number, event.version))
        connection.execute(
            insert(application_event), {"number": number, "version": event.version, "body": body}
        )


def _event_place(number: str, version: int) -> bytes:
    return b"application_event" + number.encode() + version.to_bytes(4, "big")


def _document_place(number: str) -> bytes:
    return b"application_document" + number.encode()
