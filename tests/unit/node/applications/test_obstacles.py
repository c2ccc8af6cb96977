"""What stands in the way of an application: each obstacle names its rule and its remedy."""

from __future__ import annotations

import pytest

from federation.errors import NotPermitted
from federation.v1 import application_pb2 as pb
from tests.support import applying
from tests.support.office import World
from tests.support.records import Someone


def test_r36_a_provision_that_is_repealed_on_the_day_is_no_basis(world: World) -> None:
    last_day = world.submit(applying.public(Someone(), "REPEALED"))
    assert not last_day.obstacles
    world.on("2026-03-03")
    assert "不施行" in applying.rules(world.submit(applying.public(Someone(), "REPEALED")).obstacles)
    with pytest.raises(NotPermitted, match="不施行"):
        world.accept(last_day)


def test_r34_one_applies_where_one_is_registered_or_lives_or_where_the_unit_sits(world: World) -> None:
    world.divisions = ("1101",)
    someone = Someone()
    submission = applying.own(someone)
    assert not world.submit(submission).obstacles
    submission.applicant.household_division = "310101"
    assert "不属本机关管辖" in applying.rules(world.submit(submission).obstacles)
    submission.applicant.residence_division = "110108"
    assert "居住证" in applying.rules(world.submit(submission).obstacles)
    submission.papers.append(applying.paper(pb.PAPER_KIND_RESIDENCE_PERMIT))
    submission.papers.append(applying.paper(pb.PAPER_KIND_PROOF_OF_USE))
    assert not world.submit(submission).obstacles
    unit = applying.public(someone)
    unit.applicant.seat_division = "310101"
    assert "不属本机关管辖" in applying.rules(world.submit(unit).obstacles)


def test_r32_a_member_with_a_client_of_its_own_asks_by_itself(world: World) -> None:
    submission = applying.case(Someone())
    assert not world.submit(submission).obstacles
    submission.applicant.name = "court"
    assert "自行查询" in applying.rules(world.submit(submission).obstacles)


def test_a22_a_person_asks_about_himself_only(world: World) -> None:
    submission = applying.own(Someone())
    submission.subject.CopyFrom(Someone(name="别人").subject())
    assert "不是申请人本人" in applying.rules(world.submit(submission).obstacles)


@pytest.mark.parametrize("kind", ["own", "public", "defence", "case"])
def test_every_paper_that_is_left_out_is_named_with_its_remedy(world: World, kind: str) -> None:
    whole: pb.Submission = getattr(applying, kind)(Someone())
    assert not world.submit(whole).obstacles
    for left_out in range(len(whole.papers)):
        submission = pb.Submission()
        submission.CopyFrom(whole)
        submission.subject.CopyFrom(whole.subject)
        del submission.papers[left_out]
        found = world.submit(submission).obstacles
        named = [ground for ground in found if "超过三次" not in ground.says]
        assert len(named) == 1
        assert named[0].papers
        assert named[0].remedy


def test_a26_every_obstacle_names_its_rule_and_its_remedy(world: World) -> None:
    world.divisions = ("11",)
    world.charter = world.small.charter()
    bare = {
        "own": applying.own(Someone()),
        "agent": applying.own(Someone()),
        "public": applying.public(Someone(), "NO-SUCH-ROW"),
        "roster": applying.roster(Someone(), basis="", needed_by="2020-01-01"),
        "defence": applying.defence(Someone(name="甲"), engaged_in=applying.CASE),
        "case": applying.case(Someone()),
        "sealed": applying.sealed_provision(Someone()),
    }
    for submission in bare.values():
        submission.applicant.household_division = submission.applicant.seat_division = "440106"
        submission.ClearField("relation")
        if submission.kind != pb.APPLICATION_KIND_DEFENCE:
            del submission.papers[:]
    bare["own"].applicant.name = "别人"
    bare["agent"].agent.name = "代理人"
    bare["defence"].papers[1].names = "乙"
    bare["case"].applicant.name, bare["case"].case_number = "court", ""
    found = [ground for submission in bare.values() for ground in world.submit(submission).obstacles]
    said_of = "\n".join(ground.says for ground in found)
    for known in ("介绍信", "申请人本人", "民事行为能力", "管辖", "同案其他", "终端查询", "已过", "案号"):
        assert known in said_of, known
    assert all(ground.rule and ground.says and ground.remedy for ground in found)
