"""Showing a record and its history to its own agency, under today's sealing."""

from __future__ import annotations

from federation.errors import NotFound
from federation.evidence.entry import EntryKind
from federation.law import sealing
from federation.v1 import recall_pb2, record_pb2, registry_pb2
from federation.values.clock import stamp
from node.register.acts import Register, parse_id
from node.store.reading import Reader
from server.journal.work import Work
from server.opening import Act


class OpenRecords:
    """Reads open records only: sealed, withheld and unknown ones are equally not found."""

    def __init__(self, *, register: Register, reader: Reader) -> None:
        self._register = register
        self._reader = reader

    def show(self, reference: registry_pb2.RecordReference, act: Act) -> record_pb2.Facet:
        """Return an open record; sealed, withheld and unknown ones are equally `NotFound`."""
        record_id = parse_id(reference.record_id)
        stored = self._reader.show(record_id)
        open_now = (
            stored is not None
            and self._register.stands(stored.event, self._register.now()) is sealing.Status.OPEN
        )
        self._log_shown(reference.record_id, act, found=open_now)
        if stored is None or not open_now:
            raise NotFound("no record of that id can be shown")
        return record_pb2.Facet(
            record_id=stored.record_id.hex(),
            version=stored.event.version,
            record=stored.event.record,
            provenance=stored.provenance,
        )

    def history(self, reference: registry_pb2.RecordReference, act: Act) -> list[registry_pb2.RecordEvent]:
        """Return every version of a record that is open today; a record that is sealed now has no history to show."""
        record_id = parse_id(reference.record_id)
        events = self._reader.history(record_id)
        open_now = (
            bool(events) and self._register.stands(events[-1], self._register.now()) is sealing.Status.OPEN
        )
        self._log_shown(reference.record_id, act, found=open_now)
        if not open_now:
            raise NotFound("no record of that id can be shown")
        return events

    def disclosures(self, reference: registry_pb2.RecordReference, act: Act) -> list[recall_pb2.Disclosure]:
        """Return to whom an open record was disclosed, and which of those answers are recalled (R50)."""
        self.show(reference, act)
        with self._register.journal.reading() as view:
            return self._register.disclosures.of(view, parse_id(reference.record_id))

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
