"""Where a record stands: what the rule says of its facts today, and what people have ordered."""

from __future__ import annotations

from datetime import date

from federation.law import sealing_related
from federation.law.sealing import Decision, Status
from federation.record.classes import CRIMINAL
from federation.record.facts import facts_of
from federation.v1 import registry_pb2
from federation.values.terms import SealRule
from federation.values.words import record_class_word


def standing_of(event: registry_pb2.RecordEvent, profile: str, on: date) -> Decision:
    """Return the decision on a record as its newest version has it, on the day `on` of this profile (R40, A14).

    An order to seal and a listed ground to unseal prevail over the rule; the grounds speak of convictions alone.
    A hold withholds what the rule would leave open, and gives way where the rule itself seals.
    """
    record_class = record_class_word(event.record.record_class)
    decided = sealing_related.decide(record_class, facts_of(event.record), profile=profile, on=on)
    kind = event.order.kind
    unsealable = record_class == CRIMINAL
    if kind == registry_pb2.SEALING_ORDER_KIND_SEALED:
        return _ordered(Status.SEALED, "ORDER-SEALED", "sealed by notice or decision", decided)
    if kind == registry_pb2.SEALING_ORDER_KIND_UNSEALED and unsealable:
        return _ordered(Status.OPEN, "ORDER-UNSEALED", f"unsealed: {event.order.because}", decided)
    if kind == registry_pb2.SEALING_ORDER_KIND_HELD and decided.status is Status.OPEN:
        return _ordered(
            Status.WITHHELD, "ORDER-HELD", f"another holder's facts: {event.order.because}", decided
        )
    return decided


def sealing_rules(event: registry_pb2.RecordEvent, on: date) -> frozenset[SealRule]:
    """Return the rules that seal a record which is not open; a seal by order counts as the minors' rule (A10)."""
    record_class = record_class_word(event.record.record_class)
    rules = sealing_related.seals(record_class, facts_of(event.record), on=on)
    return rules | {SealRule.S2} if record_class != CRIMINAL and event.order.kind else rules


def _ordered(status: Status, rule: str, reason: str, decided: Decision) -> Decision:
    return Decision(
        status=status,
        rule=rule,
        clause="Opinions II(4).1 (R40); 2022 Measures arts 11, 18 [M]",
        reason=reason,
        offences=tuple(status for _ in decided.offences),
    )
