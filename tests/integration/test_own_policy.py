"""An agency may tighten for its own store, never loosen (R35, R57)."""

from __future__ import annotations

from pathlib import Path

import pytest

import node.app
from federation.evidence.report import Verdict
from federation.law.policies import PolicyRefused
from federation.v1 import query_pb2 as pb
from tests.support import asking
from tests.support.federation import SmallFederation
from tests.support.inside import inside_federation
from tests.support.records import Someone, record

AGENCIES = ("police", "state_security", "procuratorate", "justice")
FORBID = """
@id("police-no-own")
@clause("implementing rules art. 3 (R57)")
@says("this agency answers applications about the own record at its windows only")
forbid (principal, action == Action::"own", resource);
"""
PERMIT = """
@id("police-everything")
@clause("none")
@says("everything is shown")
permit (principal, action, resource);
"""


def policies(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "own.cedar").write_text(text, "utf-8")
    return folder


def test_r35_r57_a_node_refuses_a_purpose_that_its_agency_forbids(tmp_path: Path) -> None:
    someone = Someone()
    with inside_federation(SmallFederation(tmp_path)) as inside:
        for agency in AGENCIES:
            folder = policies(tmp_path / "policies", FORBID) if agency == "police" else None
            inside.start_node(agency, policy_folder=folder)
        inside.start_gateway()
        inside.client("justice").register.enter("justice-1", record(someone, "justice"))
        window = inside.client("procuratorate")
        about_nobody = window.ask(asking.own(Someone().subject())).answer
        assert (about_nobody.completeness, about_nobody.finding) == (
            pb.COMPLETENESS_PARTIAL,
            pb.FINDING_UNDECIDED,
        )
        outcomes = {o.node: (o.outcome, o.reason) for o in about_nobody.outcomes}
        assert outcomes.pop("police-1") == (pb.OUTCOME_REFUSED, "NOT_PERMITTED")
        assert set(outcomes.values()) == {(pb.OUTCOME_ANSWERED, "")}
        assert about_nobody.advice
        found = window.ask(asking.own(someone.subject())).answer
        assert found.finding == pb.FINDING_YES, "another agency's refusal binds nobody else (R35)"
        case = window.ask(asking.case(someone.subject())).answer
        assert (case.completeness, case.finding) == (pb.COMPLETENESS_COMPLETE, pb.FINDING_RECORD)


def test_an_answer_that_a_node_refused_is_signed_and_not_proven(tmp_path: Path) -> None:
    """The node signs its refusal, but a gateway can bring one about, such as by sending a question twice."""
    someone = Someone()
    with inside_federation(SmallFederation(tmp_path)) as inside:
        for agency in AGENCIES:
            folder = (
                policies(tmp_path / "policies", FORBID.replace('"own"', '"case"'))
                if agency == "police"
                else None
            )
            inside.start_node(agency, policy_folder=folder)
        inside.start_gateway()
        inside.client("justice").register.enter("justice-1", record(someone, "justice"))
        case = inside.client("procuratorate").ask(asking.case(someone.subject()))
        assert (case.answer.completeness, case.answer.finding) == (pb.COMPLETENESS_PARTIAL, pb.FINDING_RECORD)
        assert case.verified.verdict is Verdict.SIGNED
        assert ["police-1" in gap.says for gap in case.verified.gaps] == [True]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PERMIT, "may only forbid"),
        (FORBID.replace("resource);", "resource) when { resource.sealed };"), "may not look at the record"),
        ("forbid (principal, action, resource", "own.cedar"),
    ],
    ids=["permit", "record", "broken"],
)
def test_r57_a_folder_that_loosens_or_looks_at_records_stops_the_start(
    tmp_path: Path, text: str, says: str
) -> None:
    with inside_federation(SmallFederation(tmp_path, agencies=("police",))) as inside:
        settings = inside.node_settings("police", policy_folder=policies(tmp_path / "policies", text))
        with pytest.raises(PolicyRefused, match=says), node.app.running(settings):
            raise AssertionError("it started")
