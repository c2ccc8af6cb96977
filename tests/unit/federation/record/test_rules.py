"""Each rule that keeps a record out, broken once: the field and the rule are named (R12-R22)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from federation.errors import InvalidRequest
from federation.record.fields import MANDATORY
from federation.record.validate import admit
from federation.v1 import record_pb2 as pb
from tests.support.broken_penalties import BROKEN_PENALTIES
from tests.support.broken_records import BROKEN_RECORDS
from tests.support.changing import NUMBER, UNSTATED, Change, unknown
from tests.support.records import Someone, clear, open_record, record, sealed_record, withheld_record, without

TODAY = date(2026, 1, 15)
AGENCIES = ("police", "state_security", "procuratorate", "justice")


def faults(made: pb.Record, *, allow_synthetic: bool = True) -> set[tuple[str, str]]:
    try:
        admit(made, today=TODAY, allow_synthetic=allow_synthetic)
    except InvalidRequest as error:
        return {(violation.field, violation.rule) for violation in error.violations if violation.message}
    return set()


def full() -> pb.Record:
    """Return a record in which nothing is unknown."""
    made = record(Someone(), "police")
    del made.unknowns[:]
    made.execution.add(kind=pb.EXECUTION_KIND_SERVING, on="2019-06-20", executor="某监狱")
    return made


BROKEN = BROKEN_RECORDS + BROKEN_PENALTIES


@pytest.mark.parametrize("agency", AGENCIES)
@pytest.mark.parametrize("kind", [open_record, sealed_record, withheld_record])
def test_r13_what_each_agency_holds_is_complete_with_its_unknowns_named(
    agency: str, kind: Callable[[str], tuple[Someone, pb.Record]]
) -> None:
    assert faults(kind(agency)[1]) == set()


def test_r17_the_canonical_number_is_filled_in_and_the_original_kept() -> None:
    made = full()
    made.judgment_number.original = "(2012)朝刑初字第0123号"
    admitted = admit(made, today=TODAY, allow_synthetic=True)
    assert admitted.judgment_number.original == "(2012)朝刑初字第0123号"
    assert admitted.judgment_number.canonical == "（2012）朝刑初字第123号"
    assert made.judgment_number.canonical == "", "the sender's own message is not changed"


@pytest.mark.parametrize(("change", "field", "rule"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_r12_a_record_that_breaks_a_rule_is_refused_by_field_and_rule(
    change: Change, field: str, rule: str
) -> None:
    made = full()
    assert faults(made) == set()
    change(made)
    assert (field, rule) in faults(made)


@pytest.mark.parametrize("path", sorted(MANDATORY))
def test_r13_a_mandatory_field_left_out_in_silence_is_refused(path: str) -> None:
    made = full()
    clear(made, path)
    assert (path, MANDATORY[path][0]) in faults(made)


@pytest.mark.parametrize("path", sorted(set(MANDATORY) - {"person.names", "offences"}))
def test_r13_a_mandatory_field_may_be_explicitly_unknown_with_a_reason(path: str) -> None:
    assert faults(without(full(), [path], UNSTATED)) == set()


@pytest.mark.parametrize("end", ["conduct_from", "conduct_to"])
def test_r19_the_days_of_conduct_are_given_or_explicitly_unknown(end: str) -> None:
    made = full()
    made.offences[0].ClearField(end)  # type: ignore[arg-type]
    assert (f"offences[0].{end}", "R19") in faults(made)
    unknown(f"offences[0].{end}")(made)
    assert faults(made) == set()


def test_every_fault_is_told_at_once() -> None:
    made = full()
    made.verdict = pb.VERDICT_ACQUITTED
    made.final_on = "2026-02-30"
    made.person.household_division = "x"
    expected = {("verdict", "A16"), ("final_on", "DATE"), ("person.household_division", "GB/T 2260")}
    assert expected <= faults(made)


def test_synthetic_numbers_are_refused_where_persons_are_real() -> None:
    assert (NUMBER, "GB 11643") in faults(full(), allow_synthetic=False)
