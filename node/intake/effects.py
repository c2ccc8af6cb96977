"""The effect of each kind of notice on the register, through the register's own validation and sealing (R24, R31)."""

from __future__ import annotations

import hashlib
from datetime import datetime

from federation.charter.model import Charter
from federation.errors import AlreadyExists, InvalidRequest
from federation.evidence.entry import EntryKind
from federation.notices.kinds import TITLES, kind_name
from federation.notices.routing import facet
from federation.record.finality import earliest_final, too_early
from federation.record.validate import admit
from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2, registry_pb2
from federation.values.clock import legal_day
from federation.values.identity import MemberId
from federation.values.numbers import series
from node.intake.matching import Match
from node.register.acts import Register, provenance_of
from node.register.superseding import order_after, supersede, take_out
from node.sealing.ordering import next_event, order_of
from server.journal.work import Work
from server.opening import Act

#: The days on which finality depends.
_DAYS = frozenset({"pronounced_on", "served_on", "final_on"})


class Effects:
    """Applies notices to one node's register, inside the writer's transaction."""

    def __init__(self, *, register: Register, own: MemberId) -> None:
        """`own` is the member whose register it is."""
        self._register = register
        self._own = own

    def facet(self, record: record_pb2.Record, charter: Charter) -> record_pb2.Record:
        """Return the part of a judgment that this agency holds."""
        return facet(charter.members[self._own].organ_class, record)

    def apply_to(
        self, work: Work, match: Match, notice: pb.Notice, act: Act, at: datetime
    ) -> registry_pb2.Receipt:
        """Apply `notice` to a conviction that was found or decided on.

        Raises `InvalidRequest` when the conviction does not admit it.
        """
        if notice.kind == pb.NOTICE_KIND_JUDGMENT:
            return self.replace(work, match, notice.record, act, at, reason="N1 notice of the court")
        if notice.kind == pb.NOTICE_KIND_RETRIAL_CHANGE:
            if notice.retrial == pb.RETRIAL_OUTCOME_AMENDED:
                return self.replace(work, match, notice.record, act, at, reason=notice.reason)
            return take_out(work, self._register, match.current, act, reason=notice.reason, at=at, once=None)
        if notice.kind == pb.NOTICE_KIND_SEALING:
            return self._seal(work, match, notice, act, at)
        changed = record_pb2.Record()
        changed.CopyFrom(match.event.record)
        if notice.execution:
            if any(_same(event, notice.execution[0]) for event in changed.execution):
                return _unchanged_receipt(match)
            _append(changed, notice.execution[0])
            if self.facet(changed, work.charter) == match.event.record:  # this agency holds no execution
                return _unchanged_receipt(match)
        else:
            _change(changed, notice)
            _insist_final(changed, notice)
        return self._supersede(
            work, match, changed, notice, act, at, reason=notice.reason or kind_name(notice.kind)
        )

    def _seal(
        self, work: Work, match: Match, notice: pb.Notice, act: Act, at: datetime
    ) -> registry_pb2.Receipt:
        """Seal a conviction by its court's notice, whatever this agency's facts say of the age (2022 Measures art. 11).

        The order prevails over the rule: facts that change later do not end it.
        """
        if match.event.order.kind == registry_pb2.SEALING_ORDER_KIND_SEALED:
            return _unchanged_receipt(match)
        order = order_of(
            registry_pb2.SEALING_ORDER_KIND_SEALED, notice.reason, _instrument(notice, act), act, at
        )
        event = next_event(match.event, match.current, order, act, at, notice.reason)
        return supersede(
            work, self._register, match.current, event, act, kind=EntryKind.AMENDED, at=at, once=None
        )

    def replace(
        self, work: Work, match: Match, record: record_pb2.Record, act: Act, at: datetime, *, reason: str
    ) -> registry_pb2.Receipt:
        """Replace a record by a judgment; its execution events stay unless the judgment has its own.

        So do former names and numbers, under which the record must still be found (R34).
        """
        new = self.facet(record, work.charter)
        _keep_former(match.event.record.person, new.person)
        if not new.execution and match.event.record.execution:
            new.execution.extend(match.event.record.execution)
            _known(new, "execution")
        return self._supersede(work, match, new, None, act, at, reason=reason)

    def _supersede(
        self,
        work: Work,
        match: Match,
        record: record_pb2.Record,
        notice: pb.Notice | None,
        act: Act,
        at: datetime,
        *,
        reason: str,
    ) -> registry_pb2.Receipt:
        canonical = admit(
            record,
            today=legal_day(at),
            allow_synthetic=self._register.allow_synthetic,
            # The judgment was final when it was entered: only a different date has to be checked again.
            final_instance=earliest_final(record) == earliest_final(match.event.record),
            extensions=work.charter.extensions,
            kept=match.event.record.extensions,
            before=match.event.record,
        )
        digest = hashlib.sha256(record.SerializeToString(deterministic=True)).digest()
        event = registry_pb2.RecordEvent(
            kind=registry_pb2.RECORD_EVENT_KIND_AMENDED,
            version=match.current.version + 1,
            record=canonical,
            provenance=provenance_of(act, at, canonical, digest),
            reason=reason,
            order=order_after(match.event, canonical),
        )
        if notice is not None:
            event.provenance.instrument.CopyFrom(_instrument(notice, act))
        try:
            return supersede(
                work, self._register, match.current, event, act, kind=EntryKind.AMENDED, at=at, once=None
            )
        except AlreadyExists as error:
            raise InvalidRequest.of("judgment", "ALREADY_EXISTS", error.message) from None


def _keep_former(before: record_pb2.Person, after: record_pb2.Person) -> None:
    """Give `after` the former names and numbers of the same person that the court does not name."""
    known = {series(i.type, i.number) for i in after.identifiers}
    if known.isdisjoint(series(i.type, i.number) for i in before.identifiers):
        return
    names = {name.text for name in after.names}
    after.identifiers.extend(
        i for i in before.identifiers if i.former and series(i.type, i.number) not in known
    )
    after.names.extend(
        name for name in before.names if name.kind == record_pb2.NAME_KIND_FORMER and name.text not in names
    )


def _instrument(notice: pb.Notice, act: Act) -> record_pb2.Instrument:
    """Return the notice as the document that the new version rests on (R12)."""
    title = notice.local_title or TITLES.get(notice.kind, kind_name(notice.kind))
    issuer = notice.execution[0].executor if notice.execution else act.installation.member
    return record_pb2.Instrument(
        kind=record_pb2.INSTRUMENT_KIND_NOTICE,
        reference=title,
        issuer=issuer,
        issued_on=notice.occurred_on,
        sha256=notice.documents[0].sha256 if notice.documents else b"",
    )


def _unchanged_receipt(match: Match) -> registry_pb2.Receipt:
    """Return the receipt of the current version, as a repetition."""
    return registry_pb2.Receipt(
        record_id=match.current.record_id.hex(),
        version=match.current.version,
        digest=match.event.provenance.digest,
        entered_at=match.current.entered_at,
        log_entry=match.current.entry,
        repeated=True,
    )


def _same(one: record_pb2.ExecutionEvent, other: record_pb2.ExecutionEvent) -> bool:
    return (one.kind, one.on) == (other.kind, other.on)


def _append(record: record_pb2.Record, event: record_pb2.ExecutionEvent) -> None:
    """Insert an event in the order of dates; field 8 is known from then on."""
    events = sorted([*record.execution, event], key=lambda e: e.on)
    del record.execution[:]
    record.execution.extend(events)
    _known(record, "execution")


def _change(record: record_pb2.Record, notice: pb.Notice) -> None:
    for path in notice.changed_fields:
        parent, _, name = path.rpartition(".")
        source = getattr(notice.changed, parent) if parent else notice.changed
        target = getattr(record, parent) if parent else record
        target.ClearField(name)  # type: ignore[arg-type]
        one = type(source)()
        one.CopyFrom(source)
        for field, _value in source.ListFields():
            if field.name != name:
                one.ClearField(field.name)  # type: ignore[arg-type]
        target.MergeFrom(one)
        _known(record, path)


def _insist_final(record: record_pb2.Record, notice: pb.Notice) -> None:
    """Raise `InvalidRequest` if a notice changes the days of a judgment so that it would be final too early (A5)."""
    if _DAYS.isdisjoint(notice.changed_fields):
        return
    if found := too_early(record, record.final_on):
        note = f" ({found.note})" if found.note else ""
        raise InvalidRequest.of(
            "changed.final_on",
            "A5",
            f"{record.final_on} is too early: final from {found.day} at the earliest{note}; give all days",
        )


def _known(record: record_pb2.Record, path: str) -> None:
    kept = [u for u in record.unknowns if u.field != path]
    del record.unknowns[:]
    record.unknowns.extend(kept)
