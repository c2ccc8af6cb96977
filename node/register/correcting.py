"""Correcting: an amendment supersedes, a withdrawal takes a record out of every answer (R47, A16)."""

from __future__ import annotations

import hashlib

from federation.errors import InvalidRequest
from federation.evidence.entry import EntryKind
from federation.record.apart import with_its_paper
from federation.record.others import carry_over
from federation.v1 import record_pb2, registry_pb2
from node.register.acts import (
    Register,
    admit_here,
    insist_current,
    insist_reason,
    parse_id,
    provenance_of,
)
from node.register.sealed_others import SealedOthers
from node.register.superseding import order_after, supersede, take_out
from server.journal.work import Work
from server.opening import Act


class RecordCorrections:
    """Amends and withdraws records of its own agency."""

    def __init__(self, *, register: Register, others: SealedOthers) -> None:
        self._register = register
        self._others = others

    def amend(self, amendment: registry_pb2.Amendment, act: Act) -> registry_pb2.Receipt:
        """Supersede a record; its sealing is judged again, and the earlier version stays in its history.

        Additions that an officer without sealed access was not shown stay, unless the amendment has its own.
        Raises `InvalidRequest`, `NotFound`, `Stale`, or `AlreadyExists` when the corrected person and
        judgment are registered as another record.
        """
        at = self._register.now()
        digest = hashlib.sha256(amendment.record.SerializeToString(deterministic=True)).digest()
        record_id = parse_id(amendment.record_id)
        insist_reason(amendment.reason)
        admit_here(amendment.record, self._register, at, before=amendment.record)

        def command(work: Work) -> registry_pb2.Receipt:
            act.insist_first(work)
            current = insist_current(work, self._register, record_id, amendment.expected_version)
            before = self._register.records.newest(work.view, current)
            entered = (
                before.content_provenance if before.HasField("content_provenance") else before.provenance
            )
            if self._others.of({record_id: with_its_paper(before.record, entered)}, work):
                carry_over(before.record, amendment.record, work.charter.extensions)
            canonical = admit_here(
                amendment.record, self._register, at, charter=work.charter, before=before.record
            )
            _insist_same_class(before.record, canonical)
            event = registry_pb2.RecordEvent(
                kind=registry_pb2.RECORD_EVENT_KIND_AMENDED,
                version=current.version + 1,
                record=canonical,
                provenance=provenance_of(act, at, canonical, digest),
                reason=amendment.reason,
                order=order_after(before, canonical),
            )
            return supersede(
                work, self._register, current, event, act, kind=EntryKind.AMENDED, at=at, once=act.once
            )

        return self._register.journal.run(command).value

    def withdraw(self, withdrawal: registry_pb2.Withdrawal, act: Act) -> registry_pb2.Receipt:
        """Take a record out of every answer at once; its events stay as audit evidence (A16)."""
        at = self._register.now()
        record_id = parse_id(withdrawal.record_id)
        insist_reason(withdrawal.reason)

        def command(work: Work) -> registry_pb2.Receipt:
            act.insist_first(work)
            current = insist_current(work, self._register, record_id, withdrawal.expected_version)
            return take_out(
                work, self._register, current, act, reason=withdrawal.reason, at=at, once=act.once
            )

        return self._register.journal.run(command).value


def _insist_same_class(before: record_pb2.Record, corrected: record_pb2.Record) -> None:
    """A record does not pass from one class to another (R64)."""
    if before.record_class != corrected.record_class:
        raise InvalidRequest.of(
            "record_class", "R64", "an amendment keeps the class: withdraw the record and enter the right one"
        )
