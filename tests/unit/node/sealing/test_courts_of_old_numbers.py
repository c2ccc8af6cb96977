"""One judgment with an old number is one, however its court is written: for texts (R41) and for notices (R31)."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.law.disclosure import Reach
from federation.record.classes import CRIMINAL
from federation.record.fields import CO_OFFENDERS
from federation.v1 import notice_pb2
from federation.values.court_names import may_be_one_court
from node.intake import matching
from node.store.reading import open_reader
from tests.support.notices import judgment, release
from tests.support.records import Someone, record, sealed_record
from tests.support.register import NEW, RegisterUnderTest, run_out
from tests.support.sealing_node import Node

NUMBER = "（2012）朝刑初字第123号"
WHOLE, OTHER = "北京市朝阳区人民法院", "长春市朝阳区人民法院"
WRITTEN = ["北京市朝阳区人民法院", "朝阳区人民法院", "北京市朝阳区法院", "北京市 朝阳区人民法院"]


@pytest.mark.parametrize("court", [*WRITTEN, ""])
def test_r41_a_text_closes_with_the_seal_of_an_offender_whose_court_is_written_in_another_way(
    tmp_path: Path, court: str
) -> None:
    node, adult, minor = Node(tmp_path), Someone(), sealed_record("police")[1]
    run_out(node.resealing())
    minor.judgment_number.original, minor.court.name = NUMBER, WHOLE
    made = record(adult, "police", number=NUMBER)
    made.court.name = court
    if not court:
        made.ClearField("court")
        made.unknowns.add(field="court", reason=made.unknowns[0].reason)
    made.extensions[CO_OFFENDERS] = minor.person.names[0].text
    grown = bytes.fromhex(node.enter(made).record_id)
    opened = open_reader(node.journal.engine, node.register.sealer.open_vault).show(grown)
    assert opened is not None
    before = {grown: opened.event.record}
    assert node.others().of(before) == set()
    node.enter(minor)
    assert node.others().of(before) == {grown}
    [facet] = node.look_up(adult.subject(), Reach(sealed=(CRIMINAL,))).facets
    assert facet.contains_sealed == (court == WHOLE), "the mark says so for certain only"


@pytest.mark.parametrize(
    ("court", "found"), [*((each, True) for each in WRITTEN), ("", True), (OTHER, False)]
)
def test_r31_a_notice_finds_its_judgment_however_the_court_is_written(
    tmp_path: Path, court: str, found: bool
) -> None:
    register = RegisterUnderTest(tmp_path)
    register.profile = NEW
    judged = judgment(Someone())
    judged.record.judgment_number.original, judged.record.court.name = NUMBER, WHOLE
    judged.judgment.number.original, judged.judgment.number.canonical = NUMBER, NUMBER
    register.enter(judged.record)
    notice: notice_pb2.Notice = release(judged)
    notice.judgment.number.CopyFrom(judged.judgment.number)
    notice.judgment.court.name = court
    with register.journal.reading() as view:
        assert (matching.find(view, register.shared(), notice) is not None) == found


def test_a_court_with_more_in_front_may_be_the_one_without() -> None:
    assert all(may_be_one_court(WHOLE, each) and may_be_one_court(each, WHOLE) for each in WRITTEN)
    assert may_be_one_court("朝阳区法院", OTHER)
    assert not may_be_one_court(WHOLE, OTHER)
    assert not may_be_one_court("北京市第三中级人民法院", "北京市高级人民法院")
