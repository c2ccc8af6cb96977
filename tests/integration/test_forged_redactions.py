"""Answers forged by calling a node redacted: only what rests on that node's answer is left to the gateway's word."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from federation.client import CheckedAnswer
from federation.evidence.report import Verdict
from federation.statements.reasons import REDACTED
from federation.v1 import query_pb2 as pb
from tests.support import asking
from tests.support.forging import (
    BROKEN,
    PARTIAL,
    SIGNED,
    UNDECIDED,
    Forge,
    Forger,
    advised,
    clear,
    first,
    of,
    outcome,
    without_evidence,
)
from tests.support.local import LocalFederation
from tests.support.records import Someone, case_number, record

PROVEN = Verdict.PROVEN


@pytest.fixture(scope="module")
def forger(running_federation: LocalFederation) -> Forger:
    return Forger(running_federation)


@pytest.fixture(scope="module")
def twice(forger: Forger) -> CheckedAnswer:
    """Return an honest answer with two convictions: one that police and justice hold, one of the procuratorate."""
    convicted, federation = Someone(), forger.federation
    number = case_number()
    for agency in ("police", "justice"):
        federation.enter(agency, record(convicted, agency, number=number))
    federation.enter("procuratorate", record(convicted, "procuratorate", number=case_number()))
    honest = federation.client("police").ask(asking.case(convicted.subject()))
    assert [len(conviction.facets) for conviction in honest.answer.convictions] == [2, 1]
    return honest


def redacted(node: str) -> Forge:
    """Call a node's answer redacted, and leave it out."""

    def change(answer: pb.Answer) -> None:
        for each in answer.outcomes:
            if each.node == node:
                each.reason = REDACTED
        without_evidence(node)(answer)

    return change


def bare(node: str, value: pb.Outcome.ValueType, reason: str = "") -> Forge:
    """State another outcome of a node as a gateway does that withholds all of its records."""

    def change(answer: pb.Answer) -> None:
        for each in answer.outcomes:
            if each.node == node:
                each.outcome, each.reason = value, reason
        without_evidence(node)(answer)

    return change


def of_conviction(place: int, change: Callable[[pb.MergedConviction], object]) -> Forge:
    return lambda answer: change(answer.convictions[place])


def dropped(place: int) -> Forge:
    return lambda answer: answer.convictions.__delitem__(place)


def moved(answer: pb.Answer) -> None:
    """Show in the second conviction a penalty that is in the first."""
    answer.convictions[1].record.combined_penalty.CopyFrom(answer.convictions[0].record.combined_penalty)
    answer.convictions[1].record.ClearField("offences")


REDACTIONS: dict[str, tuple[Verdict, tuple[Forge, ...]]] = {
    "a node redacted, and nothing else": (SIGNED, (redacted("police-1"),)),
    "the conviction of the others is dropped": (BROKEN, (redacted("police-1"), dropped(1))),
    "the conviction held by both is dropped": (BROKEN, (redacted("police-1"), dropped(0))),
    "a value of the others' conviction is changed": (
        BROKEN,
        (
            redacted("police-1"),
            of_conviction(1, lambda c: setattr(c.record.offences[0], "name", "危险驾驶罪")),
        ),
    ),
    "a value of the others' conviction is emptied": (BROKEN, (redacted("police-1"), moved)),
    "the others' conviction is shown as sealed": (
        BROKEN,
        (redacted("police-1"), of_conviction(1, lambda c: setattr(c, "contains_sealed", True))),
    ),
    "a conflict is invented in the others' conviction": (
        BROKEN,
        (redacted("police-1"), of_conviction(1, lambda c: c.conflicts.add(field="final_on"))),
    ),
    "a late change is invented in the others' conviction": (
        BROKEN,
        (redacted("police-1"), of_conviction(1, lambda c: c.late_changes.add(field="final_on"))),
    ),
    "a record that nobody signed stands beside the redacted one": (
        BROKEN,
        (
            redacted("police-1"),
            first(lambda c: c.facets.add(node="procuratorate-1", record_id="00" * 16, version=1)),
        ),
    ),
    "the others' record is joined to the redacted one": (
        BROKEN,
        (
            redacted("police-1"),
            lambda a: a.convictions[0].facets.append(a.convictions[1].facets[0]),
            dropped(1),
            first(lambda c: c.facets.pop()),
        ),
    ),
    "a source that has no record": (
        BROKEN,
        (redacted("police-1"), first(lambda c: c.sources[0].nodes.append("state-security-1"))),
    ),
    "another finding": (
        BROKEN,
        (redacted("police-1"), of("finding", pb.FINDING_CONFIRM_IDENTITY), advised),
    ),
    "clean, with every node redacted": (
        BROKEN,
        (
            of("finding", pb.FINDING_NO_RECORD),
            clear("convictions"),
            without_evidence(),
            *(
                outcome(node, pb.OUTCOME_ANSWERED, REDACTED)
                for node in ("police-1", "procuratorate-1", "state-security-1", "justice-1")
            ),
            advised,
        ),
    ),
    "nothing, and redacted": (BROKEN, (bare("state-security-1", pb.OUTCOME_NONE, REDACTED),)),
    "nothing, for a reason": (BROKEN, (bare("state-security-1", pb.OUTCOME_NONE, "UNIDENTIFIED"),)),
    "redacted, and attached": (BROKEN, (lambda a: setattr(a.outcomes[0], "reason", REDACTED),)),
    "another reason than the node signed": (
        BROKEN,
        (redacted("police-1"), lambda a: setattr(a.outcomes[1], "reason", "UNIDENTIFIED")),
    ),
    "undecided although complete": (
        BROKEN,
        (redacted("police-1"), UNDECIDED, advised),
    ),
    "one node late, the others' conviction dropped": (
        BROKEN,
        (
            PARTIAL,
            outcome("police-1", pb.OUTCOME_LATE, "LATE"),
            without_evidence("police-1"),
            dropped(1),
        ),
    ),
    "an unknown field": (BROKEN, (lambda a: a.MergeFromString(b"\xf8\x07\x01"),)),
    "an unknown field in a conviction": (
        BROKEN,
        (lambda a: a.convictions[0].record.MergeFromString(b"\xf8\x07\x01"),),
    ),
    "an unknown field under rules of another edition": (
        SIGNED,
        (of("rules", "2099-1"), lambda a: a.MergeFromString(b"\xf8\x07\x01")),
    ),
    "rules of another edition, a conviction dropped": (BROKEN, (of("rules", "2099-1"), dropped(1))),
    "the same record twice in one conviction": (
        BROKEN,
        (redacted("justice-1"), of_conviction(1, lambda c: c.facets.append(c.facets[0]))),
    ),
}


@pytest.mark.parametrize("name", REDACTIONS)
def test_calling_a_node_redacted_excuses_nothing_else(
    forger: Forger, twice: CheckedAnswer, name: str
) -> None:
    assert forger.verdict(twice, twice.envelope) is PROVEN
    expected, changes = REDACTIONS[name]
    assert forger.verdict(twice, forger.forged(twice, *changes)) is expected


def test_a_gateway_that_withholds_records_of_unidentified_persons_breaks_no_answer(forger: Forger) -> None:
    honest = forger.clean
    stated = forger.forged(
        honest,
        bare("state-security-1", pb.OUTCOME_SEVERAL),
        of("finding", pb.FINDING_CONFIRM_IDENTITY),
        advised,
    )
    assert forger.verdict(honest, stated) is SIGNED


BRIEFLY: dict[str, tuple[Forge, ...]] = {
    "a reason of a node that answered": (lambda a: setattr(a.outcomes[0], "reason", REDACTED),),
    "a reason that says what a node has": (lambda a: setattr(a.outcomes[0], "reason", "SEALED"),),
    "an unknown field": (lambda a: a.MergeFromString(b"\xf8\x07\x01"),),
    "evidence of another question": (lambda a: a.evidence.add(node="police-1"),),
}


@pytest.mark.parametrize("name", BRIEFLY)
def test_below_full_granularity_no_outcome_says_more(forger: Forger, name: str) -> None:
    assert forger.verdict(forger.brief, forger.forged(forger.brief, *BRIEFLY[name])) is BROKEN


def test_evidence_of_another_question_proves_nothing(forger: Forger, twice: CheckedAnswer) -> None:
    def exchanged(answer: pb.Answer) -> None:
        del answer.evidence[:]
        answer.evidence.extend(forger.clean.answer.evidence)
        for each, its in zip(answer.outcomes, forger.clean.answer.outcomes, strict=True):
            each.CopyFrom(its)
        del answer.convictions[:]
        answer.finding = pb.FINDING_NO_RECORD
        advised(answer)

    assert forger.verdict(twice, forger.forged(twice, exchanged)) is BROKEN


@pytest.mark.parametrize("what", ["prosecuting_party", "offences", "dropped"])
def test_r38_a_lawyers_redacted_answer_is_held_to_what_is_attached(forger: Forger, what: str) -> None:
    """The police's record names a private prosecutor, the procuratorate holds another judgment and names nobody."""
    defendant, federation = Someone(), forger.federation
    made = record(defendant, "police", number=case_number())
    made.prosecuting_party.private_prosecutor = "周伯通"
    federation.enter("police", made)
    federation.enter("procuratorate", record(defendant, "procuratorate", number=case_number()))
    honest = federation.client("justice").ask(asking.defence(defendant.subject()))
    assert len(honest.answer.convictions) == 2
    assert REDACTED in {each.reason for each in honest.answer.outcomes}
    assert forger.verdict(honest, honest.envelope) is SIGNED
    changes: dict[str, Forge] = {
        "prosecuting_party": of_conviction(
            1, lambda c: setattr(c.record.prosecuting_party, "private_prosecutor", "某人")
        ),
        "offences": of_conviction(1, lambda c: setattr(c.record.offences[0], "name", "危险驾驶罪")),
        "dropped": dropped(1),
    }
    assert forger.verdict(honest, forger.forged(honest, changes[what])) is BROKEN
