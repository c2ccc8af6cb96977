"""Where a notice goes: the longest prefix, the matter, the organs of R68."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from federation.charter.model import Charter, Node, Route
from federation.charter.parse import POLICY, parse_charter
from federation.errors import CharterUnusable, InvalidRequest
from federation.notices.kinds import sender_faults
from federation.notices.routing import facet, insist_division, stops
from federation.record.validate import admit
from federation.v1 import notice_pb2 as pb
from federation.v1 import record_pb2
from federation.values.identity import Installation, MemberId, NodeName, OrganClass, OrganFunction
from tests.support.federation import SmallFederation
from tests.support.notices import judgment, release
from tests.support.records import Someone

TODAY = date(2026, 1, 10)


@pytest.fixture(scope="module")
def charter(tmp_path_factory: pytest.TempPathFactory) -> Charter:
    return SmallFederation(tmp_path_factory.mktemp("small")).charter()


def with_police(charter: Charter, *names: str, routes: tuple[Route, ...] = ()) -> Charter:
    """Return the charter with further nodes of the police."""
    more = tuple(
        Node(NodeName(name), MemberId("police"), Installation.parse(f"police/node/{name}"), "localhost:1")
        for name in names
    )
    return replace(charter, nodes=(*charter.nodes, *more), routes=routes)


def route(division: str, node: str, matter: str = "") -> Route:
    return Route(division, matter, NodeName(node))


def places(charter: Charter, notice: pb.Notice) -> dict[str, int]:
    return {str(stop.node.name): stop.addressing for stop in stops(charter, notice)}


def insist_registered(charter: Charter, notice: pb.Notice, by_division: dict[str, str]) -> None:
    """Insist that the node of each division registers what a court of that division reports of a resident."""
    for division, expected in by_division.items():
        notice.record.person.household_division = notice.trial_division = division
        assert places(charter, notice)[expected] == pb.ADDRESSING_REGISTRATION


def test_r28_the_longest_prefix_registers(charter: Charter) -> None:
    federation = with_police(
        charter,
        "police-beijing",
        "police-chaoyang",
        routes=(route("", "police-1"), route("11", "police-beijing"), route("110105", "police-chaoyang")),
    )
    notice = judgment(Someone())
    insist_registered(
        federation, notice, {"110105": "police-chaoyang", "110101": "police-beijing", "310101": "police-1"}
    )


def test_r28_a_copy_goes_to_the_place_of_trial_where_it_is_another(charter: Charter) -> None:
    federation = with_police(charter, "police-sh", routes=(route("11", "police-1"), route("31", "police-sh")))
    notice = judgment(Someone())
    notice.record.person.household_division, notice.trial_division = "310101", "110105"
    found = places(federation, notice)
    assert found["police-sh"] == pb.ADDRESSING_REGISTRATION
    assert found["police-1"] == pb.ADDRESSING_COPY


def test_r28_a_division_of_full_width_digits_is_the_same_division(charter: Charter) -> None:
    federation = with_police(charter, "police-sh", routes=(route("11", "police-1"), route("31", "police-sh")))
    notice = judgment(Someone())
    notice.record.person.household_division, notice.trial_division = "３１０１０１", "１１０１０５"
    found = places(federation, notice)
    assert found["police-sh"] == pb.ADDRESSING_REGISTRATION
    assert found["police-1"] == pb.ADDRESSING_COPY
    for code in ("３１０１０１", "１１０１０５"):
        insist_division(code, "trial_division", allow_synthetic=False)
    entered = admit(notice.record, today=TODAY, allow_synthetic=True)
    assert entered.person.household_division == "310101"


def test_r28_no_or_a_foreign_registration_falls_back_to_the_place_of_trial(charter: Charter) -> None:
    federation = with_police(charter, "police-sh", routes=(route("11", "police-1"), route("31", "police-sh")))
    notice = judgment(Someone())
    notice.trial_division = "310101"
    for household in ("", "810000", "710000"):
        notice.record.person.household_division = household
        assert places(federation, notice)["police-sh"] == pb.ADDRESSING_REGISTRATION


def test_r28_a_division_for_which_nobody_registers_is_refused(charter: Charter) -> None:
    notice = judgment(Someone())
    notice.record.person.household_division = notice.trial_division = "450101"
    with pytest.raises(InvalidRequest, match="no node of police"):
        stops(replace(charter, routes=(route("11", "police-1"),), nodes=with_divisions(charter)), notice)
    for unknown in ("780101", "12345", "", "一二三四五六"):
        with pytest.raises(InvalidRequest):
            insist_division(unknown, "trial_division", allow_synthetic=False)


def with_divisions(charter: Charter) -> tuple[Node, ...]:
    return tuple(replace(node, divisions=("11",)) for node in charter.nodes)


@pytest.mark.parametrize(
    ("matter", "registrar"),
    [
        (pb.MATTER_ORDINARY, "police-1"),
        (pb.MATTER_STATE_SECURITY, "state-security-1"),
        (pb.MATTER_PROCURATORATE, "procuratorate-1"),
    ],
)
def test_r28_the_matter_decides_which_agency_registers(
    charter: Charter, matter: pb.Matter.ValueType, registrar: str
) -> None:
    notice = judgment(Someone())
    notice.matter = matter
    found = places(charter, notice)
    assert found[registrar] == pb.ADDRESSING_REGISTRATION
    assert ("state-security-1" in found) == (matter == pb.MATTER_STATE_SECURITY)


def test_r29_each_kind_has_its_sender_class(charter: Charter) -> None:
    member = charter.members[MemberId("education")]
    assert list(sender_faults(pb.NOTICE_KIND_RELEASE, member))
    prison = replace(member, functions=frozenset({OrganFunction.PRISON}))
    assert not list(sender_faults(pb.NOTICE_KIND_RELEASE, prison))
    assert list(sender_faults(pb.NOTICE_KIND_JUDGMENT, prison))
    court = charter.members[MemberId("court")]
    assert not list(sender_faults(pb.NOTICE_KIND_JUDGMENT, court))
    assert list(sender_faults(pb.NOTICE_KIND_CORRECTION_COMPLETED, court))
    assert list(sender_faults(99, court))


def test_r31_each_agency_holds_its_facet(charter: Charter) -> None:
    judged = judgment(Someone()).record
    judged.execution.add(kind=record_pb2.EXECUTION_KIND_SERVING, on="2019-07-01", executor="某监狱")
    del judged.unknowns[:]
    assert facet(OrganClass.POLICE, judged) == judged
    procuratorate = facet(OrganClass.PROCURATORATE, judged)
    assert not procuratorate.execution
    assert [u.field for u in procuratorate.unknowns] == ["execution"]
    justice = facet(OrganClass.JUSTICE, judged)
    assert justice.execution == judged.execution
    assert [u.field for u in justice.unknowns] == ["prosecuting_party"]


def test_r31_an_execution_concerns_police_and_justice_only(charter: Charter) -> None:
    assert set(places(charter, release(judgment(Someone())))) == {"police-1", "justice-1"}


def test_r31_justice_holds_no_judgment_that_nobody_executes_over_time(charter: Charter) -> None:
    notice = judgment(Someone())
    notice.record.combined_penalty.CopyFrom(
        record_pb2.Penalty(kind=record_pb2.PENALTY_KIND_SUPPLEMENTARY_ONLY)
    )
    assert "justice-1" not in places(charter, notice)


def test_r68_the_corps_has_its_own_registrar(charter: Charter) -> None:
    """Divisions of the Production and Construction Corps (66, and its cities under 6590) have rows of their own."""
    federation = with_police(
        charter,
        "police-xj",
        "police-corps",
        routes=(
            route("", "police-1"),
            route("65", "police-xj"),
            route("6590", "police-corps"),
            route("66", "police-corps"),
        ),
    )
    notice = judgment(Someone(), number="（2019）兵0901刑初12号")
    insist_registered(
        federation, notice, {"659001": "police-corps", "660100": "police-corps", "650102": "police-xj"}
    )


def test_r68_a_military_court_notifies_without_a_division(charter: Charter) -> None:
    federation = with_police(
        charter, "police-army", routes=(route("", "police-1"), route("", "police-army", "military"))
    )
    notice = judgment(Someone(), number="（2019）军01刑初12号")
    notice.matter = pb.MATTER_MILITARY
    notice.record.person.ClearField("household_division")
    notice.ClearField("trial_division")
    assert places(federation, notice)["police-army"] == pb.ADDRESSING_REGISTRATION
    notice.record.person.household_division = "110105"
    assert places(federation, notice)["police-army"] == pb.ADDRESSING_REGISTRATION


def test_the_charters_routing_table_is_read_and_checked(tmp_path: Path) -> None:
    small = SmallFederation(tmp_path)
    files = {
        str(path.relative_to(small.published / "targets")).replace(f"{path.name.split('.')[0]}.", "", 1): (
            path.read_bytes()
        )
        for path in (small.published / "targets").rglob("*.toml")
    }
    policy = files[POLICY].decode()
    rows = '\n[[routing]]\ndivision = "11"\nmatter = ""\nnode = "police-1"\n'
    files[POLICY] = (policy + rows).encode()
    assert parse_charter(files, version=1).routes == (route("11", "police-1"),)
    for wrong in (rows.replace("police-1", "nobody"), rows.replace('"11"', '"1x"')):
        files[POLICY] = (policy + wrong).encode()
        with pytest.raises(CharterUnusable):
            parse_charter(files, version=1)
