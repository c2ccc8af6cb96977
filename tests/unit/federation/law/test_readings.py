"""Readings of 治安管理处罚法 136: from which moment a public-order record is sealed, and what may be asked (R64)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from compose.explain.explain_forms import explain_sealing
from compose.explain.strict_json import BadLine
from federation.law.readings import CHOICES, Readings, read_readings

LAW = Path(__file__).parents[3] / "law"
ROWS: list[dict[str, Any]] = yaml.safe_load((LAW / "readings.yaml").read_text("utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_r64_each_reading_seals_from_its_moment_and_gives_nothing_out_before(row: dict[str, Any]) -> None:
    asked: dict[str, Any] = {
        "class": "public_order",
        "on": row["day"],
        "birth_date": "1980-05-06",
        "offences": [{"name": "盗窃", "from": "2026-01-10", "to": "2026-01-10"}],
        "sealed_from": row["reading"],
    }
    asked |= {name: row[name] for name in ("decided_on", "review_ended_on", "executed_on") if name in row}
    answer = explain_sealing(asked)
    assert (answer["status"], answer["rule"]) == (row["expect"], row["rule"])
    assert ("nothing is given out meanwhile" in str(answer["reason"])) == (row["expect"] == "WITHHELD")


def test_r64_a_reading_is_about_public_order_records_alone() -> None:
    asked = {
        "class": "non_prosecution",
        "birth_date": "1980-05-06",
        "offences": [{"name": "盗窃罪", "from": "2026-01-10", "to": "2026-01-10"}],
        "sealed_from": "review",
    }
    with pytest.raises(BadLine) as refused:
        explain_sealing(asked)
    assert refused.value.field == "sealed_from"


def test_r64_a_charter_that_chooses_nothing_seals_from_the_decision_and_gives_no_certificate() -> None:
    assert read_readings({}) == Readings()
    assert read_readings({}).public_order_sealed_from == "decision"
    assert not read_readings({}).violation_certificates
    assert read_readings({"violation_certificates": "yes"}).violation_certificates


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        ({"rumour": "yes"}, "'rumour' is no reading"),
        ({"public_order_sealed_from": "tomorrow"}, "public_order_sealed_from is one of decision"),
        ({"violation_certificates": "maybe"}, "violation_certificates is one of no, yes"),
    ],
)
def test_r64_an_unknown_reading_or_word_is_refused_by_name(chosen: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        read_readings(chosen)
    assert set(CHOICES) == {"public_order_sealed_from", "violation_certificates"}


def test_r64_the_day_before_the_seal_of_2026_no_reading_matters() -> None:
    asked = {
        "class": "public_order",
        "on": date(2025, 12, 31).isoformat(),
        "birth_date": "1980-05-06",
        "offences": [{"name": "盗窃", "from": "2019-01-10", "to": "2019-01-10"}],
        "sealed_from": "execution",
    }
    assert explain_sealing(asked)["status"] == "OPEN"
