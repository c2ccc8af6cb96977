"""A stolen identity (冒名): the record leaves the victim for the true offender, or for an unknown person (R47).

The version before stays in the record's history with the reason and the document that established it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from federation.errors import InvalidRequest, NotFound, OutOfOrder
from federation.evidence.entry import EntryKind
from federation.law import orders
from federation.law.orders import Event, OrderState
from federation.v1 import application_pb2, identity_pb2, record_pb2, registry_pb2
from federation.values.clock import stamp
from federation.values.tokens import number_digests
from node.applications.files import Files
from node.identity.merging import insist_instrument
from node.register.acts import (
    Register,
    admit_here,
    insist_current,
    insist_reason,
    parse_id,
    provenance_of,
)
from node.register.superseding import supersede
from server.journal.work import View, Work
from server.opening import Act

#: The name under which an offender of whom nothing is known is kept, as courts call such persons.
UNKNOWN_NAME: Final = "无名氏"
_UNKNOWN: Final = ("person.identifiers", "person.sex", "person.birth_date", "person.household_division")
_OBJECTED: Final = frozenset(
    {application_pb2.APPLICATION_STATE_OBJECTED, application_pb2.APPLICATION_STATE_REEXAMINED}
)
HELD_BECAUSE: Final = "split: sealed by order under another's identity; a person must decide (R45)"


class RecordSplitter:
    """Corrects whose record it is."""

    def __init__(self, *, register: Register, files: Files) -> None:
        self._register = register
        self._files = files

    def split(self, body: identity_pb2.Split, act: Act) -> registry_pb2.Receipt:
        """Supersede a record by the same judgment about its true offender.

        Findings about the victim's age are removed with the victim, and so are holds that rested on it. Sealing is
        judged anew on the true offender's facts; facts that are missing withhold the record. A seal that rests on an
        officer's order waits for an officer's decision. Raises `InvalidRequest`, `NotFound`, `Stale`, `OutOfOrder` (the
        application is not under re-examination), or `AlreadyExists`.
        """
        at = self._register.now()
        record_id = parse_id(body.record_id)
        insist_reason(body.reason)
        insist_instrument(body.instrument)

        def command(work: Work) -> registry_pb2.Receipt:
            act.insist_first(work)
            current = insist_current(work, self._register, record_id, body.expected_version)
            before = self._register.records.newest(work.view, current)
            self._insist_victims(work.view, body.application, before.record.person)
            corrected = of_another(before.record, body)
            canonical = admit_here(corrected, self._register, at, charter=work.charter, before=before.record)
            if _numbers(canonical.person.identifiers) & _numbers(before.record.person.identifiers):
                raise InvalidRequest.of("offender", "R47", "is the person of the record: amend it instead")
            digest = hashlib.sha256(canonical.SerializeToString(deterministic=True)).digest()
            provenance = provenance_of(act, at, canonical, digest)
            provenance.instrument.CopyFrom(body.instrument)
            event = registry_pb2.RecordEvent(
                kind=registry_pb2.RECORD_EVENT_KIND_SPLIT,
                version=current.version + 1,
                record=canonical,
                provenance=provenance,
                reason=_reason(body),
                order=order_after_split(before, act, stamp(at)),
            )
            return supersede(
                work, self._register, current, event, act, kind=EntryKind.IDENTITY_SPLIT, at=at, once=act.once
            )

        return self._register.journal.run(command).value

    def _insist_victims(self, view: View, number: str, person: record_pb2.Person) -> None:
        """Raise unless the application is the recorded person's own and is under re-examination."""
        if not number:
            return
        application = self._files.load(view, number).application
        if application.state not in _OBJECTED:
            raise OutOfOrder(
                f"{number} is not under re-examination: the victim objects first", reason="NOT_OBJECTED"
            )
        own = application.submission.kind == application_pb2.APPLICATION_KIND_OWN
        applicants = _numbers(application.submission.subject.identifiers)
        if not own or not applicants & _numbers(person.identifiers):
            raise NotFound(f"{number} is not about the person of that record")


def of_another(record: record_pb2.Record, body: identity_pb2.Split) -> record_pb2.Record:
    """Return the judgment as one about the true offender: nothing of the victim's person or age stays."""
    made = record_pb2.Record()
    made.CopyFrom(record)
    for field in ("person", "court_age_finding", "adulthood_proven", "main_acts_before_18"):
        made.ClearField(field)
    kept = [unknown for unknown in made.unknowns if not unknown.field.startswith("person.")]
    del made.unknowns[:]
    made.unknowns.extend(kept)
    if body.HasField("offender"):
        made.person.CopyFrom(body.offender)
        made.unknowns.extend(body.unknowns)
        return made
    made.person.names.add(kind=record_pb2.NAME_KIND_DECLARED, text=UNKNOWN_NAME)
    for path in _UNKNOWN:
        made.unknowns.add(field=path, reason=record_pb2.UNKNOWN_REASON_DISPUTED)
    return made


def order_after_split(before: registry_pb2.RecordEvent, act: Act, at: str) -> registry_pb2.SealingOrder:
    """Return the order about the true offender: none, for all rested on the victim; a doubt in place of a seal."""
    if orders.after(orders.state_of(before.order), Event.SPLIT) is OrderState.IN_DOUBT:
        return registry_pb2.SealingOrder(
            kind=registry_pb2.SEALING_ORDER_KIND_HELD,
            because=HELD_BECAUSE,
            ordered_by=act.officer,
            ordered_at=at,
        )
    return registry_pb2.SealingOrder()


def _numbers(identifiers: Iterable[record_pb2.Identifier]) -> set[bytes]:
    return set(number_digests(identifiers))


def _reason(body: identity_pb2.Split) -> str:
    return f"{body.reason}（异议 {body.application}）" if body.application else body.reason
