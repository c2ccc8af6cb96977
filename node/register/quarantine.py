"""Quarantine: a record that cannot be entered is kept, encrypted, with every reason; equal ones are kept once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from federation.errors import FieldViolation
from federation.evidence.entry import EntryKind
from federation.v1 import record_pb2, registry_pb2
from federation.values.clock import stamp
from node.register.acts import Register, provenance_of
from node.register.quarantine_store import QuarantineStore
from server.journal.log import Once
from server.journal.work import Work
from server.opening import Act


def set_aside(
    work: Work,
    register: Register,
    record: record_pb2.Record,
    violations: Sequence[FieldViolation],
    act: Act,
    at: datetime,
    once: Once | None,
) -> registry_pb2.Quarantined:
    """Keep `record` in quarantine, so that nothing sent is lost, and return the entry with its reasons."""
    content = record.SerializeToString(deterministic=True)
    quarantine_id = register.sealer.quarantine_id(hashlib.sha256(content).digest())
    store = QuarantineStore(vault=register.sealer.sealed_vault)
    if not store.holds(work.view, quarantine_id):
        event = registry_pb2.RecordEvent(record=record, provenance=provenance_of(act, at, record, b""))
        event.reason = "; ".join(f"{v.field}: {v.message}" for v in violations)
        store.keep(work, quarantine_id, event)
    work.log.append(
        EntryKind.QUARANTINED,
        at=stamp(at),
        once=once,
        officer=act.officer,
        by=str(act.installation),
        quarantine=quarantine_id.hex(),
        rules=sorted({v.rule for v in violations}),
    )
    return registry_pb2.Quarantined(
        quarantine_id=quarantine_id.hex(),
        violations=[
            registry_pb2.Violation(field=v.field, rule=v.rule, message=v.message) for v in violations
        ],
    )
