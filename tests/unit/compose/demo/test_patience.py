"""The demo waits for conditions, shows what is missing, and says in one sentence what a scene did not show."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from compose.demo import promises
from compose.demo.delivering import SealProgress, count
from compose.demo.intake import Intake
from compose.demo.patience import NotShown, Patience, Unkept, insist, promised
from compose.shared.printing import Console
from federation.errors import InvalidRequest, NotFound, OutOfOrder, Unavailable
from federation.evidence.entry import Value
from federation.v1 import query_pb2 as pb


def answer(
    completeness: pb.Completeness.ValueType,
    finding: pb.Finding.ValueType = pb.FINDING_UNDECIDED,
    **outcomes: pb.Outcome.ValueType,
) -> pb.Answer:
    made = pb.Answer(completeness=completeness, finding=finding)
    for node, outcome in outcomes.items():
        made.outcomes.add(node=node.replace("_", "-"), outcome=outcome)
    return made


def one_after_the_other(*made: Exception | int) -> Callable[[], int]:
    """Return a probe that raises or returns these in turn."""
    steps: Iterator[Exception | int] = iter(made)

    def probe() -> int:
        step = next(steps)
        if isinstance(step, Exception):
            raise step
        return step

    return probe


def test_a_wait_ends_when_its_condition_holds_and_shows_what_was_missing() -> None:
    written = io.StringIO()
    patience = Patience(Console(file=written, width=120), still_s=60)
    probe = one_after_the_other(Unavailable("no line"), 412, 1005)
    found = patience.until(probe, lambda n: "" if n == 1005 else f"{n:,} of 1,005", "delivering [seals]")
    assert found == 1005
    assert "delivering [seals]: no line" in written.getvalue()


def test_what_is_there_at_once_is_not_shown_as_waiting() -> None:
    written = io.StringIO()
    Patience(Console(file=written)).until(lambda: 1, lambda n: "", "nothing")
    assert not written.getvalue()


def test_patience_ends_with_what_is_missing_and_other_errors_end_it_at_once() -> None:
    with pytest.raises(Unkept, match="asking again: 3 of 4, and no change in 0 seconds"):
        Patience(still_s=0).until(lambda: 3, lambda n: f"{n} of 4", "asking again")
    with pytest.raises(NotFound):
        Patience(still_s=60).until(one_after_the_other(NotFound("no node")), lambda n: "", "asking again")


def test_patience_begins_anew_with_progress() -> None:
    numbers = iter(range(5))
    patience = Patience(still_s=0)
    assert (
        patience.until(lambda: next(numbers), lambda n: "" if n == 4 else str(n), "counting", moving=True)
        == 4
    )


def test_errors_that_pass_are_waited_out() -> None:
    probe = one_after_the_other(OutOfOrder("ask again", reason="ANSWER_NOT_COMPLETE"), 7)
    found = Patience(still_s=60).until(
        probe, lambda n: "", "asking again", passing=lambda error: error.reason == "ANSWER_NOT_COMPLETE"
    )
    assert found == 7


@pytest.mark.parametrize("error", [Unkept("the answer is VOID"), NotFound("the answer is\n VOID.")])
def test_a_scene_that_fails_is_one_sentence_and_exit_code_1(error: Exception) -> None:
    with pytest.raises(NotShown) as shown, promised("g"):
        raise error
    assert shown.value.message == "Scene (g) did not show what it promises: the answer is VOID."
    assert shown.value.exit_code == 1


def test_an_answer_says_what_it_lacks() -> None:
    assert promises.incomplete(answer(pb.COMPLETENESS_COMPLETE, police_1=pb.OUTCOME_NONE)) == ""
    partial = answer(pb.COMPLETENESS_PARTIAL, police_1=pb.OUTCOME_LATE, justice_1=pb.OUTCOME_NONE)
    assert promises.incomplete(partial) == "the answer is PARTIAL (police-1 late)"
    assert promises.incomplete(answer(pb.COMPLETENESS_VOID)) == "the answer is VOID"
    assert promises.missing_only(partial, "police-1") == ""
    assert promises.missing_only(partial, "justice-1") == "the answer is PARTIAL (police-1 late)"
    assert promises.missing_only(answer(pb.COMPLETENESS_COMPLETE), "justice-1") == "the answer is COMPLETE"


@pytest.mark.parametrize(
    "promise",
    [
        promises.merged_with_conflict,
        promises.disclosed_to_defence,
        promises.yes_and_nothing_else,
        promises.sealed_is_shown,
        promises.finds(pb.FINDING_NO_RECORD),
    ],
)
def test_no_promise_is_kept_by_an_answer_without_content(promise: promises.Promise) -> None:
    with pytest.raises(Unkept, match="the finding is UNDECIDED"):
        promise(answer(pb.COMPLETENESS_VOID))


def test_a_conviction_of_one_agency_or_without_conflict_is_not_what_scene_a_promises() -> None:
    found = answer(pb.COMPLETENESS_COMPLETE, pb.FINDING_RECORD)
    with pytest.raises(Unkept, match="no conviction is shown"):
        promises.merged_with_conflict(found)
    found.convictions.add().facets.add(node="police-1")
    with pytest.raises(Unkept, match="merged from several"):
        promises.merged_with_conflict(found)
    found.convictions[0].facets.add(node="justice-1")
    with pytest.raises(Unkept, match="no conflict"):
        promises.merged_with_conflict(found)
    found.convictions[0].conflicts.add(field="final_on")
    promises.merged_with_conflict(found)


def test_outcomes_without_the_cases_of_a_walk_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="outcomes: no case in them ends with a notice of prison"):
        Intake(tmp_path, [], seed=1)


def test_insist_says_otherwise() -> None:
    insist([1], "nothing")
    with pytest.raises(Unkept, match="nothing"):
        insist([], "nothing")


def test_seals_are_counted_from_the_entries_of_the_gateway() -> None:
    nodes = ("police-1", "state-security-1", "procuratorate-1", "justice-1")
    received: dict[str, Value] = {"kind": "proposed", "by": "police/node/police-1", "proposals": 5}
    sent: list[dict[str, Value]] = [{"kind": "proposed", "node": node, "proposals": 5} for node in nodes]
    other: dict[str, Value] = {"kind": "request", "proposals": 9}
    assert count([other, received]) == (5, 0)
    assert count([received, *sent[:3]]) == (5, 0), "one node has none yet"
    assert count([received, *sent]) == (5, 5)


def test_delivery_ends_when_all_expected_are_delivered_or_after_a_long_silence() -> None:
    assert SealProgress(0, 0, expected=0).lacks() == ""
    assert SealProgress(5, 5, expected=1005).lacks() == "5 of 1,005"
    assert SealProgress(1005, 412, expected=1005).lacks() == "412 of 1,005"
    assert SealProgress(1005, 412, expected=1005, quiet_s=999).lacks() == "412 of 1,005"
    assert SealProgress(1000, 1000, expected=1005, quiet_s=999).lacks() == ""
    assert SealProgress(1005, 1005, expected=1000).lacks() == ""
