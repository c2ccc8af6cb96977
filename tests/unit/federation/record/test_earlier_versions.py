"""A record that was entered under earlier rules still takes what notices tell of its person (R31)."""

from __future__ import annotations

from datetime import date

import pytest

from federation.errors import InvalidRequest
from federation.record.validate import admit
from federation.v1 import record_pb2 as pb
from tests.support.records import Someone, record

TODAY = date(2026, 1, 10)


def entered_before() -> pb.Record:
    """Return a record that no door lets in today: a woman with a man's number."""
    made = record(Someone(), "justice")
    made.person.sex = pb.SEX_FEMALE
    return made


def test_r31_faults_of_before_do_not_lose_a_notice() -> None:
    old, new = entered_before(), entered_before()
    new.CopyFrom(old)
    new.execution.add(kind=pb.EXECUTION_KIND_COMPLETED, on="2022-06-19", executor="某监狱")
    with pytest.raises(InvalidRequest, match="contradicts the sex"):
        admit(new, today=TODAY, allow_synthetic=True)
    assert admit(new, today=TODAY, allow_synthetic=True, before=old).execution[-1].on == "2022-06-19"


def test_r31_faults_that_a_notice_brings_are_refused_all_the_same() -> None:
    old = entered_before()
    new = pb.Record()
    new.CopyFrom(old)
    new.execution.add(kind=pb.EXECUTION_KIND_COMPLETED, on="2022-06-19", executor="某监狱")
    new.execution.add(kind=pb.EXECUTION_KIND_REDUCED, on="2023-06-19", executor="某监狱")
    with pytest.raises(InvalidRequest) as refused:
        admit(new, today=TODAY, allow_synthetic=True, before=old)
    assert [(v.field, v.rule) for v in refused.value.violations] == [("execution[2].kind", "R21")]
