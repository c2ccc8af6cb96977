"""Sealing beside convictions: the lawyers' table, and which rules must be opened (R64, A10)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from compose.explain.explain_forms import explain_sealing
from compose.explain.strict_json import BadLine
from federation.law.sealing import Conduct, Facts
from federation.law.sealing_related import in_force, seals
from federation.values.calendar import parse_partial

LAW = Path(__file__).parents[3] / "law"
ROWS: list[dict[str, Any]] = yaml.safe_load((LAW / "sealing_related.yaml").read_text("utf-8"))


def question(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row as a question to `hutong explain sealing`."""
    asked: dict[str, Any] = {
        "class": row["class"],
        "on": row["day"],
        "birth_date": row["born"],
        "offences": [{"name": "行为", "from": first, "to": last} for first, last in row["conduct"]],
    }
    return asked | ({"profile": row["profile"]} if "profile" in row else {})


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_r64_sealing_beside_convictions_is_as_the_table_says(row: dict[str, Any]) -> None:
    answer = explain_sealing(question(row))
    assert (answer["status"], answer["rule"]) == (row["expect"], row.get("rule", answer["rule"]))
    assert answer["clause"]
    assert answer["reason"]


def test_r64_a_rule_takes_hold_on_its_first_day() -> None:
    days = [date(2021, 5, 31), date(2021, 6, 1), date(2025, 12, 31), date(2026, 1, 1)]
    assert [in_force(day) for day in days] == [(), ("S2",), ("S2",), ("S2", "S3")]


def test_r64_a_minors_public_order_record_is_sealed_twice() -> None:
    act = (Conduct(date(2019, 1, 10), date(2019, 1, 10)),)
    adult, minor = (Facts(birth=parse_partial(born), conduct=act) for born in ("1980-05-06", "2002-03-04"))
    today = date(2026, 11, 25)
    assert seals("public_order", adult, on=today) == {"S3"}
    assert seals("public_order", minor, on=today) == {"S2", "S3"}
    assert seals("public_order", Facts(birth=None, conduct=act), on=today) == {"S2", "S3"}
    assert seals("non_prosecution", minor, on=today) == {"S2"}
    assert seals("criminal", adult, on=today) == {"S1"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"class": "working"}, "class"),
        ({"class": "rumour"}, "class"),
        ({"on": "2026-13-01"}, "on"),
        ({"penalty": {"kind": "life"}}, "penalty"),
    ],
)
def test_r64_a_question_that_does_not_fit_the_class_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadLine) as refused:
        explain_sealing(question(ROWS[0]) | changes)
    assert refused.value.field == field
