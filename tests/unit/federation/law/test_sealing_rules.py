"""The table of sealing rules, refused where it does not hold; adults' minor offences on their terms, off (S4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.law.sealing_adult import adult_rules, decide_adult
from federation.law.sealing_related import in_force
from federation.law.sealing_rules import TABLE, load, sealing_rules
from federation.record.facts import decide_together
from federation.v1 import record_pb2 as pb
from federation.values.terms import SealRule

LAW = Path(__file__).parents[3] / "law"
ROWS: list[dict[str, Any]] = yaml.safe_load((LAW / "sealing_adult.yaml").read_text("utf-8"))
S4 = sealing_rules()[SealRule.S4]
TODAY = date(2026, 11, 25)


def conviction(row: dict[str, Any]) -> pb.Record:
    penalty = row["penalty"] or {}
    made = pb.Record(
        record_class=pb.RECORD_CLASS_CRIMINAL,
        final_on=row.get("final_on", "2019-06-16"),
        offences=[pb.Offence(name=name) for name in row["offences"]],
    )
    if penalty:
        made.combined_penalty.kind = pb.PenaltyKind.Value(f"PENALTY_KIND_{penalty['kind'].upper()}")
        made.combined_penalty.months = penalty.get("months", 0)
        made.combined_penalty.days = penalty.get("days", 0)
        made.combined_penalty.probation_months = penalty.get("probation_months", 0)
    for kind, day in row.get("execution", []):
        made.execution.add(kind=pb.ExecutionKind.Value(f"EXECUTION_KIND_{kind.upper()}"), on=day)
    return made


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_r40_an_adults_minor_offence_is_as_the_table_says(row: dict[str, Any]) -> None:
    assert S4.terms is not None
    rule = replace(S4, terms=replace(S4.terms, **row.get("terms", {})))
    found = decide_adult(
        rule, [conviction(row)], date.fromisoformat(row["day"]), convicted_again=row.get("again")
    )
    assert found.status == row["expect"], found.reason
    assert row.get("because", "") in found.reason
    assert found.clause == S4.clause


def test_r40_no_rule_on_adults_is_in_force_and_none_changes_a_decision() -> None:
    assert S4.in_force_from is None
    assert not adult_rules(date(2099, 1, 1))
    assert "S4" not in in_force(date(2099, 1, 1))
    row = next(row for row in ROWS if row["expect"] == "SEALED")
    adult = conviction(row)
    adult.person.birth_date = "1980-01-01"
    adult.offences[0].conduct_from = adult.offences[0].conduct_to = "2019-01-10"
    assert decide_together([pb.Facet(record=adult)], "practice-2022", TODAY).status == "OPEN"


def test_r40_holders_who_differ_leave_an_adults_record_to_a_person() -> None:
    row = next(row for row in ROWS if row["expect"] == "SEALED")
    silent = conviction(row)
    del silent.execution[:]
    rule = replace(S4, in_force_from=date(2026, 1, 1))
    assert decide_adult(rule, [conviction(row)], TODAY, convicted_again=False).status == "SEALED"
    assert decide_adult(rule, [conviction(row), silent], TODAY, convicted_again=False).status == "WITHHELD"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("in_force_from = 2026-01-01", 'in_force_from = "2026"', "S3: in_force_from"),
        ('classes = ["public_order"]', 'classes = ["rumour"]', "S3: 'rumour'"),
        ("minors_only = false\nin_force", "in_force", "S3: missing minors_only"),
        ("waiting_years = 3", "waiting_years = 99", "S4: terms.waiting_years"),
        ("waiting_years = 3", "", "S4: missing waiting_years"),
        ('lost_by = "intentional_crime"', 'lost_by = "gossip"', "S4: terms.lost_by"),
        ('heaviest = "fixed_term"', 'heaviest = "exile"', "S4: 'exile'"),
        ('"chapter:8"', '"chapter:11"', "S4: 'chapter:11'"),
        ("[S1]\n", "[S1]\nmood = 1\n", "S1: unknown field mood"),
        ("[S2]", "[S9]", "S9"),
    ],
)
def test_r6_a_table_of_sealing_rules_that_does_not_hold_is_refused_by_rule_and_field(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    text = TABLE.read_text("utf-8").replace("[S4]\n", "[S4]\nin_force_from = 2027-01-01\n")
    assert old in text
    (tmp_path / "rules.toml").write_text(text, "utf-8")
    assert load(tmp_path / "rules.toml")[SealRule.S4].in_force_from == date(2027, 1, 1)
    (tmp_path / "rules.toml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ValueError, match=named):
        load(tmp_path / "rules.toml")
