"""The grounds for unsealing, and what orders do beside the rule."""

from __future__ import annotations

from datetime import date

import pytest

from federation.errors import InvalidRequest
from federation.law.punishment import PenaltyFacts, PenaltyKind
from federation.law.sealing import Status
from federation.law.unsealing import Ground, insist_ground
from federation.v1 import registry_pb2 as pb
from node.register.decision import decision_on
from tests.support.records import Someone, record, sealed_record

FIVE = PenaltyFacts(PenaltyKind.FIXED_TERM, 60, 0)
FIVE_AND_A_DAY = PenaltyFacts(PenaltyKind.FIXED_TERM, 60, 1)
SIX = PenaltyFacts(PenaltyKind.FIXED_TERM, 72, 0)
LIFE = PenaltyFacts(PenaltyKind.LIFE)
BY_TERM = [Ground.NEW_CRIME_AS_MINOR, Ground.UNDISCOVERED_CRIME_AS_MINOR, Ground.RETRIAL]
PROFILE = "practice-2022"


@pytest.mark.parametrize("ground", BY_TERM)
@pytest.mark.parametrize("combined", [FIVE_AND_A_DAY, SIX, LIFE])
def test_r40_a_combined_term_over_five_years_unseals(ground: Ground, combined: PenaltyFacts) -> None:
    insist_ground(ground, combined, held=False)


@pytest.mark.parametrize("ground", BY_TERM)
@pytest.mark.parametrize(
    "combined", [FIVE, PenaltyFacts(PenaltyKind.CONTROL, 24), PenaltyFacts(PenaltyKind.EXEMPT), None]
)
def test_r40_five_years_or_less_or_unknown_does_not_unseal(
    ground: Ground, combined: PenaltyFacts | None
) -> None:
    with pytest.raises(InvalidRequest, match="combined_penalty"):
        insist_ground(ground, combined, held=False)


def test_r40_exactly_five_years_unseals_only_when_the_older_texts_are_chosen() -> None:
    insist_ground(Ground.RETRIAL, FIVE, held=False, at_exactly_five=True)
    for shorter in (PenaltyFacts(PenaltyKind.FIXED_TERM, 59, 30), PenaltyFacts(PenaltyKind.CONTROL, 24)):
        with pytest.raises(InvalidRequest, match="five years or more"):
            insist_ground(Ground.RETRIAL, shorter, held=False, at_exactly_five=True)


def test_a_withdrawn_proposal_releases_a_hold_and_nothing_else() -> None:
    insist_ground(Ground.PROPOSAL_WITHDRAWN, None, held=True)
    with pytest.raises(InvalidRequest, match="not held"):
        insist_ground(Ground.PROPOSAL_WITHDRAWN, SIX, held=False)


@pytest.mark.parametrize(
    ("order", "facts", "expected"),
    [
        ("UNSPECIFIED", "open", Status.OPEN),
        ("UNSPECIFIED", "sealed", Status.SEALED),
        ("HELD", "open", Status.WITHHELD),
        ("HELD", "sealed", Status.SEALED),
        ("SEALED", "open", Status.SEALED),
        ("SEALED", "sealed", Status.SEALED),
        ("UNSEALED", "open", Status.OPEN),
        ("UNSEALED", "sealed", Status.OPEN),
    ],
)
def test_r40_orders_stand_beside_the_rule(order: str, facts: str, expected: Status) -> None:
    made = record(Someone()) if facts == "open" else sealed_record()[1]
    kind = pb.SealingOrderKind.Value(f"SEALING_ORDER_KIND_{order}")
    event = pb.RecordEvent(record=made, order=pb.SealingOrder(kind=kind, because="why"))
    assert decision_on(event, PROFILE, date(2026, 1, 1)).status is expected
