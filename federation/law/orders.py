"""The states of an order about a record's sealing: which event leads from which state to which (R40, R45).

Pure: a state and an event in, the next state out, or None where the event changes nothing and is no lawful step.
`tests/law/orders.yaml` is the same table for lawyers, and a test compares every cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from federation.law.sealing import Status
from federation.v1 import registry_pb2


class OrderState(StrEnum):
    """The order of people or other holders about a record, in addition to the rule's decision on its facts."""

    NONE = "none"
    """Nothing: the rule alone decides."""
    HELD = "held"
    """Withheld because another holder has sealed its copy of the same conviction."""
    IN_DOUBT = "in_doubt"
    """Withheld until a person decides: no other holder has sealed a copy, but the facts leave a doubt."""
    SEALED = "sealed"
    """Sealed by a court's notice or an officer's decision."""
    UNSEALED = "unsealed"
    """Unsealed on a listed ground."""
    OF_AGE = "of_age"
    """An officer decided a doubt about age: the offender was of age."""


class Event(StrEnum):
    """An event of a record that may change its order."""

    SEAL = "seal"
    """A court's notice of sealing, or an officer's decision on a withheld record."""
    UNSEAL = "unseal"
    """One of the grounds that open a seal for good (`federation.law.unsealing`)."""
    DECIDE = "decide"
    """An officer of this agency decides a doubt about age: the offender was of age."""
    RELEASE = "release"
    """An officer of this agency ends a doubt: the record need not be withheld."""
    OBJECT = "object"
    """An officer of this agency objects to another holder's seal."""
    PROPOSAL = "proposal"
    """Another holder's seal fits the record, which its own facts leave open."""
    DISAGREEMENT = "disagreement"
    """A gateway finds that all holders' facts together do not leave the record open."""
    WITHDRAWAL = "withdrawal"
    """The holder that sealed its copy withdraws the seal."""
    PARTED = "parted"
    """A merge of registrations is undone, without which the other holder's seal no longer fits."""
    CHANGED = "changed"
    """The facts that decide on sealing change, or the identity numbers become another person's."""
    SPLIT = "split"
    """The record passes to another person, whose identity had been confused with the first one's."""


@dataclass(frozen=True, slots=True)
class Move:
    """The state to which an event leads, and the legal clause for it."""

    to: OrderState
    clause: str


S, E = OrderState, Event
MOVES: Final[Mapping[tuple[OrderState, Event], Move]] = {
    **{(state, E.SEAL): Move(S.SEALED, "Opinions II(4).1 (R40); 2022 Measures art. 11 [M]") for state in S},
    **{(state, E.UNSEAL): Move(S.UNSEALED, "2022 Measures art. 18 [M]") for state in S},
    (S.NONE, E.DECIDE): Move(S.OF_AGE, "R40; 法释〔2006〕1号 art. 4 [V-L] (A11)"),
    (S.IN_DOUBT, E.DECIDE): Move(S.OF_AGE, "R40; 法释〔2006〕1号 art. 4 [V-L] (A11)"),
    (S.IN_DOUBT, E.RELEASE): Move(S.NONE, "R40"),
    (S.HELD, E.OBJECT): Move(S.HELD, "R45"),
    (S.NONE, E.PROPOSAL): Move(S.HELD, "R45"),
    (S.OF_AGE, E.PROPOSAL): Move(S.HELD, "R45"),
    (S.OF_AGE, E.DISAGREEMENT): Move(S.IN_DOUBT, "R40"),
    (S.NONE, E.DISAGREEMENT): Move(S.IN_DOUBT, "R40"),
    (S.HELD, E.WITHDRAWAL): Move(S.NONE, "R45"),
    (S.HELD, E.PARTED): Move(S.NONE, "R45"),
    (S.UNSEALED, E.CHANGED): Move(S.NONE, "R40"),
    (S.OF_AGE, E.CHANGED): Move(S.NONE, "R40"),
    (S.UNSEALED, E.SPLIT): Move(S.NONE, "R47"),
    (S.OF_AGE, E.SPLIT): Move(S.NONE, "R47"),
    (S.HELD, E.SPLIT): Move(S.NONE, "R47"),
    (S.IN_DOUBT, E.SPLIT): Move(S.NONE, "R47"),
    (S.SEALED, E.SPLIT): Move(S.IN_DOUBT, "R45, R47"),
}
"""Every move; any other pair of state and event leaves the order unchanged."""


def after(state: OrderState, event: Event) -> OrderState | None:
    """Return the state to which `event` leads; None where it changes nothing."""
    move = MOVES.get((state, event))
    return move.to if move else None


def prevailing(state: OrderState, by_rule: Status, *, conviction: bool) -> Status | None:
    """Return the status that an order gives a record; None where the rule's own result `by_rule` stays decisive.

    A seal prevails over the rule. So does unsealing, but its grounds concern convictions only (2022 Measures
    arts 11, 18 [M]). Withholding gives way where the rule itself does not leave the record open. A decision about age
    settles a doubt of the rule and nothing else: where the facts are certain, they prevail.
    """
    if state is OrderState.SEALED:
        return Status.SEALED
    if state is OrderState.UNSEALED:
        return Status.OPEN if conviction else None
    if state is OrderState.OF_AGE and by_rule is Status.WITHHELD:
        return Status.OPEN
    if state in (OrderState.HELD, OrderState.IN_DOUBT) and by_rule is Status.OPEN:
        return Status.WITHHELD
    return None


def state_of(order: registry_pb2.SealingOrder) -> OrderState:
    """Return the state that a record's order is in; a proposer is named only where another holder has sealed."""
    if order.kind == registry_pb2.SEALING_ORDER_KIND_HELD:
        return OrderState.HELD if order.proposer else OrderState.IN_DOUBT
    return _STATES.get(order.kind, OrderState.NONE)


_STATES: Final = {
    registry_pb2.SEALING_ORDER_KIND_SEALED: OrderState.SEALED,
    registry_pb2.SEALING_ORDER_KIND_UNSEALED: OrderState.UNSEALED,
    registry_pb2.SEALING_ORDER_KIND_OF_AGE: OrderState.OF_AGE,
}
