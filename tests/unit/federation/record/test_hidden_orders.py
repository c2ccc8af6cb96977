"""Orders that an officer was shown without the persons they name get those back, or the amendment is refused."""

from __future__ import annotations

import pytest

from federation.errors import InvalidRequest
from federation.record.extensions import Declarations
from federation.record.hidden_orders import AS_JUDGED
from federation.record.others import carry_over, facet_without_others
from federation.v1 import record_pb2 as pb
from tests.support.records import Someone, record

A, B, C = "接触甲", "接触乙", "接触丙"
#: Orders of the record (text, months), the amendment as the officer sent it, and what it must become; None: refused.
CASES: dict[str, tuple[list[tuple[str, int]], list[tuple[str, int]], list[tuple[str, int]] | None]] = {
    "nothing-changed": ([(A, 12), (B, 24)], [("", 12), ("", 24)], [(A, 12), (B, 24)]),
    "the-first-is-out": ([(A, 12), (B, 24)], [("", 24)], [(B, 24)]),
    "the-second-is-out": ([(A, 12), (B, 24)], [("", 12)], [(A, 12)]),
    "alike-and-both-stay": ([(A, 12), (B, 12)], [("", 12), ("", 12)], [(A, 12), (B, 12)]),
    "alike-and-one-is-out": ([(A, 12), (B, 12)], [("", 12)], None),
    "alike-and-one-is-out-with-its-text": ([(A, 12), (B, 12)], [(B, 12)], [(B, 12)]),
    "alike-in-text-too": ([(A, 12), (A, 12)], [("", 12)], [(A, 12)]),
    "alike-and-another-is-in": ([(A, 12), (B, 12)], [("", 12), ("", 12), ("", 12)], None),
    "two-of-three-alike-and-the-third-is-out": (
        [(A, 12), (B, 12), (C, 6)],
        [("", 12), ("", 12)],
        [(A, 12), (B, 12)],
    ),
    "one-out-and-another-in": ([(A, 12), (B, 24)], [("", 24), (C, 6)], [(B, 24), (C, 6)]),
    "in-another-order": ([(A, 12), (B, 24)], [("", 24), ("", 12)], [(B, 24), (A, 12)]),
    "one-amended": ([(A, 12), (B, 24)], [("", 18), ("", 24)], [(A, 18), (B, 24)]),
    "both-amended": ([(A, 12), (B, 24)], [("", 18), ("", 20)], [(A, 18), (B, 20)]),
    "one-out-and-one-amended": ([(A, 12), (B, 24)], [("", 18)], None),
    "one-for-two": ([(A, 12)], [("", 18), ("", 20)], None),
    "a-new-one-in-the-judgments-words": ([(A, 12)], [("", 12), ("", 24)], [(A, 12), (AS_JUDGED, 24)]),
    "all-are-out": ([(A, 12), (B, 24)], [], []),
    "one-that-names-nobody-is-out": ([(AS_JUDGED, 12), (B, 12)], [("", 12)], None),
}


@pytest.mark.parametrize("case", CASES)
def test_r41_an_order_gets_its_own_person_back_or_the_amendment_is_refused(case: str) -> None:
    were, sent, become = CASES[case]
    before, shown = record(Someone()), pb.Facet()
    for scope, months in were:
        before.prohibitions.add(kind=pb.PROHIBITION_KIND_ORDER, scope=scope, months=months)
    shown.record.CopyFrom(before)
    facet_without_others(shown, Declarations())
    assert {each.scope for each in shown.record.prohibitions} <= {AS_JUDGED}
    del shown.record.prohibitions[:]
    for scope, months in sent:
        shown.record.prohibitions.add(kind=pb.PROHIBITION_KIND_ORDER, scope=scope or AS_JUDGED, months=months)
    if become is None:
        with pytest.raises(InvalidRequest, match="as the judgment says it"):
            carry_over(before, shown.record, Declarations())
        return
    carry_over(before, shown.record, Declarations())
    assert [(each.scope, each.months) for each in shown.record.prohibitions] == become
