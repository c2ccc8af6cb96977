"""Entering (录入): validated, judged and encrypted before the transaction, compared and inserted within it.

A receipt is given after the commit and never shows whether the record was sealed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from federation.errors import FieldViolation, InvalidRequest
from federation.evidence.entry import EntryKind
from federation.law.sealing import Status
from federation.v1 import record_pb2, registry_pb2
from federation.values.clock import stamp
from node.register import hold_store
from node.register.acts import (
    Register,
    admit_here,
    content_version,
    log_change,
    provenance_of,
    receipt_of,
    registered,
)
from node.register.holds import Watched, held_by
from node.register.putting import put
from node.register.quarantine import set_aside
from node.store.rows import CurrentRecord, RecordRow
from server.journal.log import Once
from server.journal.work import Work
from server.opening import Act


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A valid record about to be entered: its row, and the digest that its receipt names."""

    row: RecordRow
    digest: bytes
    event: registry_pb2.RecordEvent
    #: The other holder's seal because of which it is withheld.
    watched: Watched | None = None


class Registrar:
    """Takes records in, a page at a time."""

    def __init__(self, *, register: Register) -> None:
        self._register = register

    def enter(self, page: Sequence[record_pb2.Record], act: Act) -> list[registry_pb2.EntryOutcome]:
        """Enter a page; each record ends in a receipt or in quarantine with every reason, in order.

        While questions are asked, the page is entered in pieces, each durable by itself. If a later piece fails,
        records of the earlier ones are acknowledged as repetitions when they are sent again. Raises `Replayed`
        when the page came before.
        """
        urgent, outcomes = len(page) == 1, list[registry_pb2.EntryOutcome]()
        for piece in self._register.journal.giving_way.pieces(page):
            outcomes += self._enter(piece, act, first=not outcomes, urgent=urgent)
        return outcomes

    def _enter(
        self, page: Sequence[record_pb2.Record], act: Act, *, first: bool, urgent: bool
    ) -> list[registry_pb2.EntryOutcome]:
        """Enter a piece of a page; the first piece uses up the page's nonce."""
        at = self._register.now()
        prepared = [self.prepare(record, act, at) for record in page]

        def command(work: Work) -> list[registry_pb2.EntryOutcome]:
            if first:
                act.insist_first(work)
            return self._store(work, page, prepared, act, at, once=act.once if first else None, urgent=urgent)

        return self._register.journal.run(command, yields=not urgent).value

    def prepare(
        self, record: record_pb2.Record, act: Act, at: datetime, *, final_instance: bool = False
    ) -> NewRecord | InvalidRequest:
        """Return `record` ready for the transaction, or every reason why it cannot be entered.

        `final_instance` is true if a court's notice states that the judgment was final when made (A5).
        """
        digest = hashlib.sha256(record.SerializeToString(deterministic=True)).digest()
        try:
            canonical = admit_here(record, self._register, at, final_instance=final_instance, new=True)
        except InvalidRequest as error:
            return error
        event = registry_pb2.RecordEvent(
            kind=registry_pb2.RECORD_EVENT_KIND_ENTERED,
            version=1,
            record=canonical,
            provenance=provenance_of(act, at, canonical, digest),
        )
        row = self._register.sealer.row(
            event, record_id=os.urandom(16), status=self._register.stands(event, at)
        )
        return NewRecord(row, digest, event)

    def held(self, work: Work, entries: Sequence[NewRecord], act: Act, at: datetime) -> list[NewRecord]:
        """Return the entries to store: those that another holder has sealed are entered as withheld (R45)."""
        if not hold_store.any_stands(work.view):
            return list(entries)
        open_ones = [e for e in entries if e.row.status is Status.OPEN]
        marked = [(e.row.record_id, self._register.marks(e.event.record)) for e in open_ones]
        found = dict(zip((m[0] for m in marked), hold_store.fitting(work.view, marked), strict=True))
        return [self._as_held(e, found.get(e.row.record_id), act, at) for e in entries]

    def _as_held(self, entry: NewRecord, watched: Watched | None, act: Act, at: datetime) -> NewRecord:
        if watched is None:
            return entry
        event = registry_pb2.RecordEvent()
        event.CopyFrom(entry.event)
        event.order.CopyFrom(held_by(watched, act.officer, at))
        row = self._register.sealer.row(event, record_id=entry.row.record_id, status=Status.WITHHELD)
        return NewRecord(row, entry.digest, event, watched)

    def _repeated(self, work: Work, current: CurrentRecord, digest: bytes) -> registry_pb2.Receipt:
        """Return the receipt of a record that is here already: nothing in it shows a seal ordered since (R41)."""
        version, entered_at = current.version, current.entered_at
        if current.version > 1:
            event = self._register.records.newest(work.view, current)
            version = content_version(event)
            if event.HasField("content_provenance"):
                entered_at = event.content_provenance.entered_at
        return registry_pb2.Receipt(
            record_id=current.record_id.hex(),
            version=version,
            digest=digest,
            entered_at=entered_at,
            log_entry=current.entry,
            repeated=True,
        )

    def _store(
        self,
        work: Work,
        page: Sequence[record_pb2.Record],
        prepared: Sequence[NewRecord | InvalidRequest],
        act: Act,
        at: datetime,
        *,
        once: Once | None,
        urgent: bool,
    ) -> list[registry_pb2.EntryOutcome]:
        entries = self.held(work, [p for p in prepared if isinstance(p, NewRecord)], act, at)
        ready = iter(entries)
        prepared = [next(ready) if isinstance(p, NewRecord) else p for p in prepared]
        there = registered(self._register, work.view, [e.row for e in entries])
        new: list[tuple[RecordRow, bytes]] = []
        outcomes = []
        for record, item in zip(page, prepared, strict=True):
            current = there.get(item.row.conviction) if isinstance(item, NewRecord) else None
            if isinstance(item, NewRecord) and current is None:
                leaf = log_change(work, EntryKind.ENTERED, act, at, item.row, item.digest, once)
                new.append((item.row, leaf))
                if item.watched is not None:
                    hold_store.note_holds(work, [(item.row.record_id, item.watched)])
                there[item.row.conviction] = item.row.current(leaf)
                outcomes.append(registry_pb2.EntryOutcome(receipt=receipt_of(item.row, item.digest, leaf)))
                once = None
            elif isinstance(item, NewRecord) and current is not None and current.content == item.row.content:
                receipt = self._repeated(work, current, item.digest)
                outcomes.append(registry_pb2.EntryOutcome(receipt=receipt))
            else:
                violations = item.violations if isinstance(item, InvalidRequest) else _conflict()
                aside = set_aside(work, self._register, record, violations, act, at, once)
                outcomes.append(registry_pb2.EntryOutcome(quarantined=aside))
                once = None
        if once is not None:  # a page of repetitions only: its nonce is used up too
            work.log.append(
                EntryKind.REPEAT, at=stamp(at), once=once, officer=act.officer, by=str(act.installation)
            )
        # The seal of a single entry by an officer spreads before the seals of an import.
        put(work, self._register, new, at, urgent=urgent)
        return outcomes


def _conflict() -> list[FieldViolation]:
    return [
        FieldViolation(
            "judgment_number",
            "ALREADY_EXISTS",
            "this person and judgment are registered with another content: amend that record",
        )
    ]
