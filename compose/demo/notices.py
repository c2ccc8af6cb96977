"""Notices made from real outcomes: the court's judgment, and the end of its execution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compose.demo.outcomes import Row
from compose.demo.synthesis import Case, case_of, full_record
from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2

#: Event that ends an execution -> the sender and kind of its notice.
_LATER = {
    record_pb2.EXECUTION_KIND_COMPLETED: ("prison", pb.NOTICE_KIND_RELEASE),
    record_pb2.EXECUTION_KIND_DISCHARGED: ("county_justice", pb.NOTICE_KIND_CORRECTION_COMPLETED),
}
_CAPITAL = (record_pb2.PENALTY_KIND_DEATH, record_pb2.PENALTY_KIND_DEATH_SUSPENDED)
#: Where cases without a place were tried.
_SOMEWHERE = "110105"


def notices_of(rows: Sequence[Row], rounds: int, seed: int) -> Iterator[tuple[str, pb.Notice]]:
    """Yield (sender, notice): each judgment, and after it the release or discharge; other persons each round."""
    for further in range(rounds):
        for row in rows:
            yield from case_notices(case_of(row, seed + further))


def case_notices(case: Case) -> Iterator[tuple[str, pb.Notice]]:
    """Yield the notices of one case in the order of its events."""
    record = full_record(case)
    endings = [event for event in record.execution if event.kind in _LATER]
    begun = [event for event in record.execution if event.kind not in _LATER]
    unknowns = [u for u in record.unknowns if u.field != "execution"]
    del record.execution[:], record.unknowns[:]
    record.execution.extend(begun)
    record.unknowns.extend(unknowns)
    if not begun:
        record.unknowns.add(field="execution", reason=record_pb2.UNKNOWN_REASON_NOT_YET_OCCURRED)
    division = case.place.division
    yield (
        "court",
        pb.Notice(
            kind=pb.NOTICE_KIND_JUDGMENT,
            matter=pb.MATTER_ORDINARY,
            record=record,
            trial_division=division if len(division) == 6 else _SOMEWHERE,
            approved_on=record.final_on if record.combined_penalty.kind in _CAPITAL else "",
        ),
    )
    for ending in endings:
        sender, kind = _LATER[ending.kind]
        yield (
            sender,
            pb.Notice(
                kind=kind,
                matter=pb.MATTER_ORDINARY,
                occurred_on=ending.on,
                person=record.person,
                judgment=pb.JudgmentReference(number=record.judgment_number, court=record.court),
                execution=[ending],
            ),
        )
