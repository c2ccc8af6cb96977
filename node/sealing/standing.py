"""Where a record stands: what the rule says of its facts today, and what people have ordered."""

from __future__ import annotations

from federation import sealing
from federation.record.facts import facts_of
from federation.sealing import Decision, Status
from federation.v1 import registry_pb2


def standing_of(event: registry_pb2.RecordEvent, profile: str) -> Decision:
    """Return the decision on a record as its newest version has it (R40, A14).

    An order to seal and a listed ground to unseal prevail over the rule. A hold withholds what the rule would
    leave open, and gives way where the rule itself seals.
    """
    decided = sealing.decide(facts_of(event.record), profile)
    kind = event.order.kind
    if kind == registry_pb2.SEALING_ORDER_KIND_SEALED:
        return _ordered(Status.SEALED, "ORDER-SEALED", "sealed by notice or decision", decided)
    if kind == registry_pb2.SEALING_ORDER_KIND_UNSEALED:
        return _ordered(Status.OPEN, "ORDER-UNSEALED", f"unsealed: {event.order.because}", decided)
    if kind == registry_pb2.SEALING_ORDER_KIND_HELD and decided.status is Status.OPEN:
        return _ordered(
            Status.WITHHELD, "ORDER-HELD", f"another holder's facts: {event.order.because}", decided
        )
    return decided


def _ordered(status: Status, rule: str, reason: str, decided: Decision) -> Decision:
    return Decision(
        status=status,
        rule=rule,
        clause="Opinions II(4).1 (R40); 2022 Measures arts 11, 18 [M]",
        reason=reason,
        offences=tuple(status for _ in decided.offences),
    )
