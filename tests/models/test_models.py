"""The protocol of seals that wait holds in every schedule, and in none of these without each of its repairs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.models import withdrawals
from tests.models.searching import search
from tests.models.states import A, B, D, N, Scenario

ONE = Scenario(seals=(B,))
MERGED = replace(ONE, copies=((A, (0,)),), merged=True)
RESTORED = replace(ONE, crashes=1, restores=1)
#: The sealed copy is found by name alone, beside an open record under the number that was asked.
LOOSE = Scenario(asked=A | N, seals=(B,), copies=((B | N, (0,)), (A, ())))
#: The sealed copy has an open record of the same person beside it, which goes on being told.
TOGETHER = Scenario(copies=((A | B, (0,)), (A, ())))
#: The seal of a second judgment of the same person is made while the question is under way.
LATER = Scenario(
    seals=(B, B), copies=((A | B, (0,)), (A | B, (1,))), during=(1,), others_spread=True, rounds=2
)
#: Once the first copy is held, another person's comes to light, who is sealed too.
LEVELS = Scenario(
    asked=A | N, seals=(B, D), copies=((A | B, (0,)), (N | D, (1,))), others_spread=True, rounds=2
)

BREAKS = {
    "a mark outlives the questions of before its acknowledgement": (
        ONE,
        {"mark_outlives_question": False},
        "P1",
    ),
    "a seal spreads until every gateway has it": (
        replace(ONE, gateways=2),
        {"until_every_gateway": False},
        "P1",
    ),
    "a gateway first takes what spreads": (replace(RESTORED, gateways=2), {"sync_at_start": False}, "P1"),
    "a suspended node is awaited too": (
        replace(RESTORED, activated=True, sync_at_start=False),
        {"count_suspended": False},
        "P1",
    ),
    "proposals are held through merges": (replace(MERGED, asked=B), {"hold_by_links": False}, "P1"),
    "a page names both sides of a merge": (MERGED, {"page_by_links": False}, "P1"),
    "a merge is held against what is remembered": (
        replace(MERGED, merged=False, merges=True),
        {"hold_at_merge": False},
        "P1",
    ),
    "every record that shaped the outcome counts": (LOOSE, {"all_candidates": False}, "P1"),
    "the subject counts too": (
        replace(MERGED, seals=(A,), copies=((B, (0,)),), page_by_links=False),
        {"subject_counts": False},
        "P1",
    ),
    "a page that cannot be asked again is discarded": (
        replace(ONE, seals=(A | B,), crashes=1),
        {"discard_on_failure": False},
        "P1",
    ),
    "a refusal carries what spreads": (replace(ONE, seals=(A | B,)), {"refuses": True}, "P1"),
    "a page asked after the acknowledgement is not hit": (TOGETHER, {"fresh_after_ack": False}, "P2"),
    "later seals do not count": (LATER, {"cut_later_seals": False}, "P2"),
    "both further questions share a round": (LEVELS, {"one_round_for_both": False}, "P2"),
}
#: Too many states, the same scenario as another, or no repair but a fault of the node.
SEARCHED_OTHERWISE = (
    "a refusal carries what spreads",
    "a gateway first takes what spreads",
    "the subject counts too",
)
HOLDS = {
    "one message lost, one crash, one old copy": replace(RESTORED, losses=1),
    "by name only": Scenario(asked=N, seals=(B | N,), copies=((A | B | N, (0,)),), losses=1),
    "two gateways, one message lost": replace(ONE, gateways=2, losses=1),
    "a merge at any time before, one crash": replace(MERGED, merged=False, merges=True, losses=1, crashes=1),
    "a node suspended, then active, one old copy": replace(RESTORED, activated=True),
    "seals of others all the while": replace(TOGETHER, others_spread=True),
}


@pytest.mark.parametrize("name", BREAKS)
def test_r45_without_this_repair_a_schedule_breaks_the_promise(name: str) -> None:
    scenario, without, promise = BREAKS[name]
    found = search(replace(scenario, **without))  # type: ignore[arg-type]
    assert found.broken == promise, f"{found.states} states and no counterexample"


@pytest.mark.parametrize("name", [name for name in BREAKS if name not in SEARCHED_OTHERWISE])
def test_r45_with_it_the_same_scenario_holds(name: str) -> None:
    found = search(BREAKS[name][0])
    assert found.broken == "", "\n".join(found.schedule)


@pytest.mark.parametrize("name", HOLDS)
def test_r45_with_all_repairs_every_schedule_keeps_the_promise(name: str) -> None:
    found = search(HOLDS[name])
    assert found.broken == "", "\n".join(found.schedule)


def test_r45_sealed_again_after_a_lost_reply_the_holder_holds() -> None:
    assert (
        withdrawals.search(states_first=False, acts=3, losses=2, crashes=1)[0]
        == "X is sealed, the holder tells"
    )
    assert withdrawals.search(states_first=True, acts=4, losses=2, crashes=1)[0] == ""
