"""The kit accuses no right server: what another server or a slow machine causes is not run, or asked again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import tomlkit

import gateway.asking.interconnect as interconnect
from compose.conformance.parties import FILE
from compose.conformance.people import sealed_person
from compose.conformance.running import MOST_SAID, CaseResult
from federation.errors import InvalidRequest
from federation.v1 import query_pb2
from tests.support.conformance import JUSTICE, POLICE, Bench, bench, results
from tests.support.credulous import CredulousNode, credulous

_HIDDEN = "sealing-hidden"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("right")) as found:
        [played] = found.played("node", "completeness-record", fed=True)
        assert played.result is CaseResult.PASSED, played.says
        yield found


def late(patch: pytest.MonkeyPatch, when: Callable[[str], bool]) -> None:
    """Let the gateway find a node late in answers about persons of some names."""
    original = getattr(interconnect, "composed")  # noqa: B009  # imported there

    def changed(question: Any, *args: Any, **options: Any) -> query_pb2.Answer:
        answer: query_pb2.Answer = original(question, *args, **options)
        if when(question.asked.query.subject.name):
            answer.outcomes[0].outcome = query_pb2.OUTCOME_LATE
            answer.completeness = query_pb2.COMPLETENESS_PARTIAL
            answer.finding = query_pb2.FINDING_UNDECIDED
        return answer

    patch.setattr(interconnect, "composed", changed)


def test_a_gateway_is_not_to_blame_for_the_node_that_holds_the_records(running: Bench) -> None:
    running.servers.stop(POLICE)
    try:
        found = results(running.played("gateway"))
    finally:
        running.servers.start(POLICE)
    assert {name: said for name, said in found.items() if said[0] is CaseResult.FAILED} == {}
    for name in ("completeness-merged", "sealing-opened"):
        result, says = found[name]
        assert (result, "no answer of police-1" in says) == (CaseResult.NOT_RUN, True)
    assert found[_HIDDEN][0] is CaseResult.PASSED, "the same node is missing from both answers"


@pytest.mark.parametrize("about_hidden", [True, False])
def test_a_node_that_is_late_once_is_asked_about_again(
    running: Bench, monkeypatch: pytest.MonkeyPatch, about_hidden: bool
) -> None:
    left = [1]

    def once(name: str) -> bool:
        if (name == sealed_person().name) is not about_hidden or not left:
            return False
        left.pop()
        return True

    late(monkeypatch, once)
    assert results(running.played("gateway", _HIDDEN))[_HIDDEN][0] is CaseResult.PASSED
    assert not left


def test_a_node_that_is_late_only_about_the_sealed_person_gives_the_seal_away(
    running: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    late(monkeypatch, lambda name: name == sealed_person().name)
    result, says = results(running.played("gateway", _HIDDEN))[_HIDDEN]
    assert (result, "never from the answer about nobody" in says) == (CaseResult.FAILED, True)


def test_a_node_that_is_late_only_about_others_leaves_the_case_open(
    running: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    late(monkeypatch, lambda name: name != sealed_person().name)
    assert results(running.played("gateway", _HIDDEN))[_HIDDEN][0] is CaseResult.NOT_RUN


def test_a_report_quotes_only_the_beginning_of_what_a_target_says(
    running: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = CredulousNode._answer

    def talking(self: CredulousNode, question: Any) -> Any:
        answer = original(self, question)
        answer.outcome, answer.reason = query_pb2.OUTCOME_REFUSED, "no " * 500_000
        return answer

    monkeypatch.setattr(CredulousNode, "_answer", talking)
    federation = running.servers.federation
    with credulous(federation.party(JUSTICE), federation.charter(), []) as address:
        played = running.played("node", "envelope-accepted", "envelope-officer", at=(address, JUSTICE))
    assert [each.result for each in played] == [CaseResult.FAILED] * 2
    assert {len(each.says) for each in played} == {MOST_SAID + 1}


@pytest.mark.parametrize(
    ("file", "says"), [("signing_key", "does not list"), ("certificate", "no certificate of")]
)
def test_keys_of_somebody_else_are_refused_before_any_case(running: Bench, file: str, says: str) -> None:
    """A right node turned them away, and was accused of it."""
    path = running.folder / FILE
    kept = path.read_text("utf-8")
    rows = tomlkit.parse(kept).unwrap()
    for each in {file, "key"} - ({"key"} if file == "signing_key" else set()):
        rows["asker"][each] = rows["stranger"][each]
    path.write_text(tomlkit.dumps(rows), "utf-8")
    try:
        with pytest.raises(InvalidRequest, match=says) as refused:
            running.played("node", "wire-page")
    finally:
        path.write_text(kept, "utf-8")
    assert [each.field for each in refused.value.violations] == ["certs.asker"]
