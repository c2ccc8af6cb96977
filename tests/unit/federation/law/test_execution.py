"""What can follow what in the execution of a sentence: the lawyers' table (R21)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.errors import InvalidRequest
from federation.record.validate import admit
from federation.v1 import record_pb2 as pb
from federation.values.enum_names import enum_names
from tests.support.records import Someone, record

TABLE: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[3] / "law" / "execution.yaml").read_text("utf-8")
)
KINDS = {name: number for number, name in enum_names(pb.ExecutionKind.DESCRIPTOR).items()}


@pytest.mark.parametrize("row", TABLE, ids=[row["id"] for row in TABLE])
def test_r21_events_follow_each_other_as_the_table_says(row: dict[str, Any]) -> None:
    made = record(Someone(), "justice")
    made.pronounced_on = made.served_on = made.instrument.issued_on = "2010-06-03"
    made.final_on, made.judgment_number.original = "2010-06-18", "（2010）朝刑初字第1号"
    for offence in made.offences:
        offence.conduct_from = offence.conduct_to = "2010-01-10"
    del made.execution[:]
    for kind, day in row["events"]:
        made.execution.add(kind=pb.ExecutionKind.ValueType(KINDS[kind]), on=day, executor="某机关")
    if row["refused"] is None:
        admit(made, today=date(2030, 1, 1), allow_synthetic=True)
        return
    with pytest.raises(InvalidRequest) as refused:
        admit(made, today=date(2030, 1, 1), allow_synthetic=True)
    assert [(v.field, v.rule) for v in refused.value.violations] == [
        (f"execution[{row['refused']}].kind", "R21")
    ]
