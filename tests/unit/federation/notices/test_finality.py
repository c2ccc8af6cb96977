"""A judgment that cannot be final yet makes no record, at whatever door: the lawyers' table (R23, A5)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.errors import InvalidRequest
from federation.notices.finality import finality_faults
from federation.record.validate import admit
from federation.v1 import notice_pb2
from federation.v1 import record_pb2 as pb
from tests.support.records import HELD_ELSEWHERE, Someone, record, without

TODAY = date(2026, 11, 28)
ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[3] / "law" / "finality.yaml").read_text("utf-8")
)
BY_ID = pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])


def judged(row: dict[str, Any]) -> pb.Record:
    """Return the record of a row, final on the day of the question as whoever enters it says."""
    made = record(Someone(), "police", number=row["number"] or "（2026）京0105刑初1号")
    made.ClearField("execution")
    made.final_on = TODAY.isoformat()
    made.court.name = row.get("court", "北京市朝阳区人民法院")
    made.pronounced_on, made.served_on = row["pronounced"] or "", row["served"] or ""
    made.instrument.issued_on = TODAY.isoformat()
    if row.get("ruling"):
        made.instrument.kind = pb.INSTRUMENT_KIND_RULING
    if row.get("penalty") == "death_suspended":
        made.combined_penalty.CopyFrom(pb.Penalty(kind=pb.PENALTY_KIND_DEATH_SUSPENDED))
        made.offences[0].penalty.CopyFrom(made.combined_penalty)
        made.supplementary_penalties.add(
            kind=pb.SUPPLEMENTARY_KIND_DEPRIVATION_OF_POLITICAL_RIGHTS, for_life=True
        )
    return without(made, [] if row["number"] else ["judgment_number"], HELD_ELSEWHERE)


@BY_ID
def test_r23_a_judgment_that_cannot_be_final_yet_is_refused_as_the_table_says(row: dict[str, Any]) -> None:
    made = judged(row)
    if row["expect"] == "final":
        admit(made, today=TODAY, allow_synthetic=True)
        return
    with pytest.raises(InvalidRequest) as caught:
        admit(made, today=TODAY, allow_synthetic=True)
    [violation] = caught.value.violations
    assert (violation.field, violation.rule) == ("final_on", "R23")
    assert row["expect"] in violation.message


@BY_ID
def test_r23_notices_are_held_to_the_same_rule(row: dict[str, Any]) -> None:
    notice = notice_pb2.Notice(kind=notice_pb2.NOTICE_KIND_JUDGMENT, record=judged(row))
    rules = {fault.rule for fault in finality_faults(notice, today=TODAY)}
    if row["expect"] != "final":
        assert rules, "a notice states at least as much as a record"
    elif row["served"] or row["pronounced"]:
        waits = row.get("penalty") == "death_suspended" and row.get("court") != "最高人民法院"
        assert rules == ({"A5"} if waits else set())
    else:
        assert rules == {"A5"}, "a notice says from when the period counts"


def test_r23_a_court_may_say_that_it_was_the_last_instance() -> None:
    made = judged(ROWS[0])
    admit(made, today=TODAY, allow_synthetic=True, final_instance=True)
