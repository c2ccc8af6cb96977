"""A clean answer is impossible while a node that must answer has not."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from compose.local.layout import NODES, node_installation
from federation.client import CheckedAnswer
from federation.evidence.answer_file import render
from federation.v1 import query_pb2 as pb
from tests.support import asking
from tests.support.local import LocalFederation
from tests.support.records import Someone, open_record, record, sealed_record
from tests.support.waiting import wait_for

JUSTICE = node_installation("justice")
ALL = [node_installation(agency) for agency in NODES]
QUERIES = [asking.case, asking.own, asking.public, asking.defence, asking.sealed_case]


def ask(
    federation: LocalFederation, query: Callable[[pb.Subject], pb.Query], someone: Someone
) -> CheckedAnswer:
    return federation.client("procuratorate").ask(query(someone.subject()))


def outcome(answered: CheckedAnswer, node: str) -> pb.NodeOutcome:
    [found] = [o for o in answered.answer.outcomes if o.node == node]
    return found


@contextmanager
def held(federation: LocalFederation, *servers: object) -> Iterator[None]:
    """Stop processes as if they hung, and let them go on."""
    for server in servers:
        federation.signal(server, signal.SIGSTOP)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for server in servers:
            federation.signal(server, signal.SIGCONT)  # type: ignore[arg-type]


def until_complete(federation: LocalFederation) -> CheckedAnswer:
    return wait_for(
        lambda: ask(federation, asking.case, Someone()),
        lambda answered: answered.answer.completeness == pb.COMPLETENESS_COMPLETE,
        what="a complete answer",
    )


def test_r7_one_node_down_is_named_and_nothing_is_clean(whole: LocalFederation) -> None:
    someone, made = open_record("police")
    whole.enter("police", made)
    ask(whole, asking.case, someone)
    whole.down(JUSTICE)
    for query in QUERIES:
        for about in (someone, Someone()):
            answered = ask(whole, query, about)
            assert answered.answer.completeness == pb.COMPLETENESS_PARTIAL
            assert answered.answer.finding not in (pb.FINDING_NO_RECORD, pb.FINDING_NO)
            missing = outcome(answered, "justice-1")
            assert missing.outcome == pb.OUTCOME_UNREACHABLE
            assert missing.reason
            others = [o.outcome for o in answered.answer.outcomes if o.node != "justice-1"]
            assert pb.OUTCOME_UNREACHABLE not in others
            assert answered.answer.advice
    assert ask(whole, asking.case, someone).answer.finding == pb.FINDING_RECORD
    assert ask(whole, asking.case, Someone()).answer.finding == pb.FINDING_UNDECIDED
    whole.up(JUSTICE)
    assert until_complete(whole).answer.finding == pb.FINDING_NO_RECORD


def test_all_nodes_down_is_void(whole: LocalFederation) -> None:
    someone, made = open_record("police")
    whole.enter("police", made)
    whole.down(*ALL)
    for query in QUERIES:
        answer = ask(whole, query, someone).answer
        assert (answer.completeness, answer.finding) == (pb.COMPLETENESS_VOID, pb.FINDING_UNDECIDED)
        assert {o.outcome for o in answer.outcomes} == {pb.OUTCOME_UNREACHABLE}
        assert not answer.convictions
    whole.up()
    until_complete(whole)
    assert ask(whole, asking.case, someone).answer.finding == pb.FINDING_RECORD


def test_a_killed_node_is_asked_again_without_a_restart_of_the_gateway(whole: LocalFederation) -> None:
    someone = Someone()
    whole.enter("justice", record(someone, "justice"))
    assert ask(whole, asking.case, someone).answer.finding == pb.FINDING_RECORD
    whole.signal(JUSTICE, signal.SIGKILL)
    gone = ask(whole, asking.case, someone)
    assert outcome(gone, "justice-1").outcome == pb.OUTCOME_UNREACHABLE
    assert gone.answer.finding == pb.FINDING_UNDECIDED
    whole.up(JUSTICE)
    until_complete(whole)
    assert ask(whole, asking.case, someone).answer.finding == pb.FINDING_RECORD


def test_a_hanging_node_is_late_and_recovers(whole: LocalFederation) -> None:
    until_complete(whole)
    with held(whole, JUSTICE):
        for _ in range(2):
            answered = ask(whole, asking.case, Someone())
            assert answered.answer.completeness == pb.COMPLETENESS_PARTIAL
            assert outcome(answered, "justice-1").outcome == pb.OUTCOME_LATE
            assert outcome(answered, "police-1").outcome == pb.OUTCOME_NONE
    until_complete(whole)


def test_a_hanging_node_does_not_tell_a_sealed_person_from_an_unknown_one(whole: LocalFederation) -> None:
    someone, made = sealed_record()
    whole.enter("procuratorate", made)
    with held(whole, JUSTICE):
        answers = [asking.stripped(_document(ask(whole, asking.own, who))) for who in (someone, Someone())]
    assert answers[0] == answers[1]
    until_complete(whole)


def _document(answered: CheckedAnswer) -> object:
    return render(answered.envelope)


@pytest.mark.parametrize("agency", ["police", "state_security"])
def test_whichever_node_is_missing_is_the_one_named(whole: LocalFederation, agency: str) -> None:
    whole.signal(node_installation(agency), signal.SIGKILL)
    answered = ask(whole, asking.case, Someone())
    missing = {o.node for o in answered.answer.outcomes if o.outcome == pb.OUTCOME_UNREACHABLE}
    assert missing == {NODES[agency]}
