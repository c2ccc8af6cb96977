"""The size of a page of seals follows the node's speed, and a slow machine still gets a backlog delivered."""

from __future__ import annotations

from federation.statements.seals import MOST_PER_PAGE
from gateway.sealing.page_size import FIRST_PAGE, LEAST, MOST_DURING_QUESTIONS, QUICK_S, SLOW_S, PageSize


def after(size: PageSize, took_s: float, pages: int = 20) -> int:
    """Return the size of the next page after so many full ones that took so long."""
    for _ in range(pages):
        most = size.next(asked=False)
        size.accepted(most, most, took_s)
    return size.next(asked=False)


def test_full_quick_pages_become_larger_up_to_a_message() -> None:
    size = PageSize()
    assert size.next(asked=False) == FIRST_PAGE
    assert after(size, QUICK_S / 2) == MOST_PER_PAGE
    assert size.next(asked=True) == MOST_DURING_QUESTIONS, "a node that is asked gets fewer at once"
    size.accepted(1, size.next(asked=False), QUICK_S / 2)
    assert size.next(asked=False) == MOST_PER_PAGE


def test_where_every_page_is_slow_they_do_not_end_in_single_seals() -> None:
    """On a machine ten times slower each call takes a second: ten thousand seals by ones would take three hours."""
    assert after(PageSize(), 2 * SLOW_S) == LEAST


def test_pages_that_a_node_refused_are_halved_to_one_and_grow_again_though_the_machine_is_slow() -> None:
    size = PageSize()
    for _ in range(10):
        size.refused(size.next(asked=False))
    assert size.next(asked=False) == 1
    assert after(size, 2 * SLOW_S) == LEAST
    assert after(size, (QUICK_S + SLOW_S) / 2) == LEAST
    assert after(size, QUICK_S / 2) == MOST_PER_PAGE
