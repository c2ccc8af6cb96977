"""Two registrations of one person: merged for every later question, and taken apart again (R2, R47).

A merge links the blind tokens of identity numbers and changes no record: a sealed part stays sealed, what is
entered under either number later belongs to both, and an undone merge leaves nothing behind but its history.
"""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from itertools import product

from sqlalchemy import delete, insert, select

from federation.clock import stamp
from federation.errors import (
    AlreadyExists,
    FieldViolation,
    InvalidRequest,
    NotFound,
    OutOfOrder,
    Stale,
)
from federation.evidence.entry import EntryKind
from federation.record.validate import text_faults
from federation.sealing import Status
from federation.tokens import digest_token, identifier_digest
from federation.v1 import identity_pb2 as pb
from federation.v1 import record_pb2, registry_pb2
from journal.writer import Work
from node.identity.links import Links
from node.identity.merge_book import MergeBook
from node.identity.schema import person_link
from node.registry.acts import Act, Desk, insist_first, insist_reason, insist_standing, newest_event, parse_id
from node.store import records

MOST_SHOWN = 1000


class Merging:
    """Merges registrations of this node, and takes merges back."""

    def __init__(self, *, desk: Desk, lookup_key: bytes, wrap_key: bytes) -> None:
        self._desk = desk
        self._lookup = lookup_key
        self._book = MergeBook(key=wrap_key)

    @property
    def links(self) -> Links:
        """The links that stand."""
        return self._desk.links

    def merge(self, said: pb.Merge, act: Act) -> pb.PersonMerge:
        """Say that two records are one person's.

        Raises `InvalidRequest` (no number, the same person already), `NotFound`, `Stale`, or `AlreadyExists`
        when another officer merged them first.
        """
        insist_reason(said.reason)
        insist_instrument(said.instrument)
        at = self._desk.now()
        one, other = parse_id(said.one.record_id), parse_id(said.other.record_id)

        def command(work: Work) -> pb.PersonMerge:
            insist_first(work, act)
            first = self._tokens(work, one, said.one.expected_version, at)
            second = self._tokens(work, other, said.other.expected_version, at)
            _insist_two(work, first, second)
            event = pb.MergeEvent(
                version=1,
                step=pb.MERGE_STEP_MERGED,
                one=said.one,
                other=said.other,
                reason=said.reason,
                instrument=said.instrument,
            )
            merge_id = os.urandom(16)
            self._write(work, merge_id, event, act, at, EntryKind.PERSONS_MERGED)
            rows = [
                {"merge_id": merge_id, "token": token, "linked": linked}
                for token, linked in (*product(first, second), *product(second, first))
            ]
            work.connection.execute(insert(person_link), rows)
            return self._book.read(work.connection, merge_id)

        return self._then_linked(self._desk.journal.run(command).value)

    def undo(self, said: pb.MergeUndoing, act: Act) -> pb.PersonMerge:
        """Take a merge back, and recall what was told by it.

        Raises `NotFound`, `Stale`, or `OutOfOrder` for one that was undone before.
        """
        insist_reason(said.reason)
        at = self._desk.now()
        merge_id = _merge_id(said.merge_id)

        def command(work: Work) -> tuple[pb.PersonMerge, list[bytes], list[bytes]]:
            insist_first(work, act)
            before = self._book.read(work.connection, merge_id)
            newest = before.events[-1]
            if not before.stands:
                raise OutOfOrder(f"{newest.officer} took this merge back at {newest.at}", reason="UNDONE")
            if before.version != said.expected_version:
                raise Stale(f"the merge is at version {before.version}", current=str(before.version))
            event = pb.MergeEvent(
                version=before.version + 1,
                step=pb.MERGE_STEP_UNDONE,
                one=newest.one,
                other=newest.other,
                reason=said.reason,
            )
            self._write(work, merge_id, event, act, at, EntryKind.MERGE_UNDONE)
            one, other = (records.ids_by_tokens(work.connection, side) for side in _sides(work, merge_id))
            work.connection.execute(delete(person_link).where(person_link.c.merge_id == merge_id))
            self._desk.disclosures.taken_apart(work, one, other, at)
            after = self._book.read(work.connection, merge_id)
            if not self._may_be_shown(work, after):
                del after.events[:]
            return after, one, other

        undone, one, other = self._desk.journal.run(command).value
        self._then_linked(undone)
        # Once more for what was answered by the old links until they were gone from memory.
        self._desk.journal.run(lambda work: self._desk.disclosures.taken_apart(work, one, other, at))
        return undone

    def show(self, wanted: pb.MergeFilter, act: Act) -> list[pb.PersonMerge]:
        """Return one merge, or the newest, with every step; raises `NotFound` or `InvalidRequest`.

        A merge of a record that is not open today is as one that never was (R45).
        """
        if not 1 <= wanted.limit <= MOST_SHOWN:
            raise InvalidRequest.of("limit", "SIZE", f"1 to {MOST_SHOWN}")
        at = stamp(self._desk.now())
        only = _merge_id(wanted.merge_id) if wanted.merge_id else None

        def command(work: Work) -> list[pb.PersonMerge]:
            insist_first(work, act)
            ids = [only] if only else self._book.ids(work.connection)
            read = [self._book.read(work.connection, each) for each in ids]
            found = [merge for merge in read if self._may_be_shown(work, merge)]
            if only and not found:
                raise NotFound("no merge of that id can be shown")
            work.log.append(
                EntryKind.MERGES_SHOWN,
                at=at,
                once=act.once,
                officer=act.officer,
                by=str(act.installation),
                merges=len(found),
            )
            return sorted(found, key=lambda merge: merge.events[0].at, reverse=True)[: wanted.limit]

        return self._desk.journal.run(command).value

    def _tokens(self, work: Work, record_id: bytes, expected: int, at: datetime) -> list[bytes]:
        """Return the tokens of the identity numbers of an open record; a sealed one is not found, as elsewhere."""
        event = self._open(work, record_id, at)
        if event is None:
            raise NotFound("no record of that id can be shown")
        insist_standing(work, record_id, expected)
        return [self._token(identifier) for identifier in event.record.person.identifiers]

    def _open(self, work: Work, record_id: bytes, at: datetime) -> registry_pb2.RecordEvent | None:
        standing = records.by_id(work.connection, record_id)
        if standing is None or standing.status is not Status.OPEN:
            return None
        event = newest_event(work, self._desk, standing)
        return event if self._desk.judged(work, event, at) is Status.OPEN else None

    def _may_be_shown(self, work: Work, merge: pb.PersonMerge) -> bool:
        merged, at = merge.events[0], self._desk.now()
        return all(
            self._open(work, parse_id(version.record_id), at) is not None
            for version in (merged.one, merged.other)
        )

    def _token(self, identifier: record_pb2.Identifier) -> bytes:
        return digest_token(self._lookup, identifier_digest(identifier.type, identifier.number))

    def _write(
        self, work: Work, merge_id: bytes, event: pb.MergeEvent, act: Act, at: datetime, kind: EntryKind
    ) -> None:
        event.officer, event.installation, event.at = act.officer, str(act.installation), stamp(at)
        clear = self._book.write(work.connection, merge_id, event)
        work.log.append(
            kind,
            at=stamp(at),
            once=act.once,
            officer=act.officer,
            by=str(act.installation),
            merge=merge_id.hex(),
            version=event.version,
            records=[event.one.record_id, event.other.record_id],
            digest=hashlib.sha256(clear).hexdigest(),
        )

    def _then_linked(self, merge: pb.PersonMerge) -> pb.PersonMerge:
        """Take the links up before the act is acknowledged: whoever asks afterwards is answered by them."""
        with self._desk.journal.engine.connect() as connection:
            self.links.load(connection)
        return merge


def _insist_two(work: Work, first: list[bytes], second: list[bytes]) -> None:
    """Raise unless these are two registrations by number that are not one person already."""
    if not first or not second:
        raise InvalidRequest.of(
            "one.record_id" if not first else "other.record_id",
            "R14",
            "has no identity number: a name alone is many persons'. Amend that record, giving its number",
        )
    if set(first) & set(second):
        raise InvalidRequest.of("other.record_id", "R14", "bears the same identity number already")
    standing = Links()
    standing.load(work.connection)
    if standing.are_one(first, second):
        raise AlreadyExists("these two are merged already: list the merges to see by whom and why")


def _sides(work: Work, merge_id: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the tokens that a merge linked to each other: every one of one side to every one of the other."""
    query = select(person_link.c.token, person_link.c.linked).where(person_link.c.merge_id == merge_id)
    pairs = [(bytes(row.token), bytes(row.linked)) for row in work.connection.execute(query)]
    first = pairs[0][0]
    others = [linked for token, linked in pairs if token == first]
    return [linked for token, linked in pairs if token == others[0]], others


def insist_instrument(instrument: record_pb2.Instrument) -> None:
    """Raise `InvalidRequest` unless the document on which an act rests is named."""
    violations = text_faults(instrument, "instrument.")
    violations += [
        FieldViolation(f"instrument.{name}", "R1", "name the document on which this rests")
        for name in ("reference", "issuer")
        if not getattr(instrument, name)
    ]
    if violations:
        raise InvalidRequest(violations)


def _merge_id(text: str) -> bytes:
    try:
        merge_id = bytes.fromhex(text)
    except ValueError:
        merge_id = b""
    if len(merge_id) != 16:
        raise InvalidRequest.of("merge_id", "FORMAT", "is not 32 hex digits")
    return merge_id
