"""Orders about sealing: every state and every event, against the table a lawyer can read."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.law.orders import MOVES, Event, Move, OrderState, after, prevailing, state_of
from federation.law.sealing import Status
from federation.v1.registry_pb2 import SealingOrder, SealingOrderKind

LAW = yaml.safe_load((Path(__file__).parents[3] / "law" / "orders.yaml").read_text("utf-8"))
ROWS = [
    ((OrderState(row["state"]), Event(row["event"])), Move(OrderState(row["to"]), row["law"]))
    for row in LAW["moves"]
]
STATUSES: list[dict[str, Any]] = LAW["standing"]


def test_r45_every_row_of_the_table_is_a_move_and_every_move_a_row() -> None:
    assert len(dict(ROWS)) == len(ROWS), "a row is there twice"
    assert dict(ROWS) == MOVES


@pytest.mark.parametrize(("state", "event"), [*product(OrderState, Event)])
def test_r45_what_the_table_does_not_list_changes_nothing(state: OrderState, event: Event) -> None:
    move = dict(ROWS).get((state, event))
    assert after(state, event) == (move.to if move else None)


def test_r45_only_an_unsealing_and_what_was_withheld_give_way_to_the_rule_again() -> None:
    """A seal that people ordered ends by a listed ground alone: no correction or proposal lifts it.

    A split makes a doubt of it, which a person decides: the order was about the victim, the record is another's (R47).
    """
    lifting = {(state, event) for (state, event), move in MOVES.items() if move.to is OrderState.NONE}
    assert not {event for state, event in lifting if state is OrderState.SEALED}
    assert {move.to for (state, _), move in MOVES.items() if state is OrderState.SEALED} == {
        OrderState.SEALED,
        OrderState.UNSEALED,
        OrderState.IN_DOUBT,
    }
    assert [e for (s, e), m in MOVES.items() if s is OrderState.SEALED and m.to is OrderState.IN_DOUBT] == [
        Event.SPLIT
    ]


@pytest.mark.parametrize("row", STATUSES, ids=lambda row: "-".join(map(str, row.values())))
def test_r40_an_order_stands_beside_the_rule_as_the_table_says(row: dict[str, Any]) -> None:
    by_rule = Status(row["rule"])
    status = prevailing(OrderState(row["state"]), by_rule, conviction=row.get("conviction", True))
    assert (status or by_rule) == row["status"]


def test_the_table_has_every_state_with_every_status() -> None:
    covered = {(row["state"], row["rule"]) for row in STATUSES if row.get("conviction", True)}
    assert covered == set(product(OrderState, Status))


@pytest.mark.parametrize(
    ("kind", "proposer", "state"),
    [
        ("UNSPECIFIED", "", OrderState.NONE),
        ("HELD", "police/node/police-1", OrderState.HELD),
        ("HELD", "", OrderState.IN_DOUBT),
        ("SEALED", "", OrderState.SEALED),
        ("UNSEALED", "", OrderState.UNSEALED),
        ("OF_AGE", "", OrderState.OF_AGE),
    ],
)
def test_every_order_of_the_contract_is_in_one_state(kind: str, proposer: str, state: OrderState) -> None:
    number = SealingOrderKind.Value(f"SEALING_ORDER_KIND_{kind}")
    assert state_of(SealingOrder(kind=number, proposer=proposer)) is state
