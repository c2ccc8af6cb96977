"""Of all marks that a change is late, an answer has one for each field and holder: the earliest (R47)."""

from __future__ import annotations

from federation.law.relevance.late import earliest
from federation.v1 import record_pb2 as pb


def mark(node: str, field: str, since: str) -> pb.LateChange:
    return pb.LateChange(node=node, field=field, since=since)


def test_r47_each_holder_is_named_once_for_each_field_since_the_first_day() -> None:
    marks = [
        mark("police-1", "final_on", "2026-03-02"),
        mark("justice-1", "final_on", "2026-03-02"),
        mark("police-1", "final_on", "2026-02-03"),
        mark("police-1", "record", "2026-04-01"),
        mark("police-1", "final_on", "2026-03-02"),
    ]
    assert earliest(marks) == [
        mark("justice-1", "final_on", "2026-03-02"),
        mark("police-1", "final_on", "2026-02-03"),
        mark("police-1", "record", "2026-04-01"),
    ]
    assert earliest([]) == []
