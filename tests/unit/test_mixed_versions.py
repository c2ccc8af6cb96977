"""What the upgrade under two callers counts: an answer is whole, partial, wrong, or shows early what a seal closes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format

from federation.record.apart import closed_cases
from federation.statements.seals import MOST_CASES
from federation.v1 import record_pb2
from tests.support.mixed_counts import outcome
from tests.support.mixed_rows import AGENCIES, rows, trials
from tests.support.mixed_versions import TRIALS

ENTERED: list[dict[str, str]] = [{"node": "police-1", "record_id": "00"}]
REFUSED = [{"node": "police-1", "refused": "UNREACHABLE"}]


def answer(finding: str, *, complete: bool, entered: list[dict[str, str]]) -> dict[str, Any]:
    return {"finding": finding, "complete": complete, "void": False, "entered": entered}


@pytest.mark.parametrize(
    ("given", "expected", "counted"),
    [
        (answer("RECORD", complete=True, entered=ENTERED), "RECORD", "whole"),
        (answer("NO_RECORD", complete=True, entered=ENTERED), "RECORD", "wrong"),
        (answer("NO_RECORD", complete=True, entered=REFUSED), "RECORD", "whole"),
        (answer("RECORD", complete=True, entered=ENTERED), "NO_RECORD", "wrong"),
        (answer("RECORD", complete=True, entered=REFUSED), "NO_RECORD", "whole"),
        (answer("RECORD", complete=False, entered=ENTERED), "NO_RECORD", "early"),
        (answer("UNDECIDED", complete=False, entered=ENTERED), "NO_RECORD", "partial"),
        ({"finding": "UNDECIDED", "complete": False, "void": True, "entered": ENTERED}, "RECORD", "void"),
        ({"refused": "UNREACHABLE", "entered": ENTERED}, "RECORD", "refused"),
    ],
)
def test_what_became_of_a_question_is_counted(given: dict[str, Any], expected: str, counted: str) -> None:
    assert outcome(given, expected) == counted


def test_every_agency_holds_open_and_sealed_records_of_nobody_else() -> None:
    made = [json.loads(row) for row in rows(4 * len(AGENCIES))]
    held = {(each["finding"], record["member"]) for each in made for record in each["records"]}
    assert held == {(finding, agency) for finding in ("RECORD", "NO_RECORD") for agency in AGENCIES}
    assert len({json.dumps(each["person"]) for each in made}) == len(made)


def test_the_minor_names_more_trials_than_the_earlier_contract_allowed() -> None:
    adults, minor = trials(TRIALS)
    assert {each["records"][0]["member"] for each in adults} == set(AGENCIES)
    named = closed_cases(minor)
    assert 4 < len(named) <= MOST_CASES
    for each in adults:
        made = json_format.ParseDict(each["records"][0]["record"], record_pb2.Record())
        assert closed_cases(made)[0] in named
