"""Judging of records by the profile and the rules of today, when they are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from federation.law import orders, sealing
from federation.law.disclosure import Reach
from federation.record.statuses import SEALING_STATUS
from federation.v1 import record_pb2, registry_pb2
from federation.values.enum_names import record_class_name
from node.register.decision import decision_on, sealing_rules
from node.store.reading import StoredRecord


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges records again on reading: profile or rules may have changed since they were stored (A14)."""

    profile: str
    day: date

    def shows(self, stored: StoredRecord, reach: Reach) -> bool:
        """Return whether a record within the reach may be disclosed: open, or sealed by rules that are all opened."""
        name = _class_of(stored)
        if self._status(stored) is sealing.Status.OPEN:
            return name in reach.unsealed
        rules = sealing_rules(stored.event, self.day)
        return name in reach.sealed and rules <= reach.opened

    def waits(self, stored: StoredRecord) -> bool:
        """Return whether a person has yet to decide; where another holder has sealed its copy, that is decided."""
        held = orders.state_of(stored.event.order) is orders.OrderState.HELD
        return self._status(stored) is sealing.Status.WITHHELD and not held

    def facet(self, stored: StoredRecord, reach: Reach) -> record_pb2.Facet:
        """Return the record as it is disclosed: without its links to other stores (R65)."""
        facet = record_pb2.Facet(
            record_id=stored.record_id.hex(),
            version=stored.event.version,
            record=stored.event.record,
            provenance=stored.provenance,
        )
        facet.record.ClearField("links")
        if stored.event.order.kind == registry_pb2.SEALING_ORDER_KIND_UNSEALED:
            facet.unsealed = True
        facet.of_age = stored.event.order.kind == registry_pb2.SEALING_ORDER_KIND_OF_AGE
        if _class_of(stored) in reach.sealed:
            facet.sealing_status = SEALING_STATUS[self._status(stored)]
        return facet

    def _status(self, stored: StoredRecord) -> sealing.Status:
        return decision_on(stored.event, self.profile, self.day).status


def _class_of(stored: StoredRecord) -> str:
    return record_class_name(stored.event.record.record_class)
