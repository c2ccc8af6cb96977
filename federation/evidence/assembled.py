"""An answer compared with what its question, the rules and the nodes' signed answers make of it.

What the question alone decides (purpose, provision, granularity, policies, classes, terms) is compared for every
answer. At full granularity the whole answer is assembled again, by the gateway's own code, from the signed answers
attached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from federation.answers import wording
from federation.answers.assembling import assemble
from federation.answers.ledger import ledger
from federation.answers.replies import ANSWERED, Reply, insist_sound
from federation.charter.model import Charter
from federation.errors import Corrupt
from federation.evidence.apart import assembled_in_part, bare
from federation.evidence.question import Put
from federation.evidence.report import Unproven
from federation.law.bases import Basis
from federation.statements.asking import CheckedQuestion
from federation.v1 import query_pb2 as pb
from federation.v1.lookup_pb2 import NodeAnswer
from federation.values import enum_names

_FULL_FINDINGS = frozenset(
    {pb.FINDING_RECORD, pb.FINDING_NO_RECORD, pb.FINDING_CONFIRM_IDENTITY, pb.FINDING_UNDECIDED}
)
_BRIEF_FINDINGS = frozenset(
    {pb.FINDING_YES, pb.FINDING_NO, pb.FINDING_CONFIRM_IDENTITY, pb.FINDING_UNDECIDED}
)


def rules_known(answer: pb.Answer, edition: str) -> str:
    """Check that the answer was assembled under the rules at hand; raises `Unproven` under any other edition."""
    if answer.rules != edition:
        raise Unproven(
            f"given under edition {answer.rules[:48]!r} of the rules, here is {edition}: policies, catalogue and "
            "merging were not compared"
        )
    return f"edition {edition} of policies, catalogue and tables, as here"


def question_stated(answer: pb.Answer, put: Put) -> str:
    """Check everything in the answer that its question and the policies decide, whoever the person is."""
    _, asked = _first_that_fits([*put.readings], lambda day, asked: _stated(answer, asked))
    return (
        f"asked by {put.opened.officer} of {put.opened.installation.member} for {asked.purpose}; "
        "policies, classes, granularity and terms are those of the question"
    )


def assembled_again(
    answer: pb.Answer,
    put: Put,
    charter: Charter,
    node_answers: Mapping[str, NodeAnswer],
    catalogue: Mapping[str, Basis],
) -> str:
    """Check that the nodes' signed answers make exactly this answer.

    Raises `Corrupt` naming the first part that differs, and `Unproven` when not every answer of a node is attached.
    """
    if answer.granularity != pb.GRANULARITY_FULL:
        raise Unproven(
            f"{enum_names.finding_name(answer.finding)} is the gateway's statement: below full granularity the nodes' "
            "answers stay with the gateway, for auditors"
        )
    apart = bare(answer, node_answers)
    if apart:
        _in_part(answer, put, charter, node_answers, catalogue, apart)
    _first_that_fits(
        [*put.readings],
        lambda day, asked: _repeated(answer, asked, charter, node_answers, catalogue, day),
    )
    barred = ledger(charter, put.readings[0][1].purpose).barred
    absent = [
        f"{o.node} ({o.reason or enum_names.outcome_name(o.outcome)})"
        for o in answer.outcomes
        if o.outcome not in ANSWERED and o.node not in barred
    ]
    if absent:
        raise Unproven(
            f"that {', '.join(absent)} did not answer is the gateway's statement; the rest was assembled again"
        )
    return "assembled again from the nodes' signed answers: equal in every field"


def _in_part(
    answer: pb.Answer,
    put: Put,
    charter: Charter,
    node_answers: Mapping[str, NodeAnswer],
    catalogue: Mapping[str, Basis],
    apart: list[str],
) -> None:
    """Assemble again what the attached answers make by themselves; raises `Corrupt`, else `Unproven` for the rest."""

    def check(day: date, asked: CheckedQuestion) -> None:
        replies = list(_replies(answer, asked, charter, node_answers))
        made = assemble(asked, replies, profile=charter.profile_on(day), rows=catalogue, on=day)
        private = asked.query.purpose == pb.PURPOSE_DEFENCE
        assembled_in_part(answer, made, apart, kept_private=private)

    _first_that_fits([*put.readings], check)


def _first_that_fits(
    readings: list[tuple[date, CheckedQuestion]], check: Any
) -> tuple[date, CheckedQuestion]:
    """Return the first reading that passes `check`, or raise what the last one raised."""
    for day, asked in readings[:-1]:
        try:
            check(day, asked)
            return day, asked
        except Corrupt:
            continue
    check(*readings[-1])
    return readings[-1]


def _stated(answer: pb.Answer, asked: CheckedQuestion) -> None:
    full = asked.shown == "full"
    expected = pb.Answer(
        purpose=asked.query.purpose,
        granularity=enum_names.parse_granularity(asked.shown),
        basis=asked.query.basis,
        policies=[pb.PolicyReason(id=p.id, clause=p.clause, says=p.says) for p in asked.ruling.policies],
        classes_searched=[enum_names.parse_record_class(name) for name in asked.reach.classes],
        terms=wording.terms(asked),
        advice=wording.advice(answer.completeness, answer.finding, asked.reach.classes),
        watermark=answer.request_digest.hex() if asked.sealed_access else "",
    )
    _insist_same(answer, expected, [field.name for field, _ in expected.ListFields()])
    _insist_same(
        answer, expected, ["basis", "policies", "advice", "watermark"]
    )  # also where nothing is expected
    if answer.finding not in (_FULL_FINDINGS if full else _BRIEF_FINDINGS):
        raise Corrupt(f"{enum_names.finding_name(answer.finding)} is no finding at granularity {asked.shown}")
    if answer.listed_offences and asked.shown not in ("listed", "extract"):
        raise Corrupt(f"offences are listed at granularity {asked.shown}")
    if answer.graded and asked.shown != "extract":
        raise Corrupt(f"penalties are disclosed at granularity {asked.shown}")
    if answer.bars and not asked.query.with_bars:
        raise Corrupt("bars are shown that nobody asked for")


def _repeated(
    answer: pb.Answer,
    asked: CheckedQuestion,
    charter: Charter,
    node_answers: Mapping[str, NodeAnswer],
    catalogue: Mapping[str, Basis],
    day: date,
) -> None:
    replies = list(_replies(answer, asked, charter, node_answers))
    result = assemble(asked, replies, profile=charter.profile_on(day), rows=catalogue, on=day)
    if result.withheld:
        raise Corrupt(f"{result.withheld[0].node} discloses a record that the rules withhold")
    expected = pb.Answer(
        completeness=result.completeness,
        finding=result.finding,
        outcomes=result.outcomes,
        convictions=result.convictions,
        decisions=result.decisions,
        listed_offences=result.listed,
        graded=result.graded,
        bars=map(wording.bar, result.bars),
    )
    _insist_same(
        answer,
        expected,
        ["completeness", "finding", "outcomes", "listed_offences", "bars", "decisions", "graded"],
    )
    _insist_same_convictions(answer, expected)


def _replies(
    answer: pb.Answer, asked: CheckedQuestion, charter: Charter, node_answers: Mapping[str, NodeAnswer]
) -> Iterator[Reply]:
    book = ledger(charter, asked.purpose)
    stated = {outcome.node: outcome for outcome in answer.outcomes}
    attached = {evidence.node: evidence for evidence in answer.evidence}
    for node in book.required:
        name = str(node.name)
        if name in node_answers:
            own = node_answers[name]
            insist_sound(own, asked.reach.classes)
            yield Reply(node, own.outcome, own.reason, own, attached[name])
        elif name in book.barred:
            yield Reply(node, *book.barred[name])
        elif name in stated:
            yield Reply(node, stated[name].outcome, stated[name].reason)


def _insist_same(answer: pb.Answer, expected: pb.Answer, names: list[str]) -> None:
    for name in names:
        if getattr(answer, name) != getattr(expected, name):
            raise Corrupt(f"{name} is not what question, rules and the nodes' signed answers make it")


def _insist_same_convictions(answer: pb.Answer, expected: pb.Answer) -> None:
    if len(answer.convictions) != len(expected.convictions):
        raise Corrupt(
            f"{len(answer.convictions)} convictions are shown, and the nodes' signed answers make "
            f"{len(expected.convictions)}"
        )
    for number, (shown, made) in enumerate(zip(answer.convictions, expected.convictions, strict=True), 1):
        for field in pb.MergedConviction.DESCRIPTOR.fields:
            if getattr(shown, field.name) != getattr(made, field.name):
                raise Corrupt(
                    f"conviction {number}: {field.name} is not what the nodes' signed answers make it"
                )
