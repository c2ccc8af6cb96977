"""Storage of announcements: encrypted while they are on their way, as blind tokens where they arrived."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeAlias

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from federation.v1 import announcing_pb2 as pb
from federation.v1 import query_pb2
from federation.v1.envelope_pb2 import Envelope
from federation.values.terms import RecordClass
from federation.values.tokens import subject_tokens
from node.announcing.schema import announced, awaited, waiting
from server.journal.cipher import Cipher
from server.journal.work import View, Work

#: Days after its release for which an announcement keeps a record on top of the list.
KEPT: Final = timedelta(days=90)
#: The classes of record that an application for a purpose, under a provision, searches.
Searches: TypeAlias = Callable[[query_pb2.Purpose.ValueType, str], Collection[RecordClass]]


@dataclass(frozen=True, slots=True)
class WaitingAnnouncement:
    """An announcement of this node, and the nodes that have not taken it yet."""

    application: str
    envelope: Envelope
    awaited: tuple[str, ...]


class AnnouncementStore:
    """Reads and writes announcements; `key` encrypts them, `lookup_key` makes the tokens of their persons."""

    def __init__(self, *, key: bytes, lookup_key: bytes) -> None:
        self._box = Cipher(key)
        self._lookup_key = lookup_key

    def send(
        self, work: Work, application: str, envelope: Envelope, release_on: str, nodes: Collection[str]
    ) -> None:
        """Keep an announcement for these nodes until each has taken it."""
        if not nodes:
            return
        body = self._box.lock(envelope.SerializeToString(), _place(application))
        row = {"application": application, "release_on": release_on, "body": body}
        work.view.execute(insert(waiting).on_conflict_do_nothing(), row)
        rows = [{"application": application, "node": node} for node in nodes]
        work.view.execute(insert(awaited).on_conflict_do_nothing(), rows)

    def waiting(self, view: View) -> list[WaitingAnnouncement]:
        """Return what some node has yet to take, the first to be released first."""
        nodes: dict[str, list[str]] = {}
        for row in view.execute(select(awaited).order_by(awaited.c.node)):
            nodes.setdefault(row.application, []).append(row.node)
        rows = view.execute(select(waiting).order_by(waiting.c.release_on, waiting.c.application))
        return [
            WaitingAnnouncement(
                row.application,
                Envelope.FromString(self._box.unlock(bytes(row.body), _place(row.application))),
                tuple(nodes.get(row.application, ())),
            )
            for row in rows
        ]

    def taken(self, work: Work, application: str, nodes: Iterable[str]) -> None:
        """Forget the nodes that have taken an announcement, and the announcement with the last of them."""
        its = awaited.c.application == application
        work.view.execute(delete(awaited).where(its, awaited.c.node.in_(list(nodes))))
        if work.view.execute(select(awaited.c.node).where(its).limit(1)).first() is None:
            work.view.execute(delete(waiting).where(waiting.c.application == application))
            work.erased = True

    def remember(self, work: Work, announcement: pb.Announcement) -> None:
        """Keep the persons of an application as tokens; the same again changes nothing."""
        tokens = {
            token
            for person in announcement.persons
            for found in subject_tokens(self._lookup_key, person)
            for token in found
        }
        its = {
            "application": announcement.application,
            "release_on": announcement.release_on,
            "purpose": announcement.purpose,
            "basis": announcement.basis,
        }
        rows = [{"token": token, **its} for token in tokens]
        if rows:
            work.view.execute(insert(announced).on_conflict_do_nothing(), rows)

    def forget(self, work: Work, today: date) -> None:
        """Forget announcements whose release is long past, here and on their way."""
        last = (today - KEPT).isoformat()
        work.view.execute(delete(announced).where(announced.c.release_on < last))
        old = select(waiting.c.application).where(waiting.c.release_on < last)
        work.view.execute(delete(awaited).where(awaited.c.application.in_(old)))
        work.view.execute(delete(waiting).where(waiting.c.release_on < last))

    def releases(self, view: View, searches: Searches) -> dict[RecordClass, dict[bytes, str]]:
        """Return by class the earliest release of an application about each person, by token, that searches it."""
        kinds = (announced.c.token, announced.c.purpose, announced.c.basis)
        query = select(*kinds, func.min(announced.c.release_on).label("first")).group_by(*kinds)
        found: dict[RecordClass, dict[bytes, str]] = {name: {} for name in RecordClass}
        for row in view.execute(query):
            for name in searches(row.purpose, row.basis):
                earlier = found[name].get(bytes(row.token), row.first)
                found[name][bytes(row.token)] = min(earlier, row.first)
        return found

    def release_of(self, view: View, application: str) -> str:
        """Return the day of an application's release; "" for one that was not announced here."""
        query = select(announced.c.release_on).where(announced.c.application == application).limit(1)
        return view.execute(query).scalar_one_or_none() or ""


def _place(application: str) -> bytes:
    return b"announcement_waiting" + application.encode()
