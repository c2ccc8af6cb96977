"""Status of a record: from the rule, applied to its facts today, and from orders."""

from __future__ import annotations

from datetime import date
from typing import Final

from federation.law import orders
from federation.law.orders import OrderState
from federation.law.sealing import Decision
from federation.record.classes import CRIMINAL
from federation.record.facts import decide_alone, seals_alone
from federation.v1 import registry_pb2
from federation.values.enum_names import record_class_name
from federation.values.terms import SealRule

_RULES: Final = {
    OrderState.HELD: "ORDER-HELD",
    OrderState.IN_DOUBT: "ORDER-HELD",
    OrderState.SEALED: "ORDER-SEALED",
    OrderState.UNSEALED: "ORDER-UNSEALED",
    OrderState.OF_AGE: "ORDER-OF-AGE",
}
_REASONS: Final = {
    OrderState.HELD: "another holder's facts: {because}",
    OrderState.IN_DOUBT: "another holder's facts: {because}",
    OrderState.SEALED: "sealed by notice or decision",
    OrderState.UNSEALED: "unsealed: {because}",
    OrderState.OF_AGE: "an officer decided, with the approval of {because}, that the offender was of age",
}


def decision_on(event: registry_pb2.RecordEvent, profile: str, on: date) -> Decision:
    """Return the decision on the newest version of a record, on the day `on` under this profile (R40, A14).

    An order to seal and a listed ground to unseal prevail over the rule; the grounds cover convictions alone.
    A hold withholds a record that the rule would leave open, and gives way where the rule itself seals. A decision
    about age opens a record that the rule withholds.
    """
    record_class = record_class_name(event.record.record_class)
    decided = decide_alone(event.record, profile, on)
    state = orders.state_of(event.order)
    status = orders.prevailing(state, decided.status, conviction=record_class == CRIMINAL)
    if status is None:
        return decided
    return Decision(
        status=status,
        rule=_RULES[state],
        clause="Opinions II(4).1 (R40); 2022 Measures arts 11, 18 [M]",
        reason=_REASONS[state].format(because=event.order.because),
        offences=tuple(status for _ in decided.offences),
    )


def sealing_rules(event: registry_pb2.RecordEvent, on: date) -> frozenset[SealRule]:
    """Return the rules that seal a record which is not open; a seal by order counts as the minors' rule (A10)."""
    record_class = record_class_name(event.record.record_class)
    rules = seals_alone(event.record, on)
    return rules | {SealRule.S2} if record_class != CRIMINAL and event.order.kind else rules
