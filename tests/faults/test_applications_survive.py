"""Steps of an application and seals on their way survive: servers killed after each, nothing lost, nothing told."""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial

from compose.local.layout import GATEWAY, node_installation
from federation.client.applications import Applications, VerifiedStep
from federation.errors import HutongError
from federation.v1 import application_pb2 as pb
from federation.v1 import query_pb2, record_pb2
from tests.support import applying, asking
from tests.support.local import LocalFederation
from tests.support.records import MINOR, Someone, case_number, record
from tests.support.waiting import wait_for

POLICE, PROCURATORATE = node_installation("police"), node_installation("procuratorate")


def step(whole: LocalFederation, officer: str, act: Callable[[Applications], VerifiedStep]) -> pb.Application:
    """Take a step, kill the node as soon as it is acknowledged, start it again, and read what it kept."""
    with whole.fresh_client("police", officer) as client:
        done = act(client.applications("police-1")).application
    whole.signal(POLICE, signal.SIGKILL)
    whole.up(POLICE)
    with whole.fresh_client("police", officer) as client:
        kept = client.applications("police-1").show(done.number).application
    assert (kept.version, kept.state, kept.mandate) == (done.version, done.state, done.mandate)
    return kept


def answered(applications: Applications, application: pb.Application) -> VerifiedStep:
    """Handle it, once the gateway has found the killed node again."""
    return wait_for(lambda: applications.answer(application), what="the letter", passing=HutongError)


def test_r34_no_step_of_an_application_is_lost_when_the_node_is_killed_between_steps(
    whole: LocalFederation,
) -> None:
    someone = Someone()
    whole.enter("procuratorate", record(someone, "procuratorate"))
    at = step(whole, applying.ACCEPTOR, lambda applications: applications.submit(applying.public(someone)))
    at = step(whole, applying.ACCEPTOR, lambda applications: applications.accept(at, applying.ACCEPT))
    at = step(whole, applying.REVIEWER, lambda applications: applications.review(at, applying.APPROVE))
    at = step(whole, applying.HANDLER, lambda applications: answered(applications, at))
    assert [e.officer for e in at.events] == [
        applying.ACCEPTOR,
        applying.ACCEPTOR,
        applying.REVIEWER,
        applying.HANDLER,
    ]
    with whole.fresh_client("police", applying.HANDLER) as client:
        documents = client.applications("police-1").show(at.number).documents
    assert len(documents) == len(at.documents) == 2, "receipt and letter are still handed out"


def test_r45_a_seal_reaches_a_node_that_was_down_before_any_question_though_the_gateway_was_killed(
    whole: LocalFederation,
) -> None:
    someone, number = Someone(born=MINOR), case_number()
    grown = record(someone, "procuratorate", number=number)
    grown.person.birth_date = "1985-03-04"
    grown.person.identifiers[0].verification = record_pb2.VERIFICATION_DECLARED
    whole.enter("procuratorate", grown)
    wait_for(
        lambda: ask(whole, someone)[0],
        lambda seen: seen == query_pb2.FINDING_RECORD,
        what="the record at the procuratorate",
    )
    whole.down(PROCURATORATE)
    before = proposed(whole)
    whole.enter("police", record(someone, "police", number=number))
    wait_for(lambda: proposed(whole), lambda seen: seen > before, what="the proposal at the gateway")
    whole.signal(GATEWAY, signal.SIGKILL)
    whole.up(PROCURATORATE)
    whole.up(GATEWAY)
    findings = list[query_pb2.Finding.ValueType]()
    wait_for(partial(complete, whole, someone, findings), what="a complete answer", passing=HutongError)
    assert query_pb2.FINDING_RECORD not in findings
    assert findings[-1] == query_pb2.FINDING_NO_RECORD


def proposed(whole: LocalFederation) -> int:
    """Return how many pages of proposals the gateway has durably from the police."""
    entries = [e for e in whole.gateway_entries() if e["kind"] == "proposed"]
    return sum(e.get("by") == str(POLICE) for e in entries)


def complete(whole: LocalFederation, someone: Someone, findings: list[query_pb2.Finding.ValueType]) -> bool:
    """Ask, note the finding, and say whether every store answered."""
    finding, whole_answer = ask(whole, someone)
    findings.append(finding)
    return whole_answer


def ask(whole: LocalFederation, someone: Someone) -> tuple[query_pb2.Finding.ValueType, bool]:
    with whole.fresh_client("court") as court:
        answer = court.ask(asking.case(someone.subject())).answer
    return answer.finding, answer.completeness == query_pb2.COMPLETENESS_COMPLETE
