"""The demo gives up an import whose node is gone after `--patience` seconds, with one sentence that names the node."""

from __future__ import annotations

import pytest

from compose.demo.feeding import feed
from compose.demo.patience import NotShown
from compose.demo.synthesis import FacetPlan
from compose.local.layout import node_installation
from tests.support.local import LocalFederation
from tests.support.records import open_record

JUSTICE = node_installation("justice")


def plan(agency: str) -> FacetPlan:
    _, made = open_record(agency)
    return FacetPlan(agency=agency, record=made, case_id=made.judgment_number.original, kind="record")  # type: ignore[arg-type]


def test_an_import_whose_node_is_gone_ends_in_one_sentence(whole: LocalFederation) -> None:
    whole.down(JUSTICE)
    plans = [plan("police"), plan("justice"), plan("justice")]
    with pytest.raises(NotShown) as given_up:
        feed(whole.layout.description, plans, officer="登记员甲", told=lambda node, done: None, still_s=1)
    sentence = given_up.value.format_message()
    assert sentence.startswith("justice-1 has taken 0 of 2 records and no further one in 1 seconds: ")
    assert (sentence.count("\n"), sentence[-1]) == (0, ".")
    whole.up(JUSTICE)
    fed = feed(whole.layout.description, plans, officer="登记员甲", told=lambda node, done: None)
    assert {each.node: each.total for each in fed if each.total} == {"police-1": 1, "justice-1": 2}
