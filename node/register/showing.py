"""Showing a record and its history to its own agency, under today's sealing."""

from __future__ import annotations

from federation.evidence.entry import EntryKind
from federation.law import sealing
from federation.transport.limits import RESPONSE_CONTENT, first_page
from federation.v1 import recall_pb2, record_pb2, registry_pb2
from federation.values.clock import stamp
from node.register.acts import Register, not_shown, parse_id
from node.register.sealed_others import SealedOthers
from node.store.reading import Reader, StoredRecord
from server.journal.work import Work
from server.opening import Act

#: Versions in one page of a history, at most.
MOST_VERSIONS = 1000


class OpenRecords:
    """Reads open records only: sealed, withheld and unknown ones are equally not found."""

    def __init__(self, *, register: Register, reader: Reader, others: SealedOthers) -> None:
        self._register = register
        self._reader = reader
        self._others = others

    def show(self, reference: registry_pb2.RecordReference, act: Act) -> record_pb2.Facet:
        """Return an open record; sealed, withheld and unknown ones are equally `NotFound`.

        What may name another offender of its judgment who is sealed is left out (R41).
        """
        record_id = parse_id(reference.record_id)
        stored = self._reader.show(record_id)
        open_now = self._is_open(stored)
        self._log_shown(reference.record_id, act, found=open_now)
        if stored is None or not open_now:
            raise not_shown()
        facet = record_pb2.Facet(
            record_id=stored.record_id.hex(),
            version=stored.event.version,
            record=stored.event.record,
            provenance=stored.provenance,
        )
        self._others.hide([facet], self._register.extensions())
        return facet

    def history(self, wanted: registry_pb2.HistoryPage, act: Act) -> registry_pb2.HistoryResponse:
        """Return a page of the versions of a record that is open today, oldest first.

        A record that is sealed now has no history to show.
        """
        record_id = parse_id(wanted.record_id)
        stored = self._reader.show(record_id)
        open_now = self._is_open(stored)
        self._log_shown(wanted.record_id, act, found=open_now)
        if stored is None or not open_now:
            raise not_shown()
        events = first_page(
            self._reader.versions(record_id, wanted.after_version),
            registry_pb2.RecordEvent.ByteSize,
            most=MOST_VERSIONS,
            content=RESPONSE_CONTENT,
        )
        more = bool(events) and events[-1].version < stored.event.version
        versions = self._reader.versions(record_id)
        self._others.hide_in_history(record_id, events, versions, self._register.extensions())
        return registry_pb2.HistoryResponse(events=events, more=more)

    def disclosures(self, reference: registry_pb2.RecordReference, act: Act) -> list[recall_pb2.Disclosure]:
        """Return to whom an open record was disclosed, and which of those answers are recalled (R50)."""
        self.show(reference, act)
        with self._register.journal.reading() as view:
            return self._register.disclosures.of(view, parse_id(reference.record_id))

    def _is_open(self, stored: StoredRecord | None) -> bool:
        if stored is None:
            return False
        return self._register.stands(stored.event, self._register.now()) is sealing.Status.OPEN

    def _log_shown(self, record_id: str, act: Act, *, found: bool) -> None:
        at = stamp(self._register.now())

        def command(work: Work) -> None:
            act.insist_first(work)
            act.log(
                work,
                EntryKind.SHOWN,
                at=at,
                record=record_id,
                shown=int(found),
            )

        self._register.journal.run(command)
