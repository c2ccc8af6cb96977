"""What a stream leaves unanswered is given to the next one, in order, and nothing twice or never."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from federation.client.connection import ASK_DEADLINE_S, PAGE_DEADLINE_S
from federation.client.pacing import GOAL_S, MOST_UNDER_WAY
from federation.client.registering import STREAM_S
from federation.client.supply import Supply
from federation.transport.serving import CUT_S


def test_a_further_stream_begins_with_what_is_unanswered() -> None:
    supply = Supply(range(6))
    assert list(islice(supply.stream(), 4)) == [0, 1, 2, 3]
    supply.answered(2)
    assert list(supply.stream()) == [2, 3, 4, 5]
    assert not supply.done
    supply.answered(4)
    assert supply.done


def test_a_stream_that_was_followed_by_another_gets_nothing_more() -> None:
    read = list[int]()

    def items() -> Iterator[int]:
        for number in range(4):
            read.append(number)
            yield number

    supply = Supply(items())
    first = supply.stream()
    assert next(first) == 0
    second = supply.stream()
    assert list(first) == []
    assert read == [0]
    assert list(second) == [0, 1, 2, 3]


@given(st.integers(0, 30), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_whatever_breaks_every_item_is_answered_once_and_in_order(
    items: int, streams: list[tuple[int, int]]
) -> None:
    supply, answered = Supply(range(items)), list[int]()
    for taken, heard in [*streams, (items, items)]:
        came = list(islice(supply.stream(), taken))[:heard]
        supply.answered(len(came))
        answered += came
    list(supply.stream())
    assert supply.done
    assert answered == list(range(items))


def test_a_connection_outlasts_its_age_by_more_than_any_call_of_the_client_library_takes() -> None:
    assert max(PAGE_DEADLINE_S, ASK_DEADLINE_S) < CUT_S
    assert STREAM_S + (MOST_UNDER_WAY + 1) * GOAL_S < CUT_S
