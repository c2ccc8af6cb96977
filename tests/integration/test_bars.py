"""The person concerned is told when each bar ends; nobody else is, and nothing of what is sealed (A22, R41)."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from compose.cli import main
from compose.local.layout import node_installation
from federation.documents.bars import page
from federation.errors import InvalidRequest
from federation.v1 import bars_pb2, query_pb2
from federation.v1 import record_pb2 as records_pb2
from federation.values.clock import legal_day, now
from tests.support import applying, asking
from tests.support.applying import HANDLER, applications
from tests.support.local import LocalFederation
from tests.support.records import Someone, record, sealed_record


def bars_of(federation: LocalFederation, someone: Someone) -> query_pb2.Answer:
    approved = applying.approved(federation, "police", applying.own(someone)).application
    return applications(federation, "police", HANDLER).bars(approved)


def statuses(answer: query_pb2.Answer) -> dict[str, int]:
    return {bar.basis: bar.standing for bar in answer.bars}


@pytest.mark.date_dependent
def test_a22_the_person_is_told_until_when_each_provision_applies(
    running_federation: LocalFederation,
) -> None:
    someone = Someone(name="陈家洛")
    made = record(someone)
    del made.unknowns[:]
    made.person.household_division = "110105"
    made.execution.add(kind=records_pb2.EXECUTION_KIND_SERVING, on="2019-06-20")
    year = legal_day(now()).year
    made.execution.add(kind=records_pb2.EXECUTION_KIND_COMPLETED, on=f"{year - 1}-06-01")
    running_federation.enter("procuratorate", made)
    answer = bars_of(running_federation, someone)
    found = {bar.basis: bar for bar in answer.bars}
    assert found["TCH-14"].standing == bars_pb2.BAR_STANDING_FOR_LIFE
    assert (found["CPA-10"].standing, found["CPA-10"].until) == (
        bars_pb2.BAR_STANDING_UNTIL,
        f"{year + 4}-06-01",
    )
    assert found["COM-178"].standing == bars_pb2.BAR_STANDING_NONE
    assert not answer.convictions
    assert not answer.evidence
    asked = [e for e in running_federation.gateway_entries() if e.get("bars")]
    assert asked[-1]["mandate"]


def test_r41_a_sealed_only_person_is_told_what_a_person_with_none_is(
    running_federation: LocalFederation,
) -> None:
    sealed, made = sealed_record("police")
    running_federation.enter("police", made)
    nobody = Someone(born=sealed.born)
    answers = [bars_of(running_federation, someone) for someone in (sealed, nobody)]
    assert set(statuses(answers[0]).values()) == {bars_pb2.BAR_STANDING_NONE}
    assert list(answers[0].bars) == list(answers[1].bars)
    assert answers[0].ByteSize() == answers[1].ByteSize()
    pages = [page("某人", "2026-03-02", answer.bars) for answer in answers]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("purpose", ["case", "public", "defence", "own"])
def test_a22_nobody_but_the_person_through_a_window_is_told(
    running_federation: LocalFederation, purpose: str
) -> None:
    query = asking.UNSEALED[purpose](Someone().subject())
    query.with_bars = True
    if purpose != "own":
        query.mandate = "police-1-2026-000001@00"
    with pytest.raises(InvalidRequest, match="with_bars"):
        running_federation.client("police").ask(query)


def run(federation: LocalFederation, *arguments: str) -> Result:
    home = ("--home", str(federation.layout.home), "--node", "police-1", "--officer", HANDLER)
    return CliRunner().invoke(main, ["apply", "bars", *home, *arguments])


def test_a22_the_page_is_printed_at_the_window_of_an_own_application_only(
    running_federation: LocalFederation,
) -> None:
    own = applying.answered(running_federation, "police", applying.own(Someone(name="霍青桐"))).application
    shown = run(running_federation, own.number)
    assert shown.exit_code == 0, shown.output
    assert "霍青桐" in shown.output
    assert "不是证明文件" in shown.output
    rows = json.loads(run(running_federation, own.number, "--json").output)["bars"]
    assert {row["standing"] for row in rows} == {"BAR_STANDING_NONE"}
    waiting = applying.accepted(running_federation, "police", applying.own(Someone())).application
    school = applying.answered(running_federation, "police", applying.public(Someone())).application
    for other in (waiting, school):
        refused = run(running_federation, other.number)
        assert refused.exit_code == 1
        assert "NOT_AN_APPROVED_OWN_APPLICATION" in refused.output


def test_r7_no_page_while_a_node_is_down(running_federation: LocalFederation) -> None:
    own = applying.answered(running_federation, "police", applying.own(Someone())).application
    running_federation.down(node_installation("justice"))
    try:
        refused = run(running_federation, own.number)
    finally:
        running_federation.up(node_installation("justice"))
    assert (refused.exit_code, "PARTIAL" in refused.output) == (1, True)
