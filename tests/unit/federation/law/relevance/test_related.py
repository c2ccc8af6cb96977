"""Decisions beside convictions under the rows that cover them: the lawyers' table, and what may not be loaded (R64)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from compose.explain.explain import explain
from compose.explain.explain_bases import explain_basis
from federation.law.bases import load_bases
from federation.law.bases.catalogue import DEFAULT
from federation.law.predicate_related import CRITERIA, read_related
from federation.law.relevance import Answer
from federation.law.relevance.related import relevance_of_related
from federation.values.terms import RecordClass
from tests.support import related
from tests.support.records import Someone

LAW = Path(__file__).parents[4] / "law"
TABLE: list[dict[str, Any]] = yaml.safe_load((LAW / "bases_beside.yaml").read_text("utf-8"))
ROWS = load_bases()
TODAY = date(2026, 11, 25)


@pytest.mark.parametrize("row", TABLE, ids=[row["id"] for row in TABLE])
def test_r64_a_decision_is_what_the_covering_row_asks_about_as_the_table_says(row: dict[str, Any]) -> None:
    asked = {"basis": row["basis"], "on": "2026-11-25", "convictions": [], "decisions": row["decisions"]}
    explained = explain_basis(asked, ROWS)
    assert explained["answer"] == row["expect"], explained["reasons"]
    assert explained["reasons"]


def test_r64_a_covered_class_of_which_nothing_is_said_goes_to_a_person() -> None:
    row = replace(ROWS["SUP-13"], beside={})
    held = [[related.non_prosecution(Someone())]]
    assert relevance_of_related(row, "non_prosecution", held, on=TODAY) == [Answer.UNDECIDED]
    assert relevance_of_related(row, "public_order", [[related.public_order(Someone())]], on=TODAY) == [
        Answer.NO
    ]


def test_r64_a_decision_of_a_later_day_does_not_count() -> None:
    held = [[related.non_prosecution(Someone(), on="2019-06-03")]]
    answers = [
        relevance_of_related(ROWS["SUP-13"], "non_prosecution", held, on=date(2019, 6, day)) for day in (2, 3)
    ]
    assert answers == [[Answer.NO], [Answer.YES]]


@pytest.mark.parametrize(
    "criterion",
    [
        "convicted",
        "conduct_in(tag:rumour)",
        "conduct_in(name:没有的行为)",
        "sanction(prison)",
        "times(1)",
        "times(many)",
        "within(5 years of completion)",
        "non_prosecution",
    ],
)
def test_r64_a_word_that_is_none_is_refused_by_name(criterion: str) -> None:
    with pytest.raises(ValueError, match=criterion.partition("(")[0]):
        read_related([[criterion]])


def test_r64_a_row_speaks_only_of_classes_that_it_covers() -> None:
    with pytest.raises(ValueError, match="SUP-13: beside speaks of public_order"):
        replace(ROWS["SUP-13"], beside={RecordClass.PUBLIC_ORDER: read_related([["decided"]])})


def test_the_manual_explains_every_word_for_other_classes() -> None:
    manual = (DEFAULT / "README.md").read_text("utf-8").partition("## Words for the other classes")[2]
    for criterion in CRITERIA:
        assert f"`{criterion}`" in manual or f"`{criterion}(" in manual, criterion


def test_r65_explain_lists_every_store_with_its_basis() -> None:
    listed = json.loads(CliRunner().invoke(explain, ["stores", "--json"]).output)
    stores = {store["id"]: store for store in listed}
    assert stores["prison_records"]["link"] == "execution"
    assert stores["credit_information"]["basis"] == ""
    assert "信用" in CliRunner().invoke(explain, ["stores"]).output
