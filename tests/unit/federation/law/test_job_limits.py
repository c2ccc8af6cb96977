"""What a job over many records may change by itself, and what two officers must have approved (A14)."""

from __future__ import annotations

import pytest

from federation.law.job_limits import MOST, fault, free
from federation.law.sealing import Status

OPEN, SEALED, WITHHELD = Status.OPEN, Status.SEALED, Status.WITHHELD


@pytest.mark.parametrize(
    ("records", "most"), [(0, 0), (7, 0), (99, 0), (100, 1), (2_000, 20), (99_900, 999), (11_000_000, MOST)]
)
def test_a14_one_record_in_a_hundred_is_free_and_never_a_thousandth(records: int, most: int) -> None:
    assert free(records) == most
    assert not fault({(OPEN, SEALED): most}, {}, records)
    assert fault({(OPEN, SEALED): most + 1}, {}, records)


@pytest.mark.parametrize("before", [SEALED, WITHHELD])
def test_a14_no_record_is_opened_without_approval_however_large_the_register(before: Status) -> None:
    assert "open 1 records" in fault({(before, OPEN): 1}, {}, 11_000_000)
    assert not fault({(before, OPEN): 1}, {(before, OPEN): 1}, 3)
    assert fault({(before, OPEN): 2}, {(before, OPEN): 1}, 11_000_000)


def test_a14_what_stays_as_it_is_counts_for_nothing() -> None:
    assert not fault({(OPEN, OPEN): 5_000, (SEALED, SEALED): 300}, {}, 5_300)


def test_a14_what_was_approved_is_no_licence_for_other_moves() -> None:
    approved = {(OPEN, SEALED): 500}
    assert not fault({(OPEN, SEALED): 500}, approved, 1_000)
    assert not fault({(OPEN, SEALED): 510}, approved, 1_000)
    assert "change 11 records" in fault({(OPEN, SEALED): 511}, approved, 1_000)
    assert fault({(OPEN, WITHHELD): 11}, approved, 1_000)
    assert fault({(SEALED, OPEN): 1}, approved, 1_000)
